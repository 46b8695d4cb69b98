#include "pending_rules.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <string>
#include <utility>

#include "modattr/check/ndcg.h"
#include "modattr/check/rule_subject.h"
#include "modattr/core/error.h"
#include "modattr/stats/moments.h"

namespace modattr {
namespace {

class RulePreparation {
 public:
  RulePreparation(const ResultSet& baseline, const ResultSet& next, bool is_strict, std::size_t thread_count)
      : baseline_(baseline), next_(next), is_strict_(is_strict), errors_(baseline, next, thread_count) {}

  PendingRule prepare(const Rule& rule) {
    const RuleSubject subject = find_subject(rule, baseline_, next_);
    if (rule.kind == RuleKind::kDrop && subject.kind != SubjectKind::kMetric) {
      fail(rule, "expected metric behind 'drop of', got '" + rule.subject + "'; 'change of' judges other numbers");
    }
    PendingRule pending{.rule = rule, .numbers = {}};
    if (subject.kind == SubjectKind::kMetric) {
      pending.numbers.push_back(metric_number(rule));
    } else if (subject.kind == SubjectKind::kPlayers) {
      add_player_rankings(rule, subject, pending.numbers);
    } else if (rule.kind == RuleKind::kOrder || rule.kind == RuleKind::kNdcg) {
      add_rankings(rule, subject, pending.numbers);
    } else {
      for (const RowPair& rows : rows_of(subject, rule, baseline_, next_)) {
        pending.numbers.push_back(row_number(rule, rows));
      }
    }
    return pending;
  }

 private:
  [[noreturn]] static void fail(const Rule& rule, const std::string& what) {
    throw ConfigError("rule '" + rule.text + "': " + what);
  }

  PendingNumber metric_number(const Rule& rule) {
    if (rule.kind == RuleKind::kOrder || rule.kind == RuleKind::kNdcg) {
      fail(rule, "expected a definition that modalities have, got 'metric'");
    }
    const bool has_score = next_.table.score && (rule.kind == RuleKind::kBound || baseline_.table.score);
    if (!has_metric(next_.table) || !has_score) {
      fail(rule, "expected results with a score, got none; without labels there is no metric");
    }
    PendingNumber pending{.number = {.subject = next_.table.metric}, .chance = {}};
    pending.number.definition = kMetricDefinition;
    if (rule.kind != RuleKind::kBound) pending.number.old_value = baseline_.table.score;
    pending.number.new_value = next_.table.score;
    pending.chance = rule.kind == RuleKind::kBound ? errors_.of_metric() : errors_.of_metric_change();
    complete(rule, pending);
    return pending;
  }

  PendingNumber row_number(const Rule& rule, const RowPair& rows) {
    const Score& row = *rows.new_row;
    PendingNumber pending{.number = {.subject = subject_of(row, next_.table),
                                     .modality = row.modality,
                                     .definition = row.definition,
                                     .group = row.group,
                                     .run = row.run},
                          .chance = {}};
    if (rows.old_row != nullptr) pending.number.old_value = rows.old_row->value;
    pending.number.new_value = row.value;
    if (rule.kind == RuleKind::kBound) {
      pending.chance = ChangeErrors::of_row(row);
    } else if (pending.number.old_value && row.value) {
      pending.chance = errors_.of_change(rows);
    }
    complete(rule, pending);
    return pending;
  }

  /// What follows from the two values.
  void complete(const Rule& rule, PendingNumber& pending) const {
    JudgedNumber& number = pending.number;
    number.change = subtract(number.new_value, number.old_value);
    number.limit = rule.limit;
    if (rule.kind == RuleKind::kBound) {
      pending.centre = number.new_value;
      // By default the value alone is judged.
      pending.comparison_count = is_strict_ && pending.centre && pending.chance.error ? 1 : 0;
      return;
    }
    if (rule.is_relative) {
      constexpr double kPercent = 0.01;
      number.limit =
          number.old_value ? std::optional(kPercent * rule.limit * std::abs(*number.old_value)) : std::nullopt;
    }
    pending.centre = number.change;
    pending.comparison_count = pending.centre && pending.chance.error ? 1 : 0;
    if (!number.change) number.basis = std::string("no interval: ") + kNotKnown;
  }

  /// Rows of modalities, run by run.
  std::vector<std::vector<RowPair>> ranked_rows(const Rule& rule, const RuleSubject& subject) const {
    if (subject.modality) {
      fail(rule, "expected a definition of all modalities, got that of '" + *subject.modality + "'");
    }
    std::vector<std::vector<RowPair>> runs;
    const std::vector<std::string>& names = next_.table.modalities;
    for (const RowPair& rows : rows_of(subject, rule, baseline_, next_)) {
      if (std::ranges::find(names, rows.new_row->modality) == names.end()) continue;
      if (runs.empty() || runs.back().front().new_row->run != rows.new_row->run) runs.emplace_back();
      runs.back().push_back(rows);
    }
    if (runs.empty()) fail(rule, "expected a definition that modalities have, got '" + subject.definition + "'");
    return runs;
  }

