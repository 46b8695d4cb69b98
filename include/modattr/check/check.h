#pragma once

#include <cstddef>
#include <vector>

#include "modattr/check/comparable.h"
#include "modattr/check/judgement.h"
#include "modattr/check/result_set.h"
#include "modattr/check/rule.h"

namespace modattr {

/// What is judged.
struct CheckRules {
  /// Empty = default_rules().
  std::vector<Rule> rules = {};
  /// Whether any significant change breaks a rule, however small, and a bound holds for the whole interval.
  bool is_strict = false;
};

struct CheckOptions {
  DataRule data = DataRule::kSame;
  /// The judgement does not depend on it.
  std::size_t thread_count = 1;
};

/// Compares two results and judges the rules.
///
/// A change and its interval: where both results hold the numbers of the same single examples, by 1,000 resamples of
/// these, the same on both sides (paired bootstrap), else from the intervals and errors of the two rows as if they were
/// independent. Each interval is change ± t(1 - 0.025 / K) * standard error, t of Student's distribution, K the number
/// of comparisons (Bonferroni): then at most one check of 20 of equal models has any significant change.
///
/// A change, or a drop, breaks its rule where it is significant, its interval holding no 0, and larger than the
/// tolerance; without an interval where it is larger. A bound is broken by the value itself, an order where two
/// modalities changed places and their new difference is significant and larger than allowed, an nDCG by the value.
/// What is not known in one of the results breaks a rule.
///
/// Throws ConfigError where the results are not comparable, or a rule is about something that they do not hold.
Judgement check(const ResultSet& baseline, const ResultSet& next, const CheckRules& rules,
                const CheckOptions& options = {});

/// Rules for where nobody gives some, by what both results hold, so that nothing is judged twice: the drop of the
/// metric; the change of every kind of share, or of permutation.drop where there are none; the order of modalities by
/// one kind of share; the ranking of features by nDCG.
std::vector<Rule> default_rules(const ResultSet& baseline, const ResultSet& next,
                                const DefaultTolerances& tolerances = {});

}  // namespace modattr
