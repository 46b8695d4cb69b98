#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

#include "modattr/core/error.h"

namespace modattr {

/// What an example needs of its coalitions, against what the option "budget" allows.
struct BudgetNeed {
  /// Coalitions that the method needs, and that it would rather have.
  std::size_t least = 0;
  std::size_t comfortable = 0;
  /// Evaluations of the model that each costs: one for every row of the background.
  std::size_t evaluations_per_coalition = 1;
  /// Evaluations per example that were asked for.
  std::size_t budget = 0;
  std::size_t player_count = 0;

  /// Rows of a background with which the budget is enough; 0 where none is few enough.
  std::size_t fitting_rows() const noexcept {
    if (budget < least) return 0;
    return std::max<std::size_t>(budget / std::max(comfortable, least), 1);
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