  void add_rankings(const Rule& rule, const RuleSubject& subject, std::vector<PendingNumber>& numbers) {
    for (const std::vector<RowPair>& rows : ranked_rows(rule, subject)) {
      const Score& first = *rows.front().new_row;
      PendingNumber whole{.number = {.subject = subject.definition + (first.run.empty() ? "" : " in " + first.run) +
                                                (first.group ? " in " + *first.group : ""),
                                     .definition = subject.definition,
                                     .group = first.group,
                                     .run = first.run},
                          .chance = {}};
      const bool is_known =
          std::ranges::all_of(rows, [](const RowPair& pair) { return pair.old_row->value && pair.new_row->value; });
      whole.number.basis = is_known ? "" : std::string("no interval: ") + kNotKnown;
      if (rule.kind == RuleKind::kNdcg) {
        rank_modalities(rule, rows, is_known, whole.number);
        numbers.push_back(std::move(whole));
      } else {
        add_order(rows, is_known, std::move(whole), numbers);
      }
    }
  }

  static void rank_modalities(const Rule& rule, const std::vector<RowPair>& rows, bool is_known, JudgedNumber& number) {
    number.limit = rule.limit;
    if (!is_known) return;
    std::vector<double> old_scores;
    std::vector<double> new_scores;
    for (const RowPair& pair : rows) {
      old_scores.push_back(*pair.old_row->value);
      new_scores.push_back(*pair.new_row->value);
    }
    if (std::ranges::min(old_scores) < 0.0 || std::ranges::min(new_scores) < 0.0) {
      fail(rule, "expected numbers of at least 0, got negative ones; rank magnitudes, such as shapley.mean_abs");
    }
    number.new_value = ndcg(old_scores, new_scores);
    number.basis = "no interval: a ranking of " + std::to_string(rows.size());
  }

  static std::string order_text(std::vector<RowPair> rows, const Score* RowPair::*side) {
    std::ranges::stable_sort(rows, std::greater<>{}, [&](const RowPair& pair) { return *(pair.*side)->value; });
    std::string text;
    for (std::size_t place = 0; place < rows.size(); ++place) {
      const Score& row = *(rows[place].*side);
      const bool is_equal = place > 0 && row.value == (rows[place - 1].*side)->value;
      text += (place == 0 ? "" : is_equal ? " = " : " > ") + row.modality;
    }
    return text;
  }

  /// The order as a whole, then the pairs that changed places.
  void add_order(const std::vector<RowPair>& rows, bool is_known, PendingNumber whole,
                 std::vector<PendingNumber>& numbers) {
    if (!is_known) {
      numbers.push_back(std::move(whole));
      return;
    }
    whole.number.old_order = order_text(rows, &RowPair::old_row);
    whole.number.new_order = order_text(rows, &RowPair::new_row);
    whole.number.basis = "the order of " + std::to_string(rows.size());
    whole.comparison_count = rows.size() * (rows.size() - 1) / 2;
    std::vector<PendingNumber> flipped;
    for (std::size_t first = 0; first < rows.size(); ++first) {
      for (std::size_t second = first + 1; second < rows.size(); ++second) {
        const double old_difference = *rows[first].old_row->value - *rows[second].old_row->value;
        const double new_difference = *rows[first].new_row->value - *rows[second].new_row->value;
        if (old_difference * new_difference >= 0.0) continue;
        PendingNumber pair{.number = {.subject = rows[first].new_row->modality + " - " + rows[second].new_row->modality,
                                      .definition = whole.number.definition,
                                      .group = whole.number.group,
                                      .run = whole.number.run,
                                      .old_value = old_difference,
                                      .new_value = new_difference,
                                      .change = new_difference - old_difference},
                           .chance = errors_.of_difference(rows[first], rows[second]),
                           .centre = new_difference};
        flipped.push_back(std::move(pair));
      }
    }
    numbers.push_back(std::move(whole));
    std::ranges::move(flipped, std::back_inserter(numbers));
  }

  void add_player_rankings(const Rule& rule, const RuleSubject& subject, std::vector<PendingNumber>& numbers) const {
    for (const std::string& run : runs_with_players(baseline_, next_)) {
      if (subject.run && *subject.run != run) continue;
      const PlayerScores scores = player_scores(baseline_, next_, run);
      PendingNumber pending{.number = {.subject = "players" + (run.empty() ? "" : " in " + run),
                                       .definition = "players",
                                       .run = run,
                                       .new_value = ndcg(scores.baseline, scores.next),
                                       .limit = rule.limit,
                                       .basis = "no interval: a ranking of " + std::to_string(scores.names.size())},
                            .chance = {}};
      numbers.push_back(std::move(pending));
    }
    if (numbers.empty()) {
      fail(rule, "expected features of examples in both results, got none; shap with level feature and lime have some");
    }
  }

  const ResultSet& baseline_;
  const ResultSet& next_;
  bool is_strict_;
  ChangeErrors errors_;
};

}  // namespace

std::vector<PendingRule> prepare_rules(const ResultSet& baseline, const ResultSet& next, const CheckRules& rules,
                                       std::size_t thread_count) {
  RulePreparation preparation(baseline, next, rules.is_strict, thread_count);
  std::vector<PendingRule> prepared;
  for (const Rule& rule : rules.rules) prepared.push_back(preparation.prepare(rule));
  return prepared;
}

}  // namespace modattr
