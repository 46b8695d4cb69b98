#pragma once

#include <string_view>
#include <vector>

#include "modattr/engines/shapley/estimators/shapley_estimator.h"

namespace modattr {

/// Enumeration where the budget allows it; otherwise paired_leverage_coalitions, and of Leverage SHAP and another
/// estimator the one that predicts pairs which it has not seen better:
///
///   loss = sum over pairs of w (v(S) - v(complement) - x . phi)^2, each pair left out once (held_out_loss)
///   whose expectation is smallest at the Shapley values and grows with the squared distance from them
/// The other is the odd Gaussian process up to kProcessPairLimit pairs, and above that the proxy of boosted trees,
/// which need many pairs, up to kProxyCellLimit. Standard errors are those of the estimator chosen.
class AutoShapley final : public ShapleyEstimator {
 public:
  std::string_view name() const noexcept override { return "auto"; }
  Guarantees guarantees() const noexcept override {
    return {.efficiency = true, .symmetry = false, .null_player = false};
  }
  std::vector<Coalition> coalitions(std::size_t player_count, std::size_t evaluation_count,
                                    RandomStream stream) const override;
  std::size_t least_coalition_count(std::size_t player_count) const override;
  ShapleyEstimate estimate(const SampledGame& game) const override;
};

}  // namespace modattr
