#pragma once

#include <string_view>
#include <vector>

#include "modattr/engines/shapley/estimators/paired_coalitions.h"
#include "modattr/engines/shapley/estimators/shapley_estimator.h"

namespace modattr {

/// Paired Leverage SHAP without replacement (Musco, Witter, ICLR 2025), on paired_leverage_coalitions:
///
///   phi = argmin over phi with sum v(full) - v(empty) of
///         sum over sampled pairs of w N / m (v(S) - v(complement) - x . phi)^2
///   x = +1 for players of S, -1 for the others; w = 1 / (C(n, |S|) |S| (n - |S|)), the Shapley kernel;
///   m of the N pairs with this size are sampled
/// Standard errors: jackknife over the pairs, one at a time within its size, in closed form from the hat matrix,
/// times 1 - m/N: a size of which every pair is known adds no error. Fewer independent pairs than players leave
/// directions open; the shortest solution is taken there.
class LeverageShapley final : public ShapleyEstimator {
 public:
  std::string_view name() const noexcept override { return "leverage"; }
  Guarantees guarantees() const noexcept override {
    return {.efficiency = true, .symmetry = false, .null_player = false};
  }
  std::vector<Coalition> coalitions(std::size_t player_count, std::size_t evaluation_count,
                                    RandomStream stream) const override;
  std::size_t least_coalition_count(std::size_t player_count) const override;
  ShapleyEstimate estimate(const SampledGame& game) const override;
};

/// The estimate, and how it predicts each pair from the others.
PairedFit fit_leverage(const PairedGame& game);

/// The values alone, in half the time. Pairs of kernel weight 0 are left out.
std::vector<double> leverage_values(const PairedGame& game);

}  // namespace modattr
