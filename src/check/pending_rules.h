#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "modattr/check/change_errors.h"
#include "modattr/check/check.h"

namespace modattr {

/// A number with what is needed to judge it once the number of comparisons is known.
struct PendingNumber {
  JudgedNumber number;
  ChanceError chance;
  /// What the interval is around; nullopt: it has none.
  std::optional<double> centre = std::nullopt;
  /// Comparisons that it stands for.
  std::size_t comparison_count = 0;
};

/// A rule that was looked up.
struct PendingRule {
  Rule rule;
  std::vector<PendingNumber> numbers;
};

/// Looks up what rules are about, and how far chance moves it. Throws ConfigError where the results do not hold it.
std::vector<PendingRule> prepare_rules(const ResultSet& baseline, const ResultSet& next, const CheckRules& rules,
                                       std::size_t thread_count);

/// What a rule's number that is not known says of itself.
inline constexpr const char* kNotKnown = "not known";

}  // namespace modattr
