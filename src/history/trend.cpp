#include "modattr/history/trend.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/core/option_name.h"
#include "run_options.h"

namespace modattr {
namespace {

/// What two values must share to be compared.
struct TrendContext {
  std::string command;
  std::string data_sha256;
  std::uint64_t example_count = 0;
  std::string options;
};

/// Of several engines the result tells the largest number of examples only.
bool have_equal_counts(const TrendContext& before, const TrendContext& after) {
  return before.command != after.command || before.example_count == after.example_count;
}

bool are_comparable(const TrendContext& before, const TrendContext& after) {
  return before.data_sha256 == after.data_sha256 && before.options == after.options && have_equal_counts(before, after);
}

bool is_among(const std::vector<std::string>& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

/// The model's score, as a row.
StoredRow score_row_of(const StoredHead& head) {
  return {.run = "",
          .score = {.modality = "all",
                    .definition = "score",
                    .group = std::nullopt,
                    .value = head.score,
                    .std_error = std::nullopt,
                    .ci95 = head.score_ci95,
                    .examples = static_cast<std::size_t>(head.example_count),
                    .p_value = std::nullopt}};
}

/// With the score in front, where there is one.
std::vector<StoredRow> rows_with_score(const StoredResult& result) {
  std::vector<StoredRow> rows;
  if (result.head.metric != "none") rows.push_back(score_row_of(result.head));
  rows.insert(rows.end(), result.rows.begin(), result.rows.end());
  return rows;
}

std::string change_between(const TrendContext& before, const TrendContext& after) {
  constexpr std::size_t kShownDigits = 8;
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  if (before.data_sha256 != after.data_sha256) {
    add("data: sha256 from " + before.data_sha256.substr(0, kShownDigits) + " to " +
        after.data_sha256.substr(0, kShownDigits));
  }
  if (before.options == after.options && !have_equal_counts(before, after)) {
    add("examples: from " + std::to_string(before.example_count) + " to " + std::to_string(after.example_count));
  }
  if (before.options != after.options) add("options: " + describe_change(before.options, after.options));
  return text;
}

/// Throws unless every word of `asked` is among `known`.
void expect_known(const std::vector<std::string>& asked, std::vector<std::string> known, std::string_view name) {
  for (const std::string& word : asked) {
    if (is_among(known, word)) continue;
    throw ConfigError(option(name) + ": unknown '" + word + "'" + suggestion(word, known));
  }
}

void check_choice(const std::vector<StoredResult>& results, const TrendChoice& choice) {
  std::vector<std::string> modalities;
  std::vector<std::string> definitions;
  const auto add = [](std::vector<std::string>& names, const std::string& name) {
    if (!is_among(names, name)) names.push_back(name);
  };
  for (const StoredResult& result : results) {
    for (const StoredRow& row : rows_with_score(result)) {
      add(modalities, row.score.modality);
      add(definitions, row.score.definition);
    }
  }
  // There is nothing to choose from.
  if (results.empty()) return;
  expect_known(choice.modalities, modalities, "modality");
  expect_known(choice.definitions, definitions, "definition");
}

/// Collects the points of all trends, result by result.
class TrendCollector {
 public:
  explicit TrendCollector(History& history) : history_(history) {}

  void add(std::size_t result, const StoredRow& row) {
    const Score& score = row.score;
    const auto [found, is_new] =
        places_.try_emplace({row.run, score.modality, score.definition, score.group}, history_.trends.size());
    if (is_new) {
      history_.trends.push_back({row.run, score.modality, score.definition, score.group, {}});
    }
    Trend& trend = history_.trends[found->second];
    TrendPoint point{.result = result, .score = score};
    if (!trend.points.empty()) {
      const TrendPoint& former = trend.points.back();
      const bool continues = are_comparable(context(former.result, row.run), context(result, row.run));
      point.segment = former.segment + (continues ? 0 : 1);
      if (!continues) add_break(former.result, result, row.run);
    }
    trend.points.push_back(std::move(point));
  }

 private:
  const TrendContext& context(std::size_t result, const std::string& run) {
    const auto [found, is_new] = contexts_.try_emplace({result, run});
    const StoredHead& head = history_.results[result].head;
    if (is_new) found->second = {head.command, head.data.sha256, head.example_count, options_of_run(head, run)};
    return found->second;
  }

  void add_break(std::size_t former, std::size_t result, const std::string& run) {
    std::string what = change_between(context(former, run), context(result, run));
    const bool is_known = std::ranges::any_of(history_.breaks, [&](const TrendBreak& known) {
      return known.result == result && known.run == run && known.what == what;
    });
    if (!is_known) history_.breaks.push_back({.result = result, .run = run, .what = std::move(what)});
  }

  History& history_;
  std::map<std::tuple<std::string, std::string, std::string, std::optional<std::string>>, std::size_t> places_;
  std::map<std::pair<std::size_t, std::string>, TrendContext> contexts_;
};

/// Brings the trends of a run together; the score, whose run has no name, comes first.
void sort_by_run(std::vector<Trend>& trends) {
  std::vector<std::string> runs = {""};
  for (const Trend& trend : trends) {
    if (!is_among(runs, trend.run)) runs.push_back(trend.run);
  }
  std::ranges::stable_sort(trends, {}, [&](const Trend& trend) { return std::ranges::find(runs, trend.run); });
}

}  // namespace

History follow_trends(std::vector<StoredResult> results, const TrendChoice& choice) {
  check_choice(results, choice);
  History history;
  history.results = std::move(results);
  TrendCollector collector(history);
  for (std::size_t place = 0; place < history.results.size(); ++place) {
    for (const StoredRow& row : rows_with_score(history.results[place])) {
      const std::string& definition = row.score.definition;
      if (!choice.modalities.empty() && !is_among(choice.modalities, row.score.modality)) continue;
      if (!choice.definitions.empty() && !is_among(choice.definitions, definition)) continue;
      if (choice.definitions.empty() && is_among(choice.details, definition)) {
        if (!is_among(history.hidden_definitions, definition)) history.hidden_definitions.push_back(definition);
        continue;
      }
      collector.add(place, row);
    }
  }
  for (StoredResult& result : history.results) result.rows.clear();
  sort_by_run(history.trends);
  return history;
}

}  // namespace modattr
