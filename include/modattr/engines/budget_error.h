#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
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
  /// Of these, the most that coalitions but the full and the empty one cost, where they take a part of the background;
  /// then the full one costs 1. nullopt = all cost the same.
  std::optional<std::size_t> sampled_rows = std::nullopt;
  /// Evaluations per example that were asked for.
  std::size_t budget = 0;
  std::size_t player_count = 0;

  /// Evaluations of so many coalitions, at least 2, with a background of so many rows.
  std::size_t evaluations(std::size_t coalitions, std::size_t rows) const noexcept {
    if (!sampled_rows || rows <= *sampled_rows) return coalitions * rows;
    return 1 + rows + (coalitions - 2) * *sampled_rows;
  }
  /// Rows of a background with which the budget is enough; 0 where none is few enough.
  std::size_t fitting_rows() const noexcept {
    if (budget < least) return 0;
    const std::size_t coalitions = std::max(comfortable, least);
    if (sampled_rows && budget >= evaluations(coalitions, *sampled_rows + 1)) {
      return budget - evaluations(coalitions, *sampled_rows + 1) + *sampled_rows + 1;
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
