#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "modattr/engines/shapley/estimators/shapley_estimator.h"

namespace modattr {

/// An estimator that asks for the single players, each twice, and calls what a player does alone its Shapley value:
/// right for sums only. The error of player i is i / 10.
class SinglePlayers final : public ShapleyEstimator {
 public:
  std::string_view name() const noexcept override { return "single-players"; }
  Guarantees guarantees() const noexcept override { return {}; }
  std::vector<Coalition> coalitions(std::size_t player_count, std::size_t evaluation_count,
                                    RandomStream stream) const override;
  ShapleyEstimate estimate(const SampledGame& game) const override;

  /// What the last call of coalitions() was told.
  mutable std::size_t asked_count = 0;
};

}  // namespace modattr
