#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "modattr/engines/shapley/estimators/paired_coalitions.h"
#include "modattr/engines/shapley/estimators/shapley_estimator.h"

namespace modattr {

/// Coalitions times players up to which AutoShapley tries the proxy: about half a second.
inline constexpr std::size_t kProxyCellLimit = 1'000'000;

/// A proxy of the game, a regression and boosted trees, corrected by another regression, on paired_leverage_coalitions
/// (Witter, Liu, Musco: "Regression-adjusted Monte Carlo estimators for Shapley values and probabilistic values",
/// NeurIPS 2025; trees: boosted_trees.h):
///
///   f_k = Leverage SHAP without fold k of the pairs + trees fitted to what that leaves of v, k = 1 ... 5;
///         as many trees as predict v(S) - v(complement) of the left out pairs best, weighted as in the regression
///   f = mean of the f_k
///   phi = Shapley values of f + Leverage SHAP of v - f
/// Trees alone would need many pairs for what is additive. Standard errors are those of Leverage SHAP of v - f_k, k the
/// fold of the pair: what has seen a pair leaves too little of it for errors. For values that little is the better
/// correction, which follows chance less; the regression in f is right on average already. Where every coalition is
/// known, those are enumerated.
class ProxyShapley final : public ShapleyEstimator {
 public:
  std::string_view name() const noexcept override { return "proxy"; }
  Guarantees guarantees() const noexcept override {
    return {.efficiency = true, .symmetry = false, .null_player = false};
  }
  std::vector<Coalition> coalitions(std::size_t player_count, std::size_t evaluation_count,
                                    RandomStream stream) const override;
  std::size_t least_coalition_count(std::size_t player_count) const override;
  ShapleyEstimate estimate(const SampledGame& game) const override;
};

/// The estimate, and how it predicts each pair from the others. `pairs` is paired_game(game).
PairedFit fit_proxy(const SampledGame& game, const PairedGame& pairs);

}  // namespace modattr
