#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "modattr/engines/shapley_estimator.h"

namespace modattr {

/// The leaf of a regression tree over coalitions: it adds `value` where all of `present` and none of `absent` play.
/// Both are bit masks of players.
struct TreeLeaf {
  std::uint32_t present = 0;
  std::uint32_t absent = 0;
  double value = 0.0;
};

/// Gradient boosted regression trees over coalitions as bit masks (Friedman 2001; penalty and gain of XGBoost).
class BoostedTrees {
 public:
  /// What a boosting run may do; XGBoost's defaults but for smaller trees and steps.
  struct Options {
    std::size_t depth = 4;
    double learning_rate = 0.2;
    /// Added to the number of examples of every leaf.
    double penalty = 1.0;
  };

  /// Starts from the mean of `values` [coalitions] and adds `tree_count` trees.
  BoostedTrees(std::span<const std::uint32_t> coalitions, std::span<const double> values, std::size_t player_count,
               std::size_t tree_count, const Options& options);

  /// The prediction for a coalition after each number of trees, [trees + 1].
  std::vector<double> path(std::uint32_t coalition) const;
  double predict(std::uint32_t coalition) const { return path(coalition).back(); }
  /// Exact Shapley values of the prediction as a game, leaf by leaf in closed form, [players]:
  ///
  ///   a players must be present, b absent:  value (a - 1)! b! / (a + b)! to each of the a,
  ///                                        -value a! (b - 1)! / (a + b)! to each of the b
  std::vector<double> shapley_values() const;

 private:
  std::size_t player_count_;
  double mean_ = 0.0;
  std::vector<std::vector<TreeLeaf>> trees_;
};

/// Regression-adjusted estimate with a tree proxy, after Witter, Liu, Musco ("Regression-adjusted Monte Carlo
/// estimators for Shapley values and probabilistic values", NeurIPS 2025), on paired_leverage_coalitions:
///
///   f = boosted trees on all sampled coalitions; as many trees as predict best in 5 folds of pairs
///   phi = Shapley values of f + Leverage SHAP of the residuals v - f
/// Residuals stand for themselves where sampled, and for the coalitions that were not where f is of the other folds:
/// the residuals of a fit that has seen them are too small. So the estimate is exact once every coalition is known. At
/// most 32 players.
std::vector<double> tree_proxy_values(const SampledGame& game);

}  // namespace modattr
