#pragma once

#include <string>
#include <string_view>

namespace modattr {

/// What says that an answer is wrong.
enum class WrongQuantity {
  kAbsoluteError,   ///< |output - label|, the mean over the columns of a regression
  kProbability,     ///< p(label); of label tokens and of label sets the geometric mean
  kLogProbability,  ///< its natural logarithm
  kSoftAccuracy     ///< min(annotators / 3, 1) of the most probable answer
};

enum class WrongComparison { kAbove, kBelow };

/// "abs_error > 0.5".
struct WrongRule {
  WrongQuantity quantity = WrongQuantity::kAbsoluteError;
  WrongComparison comparison = WrongComparison::kAbove;
  double limit = 0.0;

  bool is_wrong(double value) const noexcept {
    return comparison == WrongComparison::kAbove ? value > limit : value < limit;
  }
};

/// Reads "QUANTITY > NUMBER" or "QUANTITY < NUMBER". Throws ConfigError naming the nearest quantity.
WrongRule parse_wrong_rule(std::string_view text);

std::string to_text(const WrongRule& rule);

}  // namespace modattr
