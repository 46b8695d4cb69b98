#include "modattr/check/check.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "modattr/check/changed_answers.h"
#include "modattr/check/group_changes.h"
#include "modattr/core/error.h"
#include "modattr/stats/moments.h"
#include "modattr/stats/student.h"
#include "pending_rules.h"

namespace modattr {
namespace {

/// One check of 20 of equal models may find a change.
constexpr double kFamilyError = 0.05;
/// Decimals of a tolerance are not exact: 0.75 - 0.7 is larger than 0.05.
constexpr double kLimitRounding = 1e-12;

std::optional<Interval> interval_around(const PendingNumber& pending, double tail) {
  if (!pending.centre || !pending.chance.error) return std::nullopt;
  if (*pending.chance.error == 0.0) return Interval{*pending.centre, *pending.centre};
  const double reach = -student_quantile(tail, pending.chance.degrees_of_freedom) * *pending.chance.error;
  return Interval{*pending.centre - reach, *pending.centre + reach};
}

/// The same but for what a float loses.
bool is_no_change(const JudgedNumber& number) {
  return std::abs(*number.change) <=
         kAnswerRounding * std::max(std::abs(*number.old_value), std::abs(*number.new_value));
}

bool keeps(Relation relation, double value, double limit) {
  const double rounding = kLimitRounding * std::max(1.0, std::abs(limit));
  if (std::abs(value - limit) <= rounding) return relation == Relation::kAtMost || relation == Relation::kAtLeast;
  return holds(relation, value, limit);
}

std::size_t comparisons_of(const std::vector<PendingRule>& rules) {
  std::size_t count = 0;
  for (const PendingRule& rule : rules) {
    for (const PendingNumber& number : rule.numbers) count += number.comparison_count;
  }
  return count;
}

class RuleJudge {
 public:
  RuleJudge(Orientation orientation, bool is_strict, double level)
      : orientation_(orientation), is_strict_(is_strict), level_(level) {}

  RuleJudgement judge(const PendingRule& rule) const {
    RuleJudgement result{.rule = rule.rule, .numbers = {}};
    for (const PendingNumber& pending : rule.numbers) {
      JudgedNumber number = pending.number;
      number.interval = interval_around(pending, (1.0 - level_) / 2.0);
      if (number.basis.empty()) number.basis = pending.chance.basis;
      judge_number(rule.rule, number);
      result.numbers.push_back(std::move(number));
    }
    return result;
  }

 private:
  void judge_number(const Rule& rule, JudgedNumber& number) const {
    switch (rule.kind) {
      case RuleKind::kChange:
      case RuleKind::kDrop:
        judge_change(rule, number);
        return;
      case RuleKind::kBound:
        judge_bound(rule, number);
        return;
      case RuleKind::kOrder:
        judge_order(rule, number);
        return;
      case RuleKind::kNdcg:
        number.is_broken = !number.new_value || !keeps(rule.relation, *number.new_value, rule.limit);
        number.reason = !number.new_value ? kNotKnown : number.is_broken ? "another ranking" : "";
        return;
    }
  }

  void judge_change(const Rule& rule, JudgedNumber& number) const {
    if (!number.change || !number.limit) {
      number.is_broken = true;
      number.reason = kNotKnown;
      return;
    }
    // A drop counts to the worse side only.
    const bool is_loss = orientation_ == Orientation::kLowerIsBetter;
    const bool is_drop = rule.kind == RuleKind::kDrop;
    const double worse = is_loss ? *number.change : -*number.change;
    const double size = is_drop ? worse : std::abs(*number.change);
    const bool is_within = keeps(rule.relation, size, *number.limit);
    if (!number.interval) {
      number.is_broken = !is_within && size > 0.0;
      number.reason = number.is_broken ? "larger, chance or not" : "";
      return;
    }
    const bool is_chance = number.interval->low <= 0.0 && number.interval->high >= 0.0;
    const bool is_significant = !is_chance && !is_no_change(number) && (!is_drop || worse > 0.0);
    number.is_broken = is_significant && (is_strict_ || !is_within);
    number.reason = !number.is_broken ? "" : is_within ? "significant" : "significant and larger";
  }

