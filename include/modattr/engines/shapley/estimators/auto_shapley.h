#pragma once

#include <string_view>
#include <vector>

#include "modattr/engines/shapley/estimators/shapley_estimator.h"

namespace modattr {

/// Enumeration where the budget allows it; otherwise paired_leverage_coalitions, to which Leverage SHAP, the odd
/// Gaussian process (up to kProcessPairLimit pairs) and the proxy of boosted trees (up to kProxyCellLimit) are fitted.
/// The result is the mixture of them, shares summing to 1, that predicts pairs which they have not seen best; beyond
/// kProcessPairLimit the best one alone:
///
///   loss = sum over pairs of w (v(S) - v(complement) - x . phi)^2, each pair left out once (held_out_loss)
///   whose expectation is smallest at the Shapley values and grows with the squared distance from them
/// Standard errors are those of what was chosen, for a mixture the shares' mean: what they have in common is unknown.
/// Games of more than kPairedPlayerLimit players go to the antithetic permutations, whose work grows with the
/// coalitions alone.
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
