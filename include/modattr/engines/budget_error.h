#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

#include "modattr/core/error.h"

namespace modattr {

/// Model evaluations of so many coalitions, the full and the empty one among them, with a background of `rows` rows:
/// rows each. Where `sampled_rows` is given and fewer, the full one takes one row, as all are equal to it, the empty
/// one all of them, and the others `sampled_rows` each.
inline std::size_t evaluations_of(std::size_t coalitions, std::size_t rows, std::optional<std::size_t> sampled_rows) {
  if (!sampled_rows || rows <= *sampled_rows || coalitions < 2) return coalitions * rows;
  return 1 + rows + (coalitions - 2) * *sampled_rows;
}

/// What an example needs of its coalitions, against what the option "budget" allows.
struct BudgetNeed {
  /// Coalitions that the method needs, and that it would rather have.
  std::size_t least = 0;
  std::size_t comfortable = 0;
  /// Rows of the background.
  std::size_t evaluations_per_coalition = 1;
  /// As in evaluations_of().
  std::optional<std::size_t> sampled_rows = std::nullopt;
  /// Evaluations per example that were asked for.
  std::size_t budget = 0;
  std::size_t player_count = 0;

  std::size_t least_evaluations() const noexcept {
    return evaluations_of(least, evaluations_per_coalition, sampled_rows);
  }
  /// Rows of a background with which the budget is enough; 0 where none is few enough.
  std::size_t fitting_rows() const noexcept {
    if (budget < least) return 0;
    const std::size_t coalitions = std::max(comfortable, least);
    if (sampled_rows) {
      // Above that many rows each further one costs one evaluation: that of the empty coalition.
      const std::size_t more = evaluations_of(coalitions, *sampled_rows + 1, sampled_rows);
      if (budget >= more) return *sampled_rows + 1 + (budget - more);
    }
    return std::max<std::size_t>(budget / coalitions, 1);
  }
};

/// The budget is too small for the method.
class BudgetError : public ConfigError {
 public:
  explicit BudgetError(const BudgetNeed& need);

  const BudgetNeed& need() const noexcept { return need_; }

 private:
  BudgetNeed need_;
};

}  // namespace modattr