  void judge_bound(const Rule& rule, JudgedNumber& number) const {
    if (!number.new_value) {
      number.is_broken = true;
      number.reason = kNotKnown;
      return;
    }
    const bool is_upper = rule.relation == Relation::kAtMost || rule.relation == Relation::kLess;
    if (!keeps(rule.relation, *number.new_value, rule.limit)) {
      number.is_broken = true;
      number.reason = is_upper ? "above" : "below";
    } else if (is_strict_ && number.interval) {
      const double end = is_upper ? number.interval->high : number.interval->low;
      number.is_broken = !keeps(rule.relation, end, rule.limit);
      number.reason = number.is_broken ? "the interval reaches beyond" : "";
    }
  }

  static void judge_order(const Rule& rule, JudgedNumber& number) {
    if (!number.new_order.empty()) return;
    if (!number.new_value) {
      number.is_broken = true;
      number.reason = kNotKnown;
      return;
    }
    const bool is_chance = number.interval && number.interval->low <= 0.0 && number.interval->high >= 0.0;
    number.is_broken = !is_chance && std::abs(*number.new_value) > rule.limit;
    number.reason = !number.is_broken ? "" : number.interval ? "changed places" : "changed places, chance or not";
  }

  Orientation orientation_;
  bool is_strict_;
  double level_;
};

/// Whether a rule is about the number of the group.
bool is_judged(const JudgedNumber& number, const Judgement& judgement) {
  return std::ranges::any_of(judgement.rules, [&](const RuleJudgement& rule) {
    return std::ranges::any_of(rule.numbers, [&](const JudgedNumber& judged) {
      return judged.run == number.run && judged.modality == number.modality && judged.definition == number.definition &&
             judged.group == number.group;
    });
  });
}

JudgedResult facts_of(const ResultSet& set) {
  return {.name = set.name,
          .version = set.table.version,
          .model = set.table.model,
          .data = set.table.data,
          .example_count = set.table.example_count,
          .score = set.table.score};
}

}  // namespace

bool RuleJudgement::is_broken() const {
  return std::ranges::any_of(numbers, &JudgedNumber::is_broken);
}

bool Judgement::passed() const {
  return broken_count() == 0;
}

std::size_t Judgement::broken_count() const {
  return static_cast<std::size_t>(std::ranges::count_if(rules, &RuleJudgement::is_broken));
}

Judgement check(const ResultSet& baseline, const ResultSet& next, const CheckRules& rules,
                const CheckOptions& options) {
  expect_comparable(baseline, next, options.data);
  Judgement judgement{.baseline = facts_of(baseline),
                      .next = facts_of(next),
                      .command = next.table.command,
                      .metric = next.table.metric,
                      .orientation = next.table.orientation,
                      .is_strict = rules.is_strict,
                      .has_default_rules = rules.rules.empty(),
                      .rules = {},
                      .answers = changed_answers(baseline, next),
                      .groups = group_changes(baseline, next, std::max<std::size_t>(options.thread_count, 1)),
                      .warnings = {}};
  CheckRules all = rules;
  if (all.rules.empty()) all.rules = default_rules(baseline, next);
  if (all.rules.empty()) {
    throw ConfigError(next.name + ": expected a score or shares to judge, as " + baseline.name +
                      " has, got none; give rules about what they hold");
  }
  const std::vector<PendingRule> prepared =
      prepare_rules(baseline, next, all, std::max<std::size_t>(options.thread_count, 1));
  judgement.comparison_count = comparisons_of(prepared);
  judgement.level = 1.0 - kFamilyError / static_cast<double>(std::max<std::size_t>(judgement.comparison_count, 1));
  const RuleJudge judge(next.table.orientation, rules.is_strict, judgement.level);
  for (const PendingRule& rule : prepared) judgement.rules.push_back(judge.judge(rule));
  std::erase_if(judgement.groups.numbers, [&](const JudgedNumber& number) { return is_judged(number, judgement); });
  if (baseline.table.version != next.table.version) {
    judgement.warnings.push_back("the results are of modattr " + baseline.table.version + " and " + next.table.version +
                                 ": what changed may be the program");
  }
  return judgement;
}

}  // namespace modattr
