#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "modattr/core/matrix.h"
#include "modattr/engines/shapley/estimators/gp/kernel.h"
#include "modattr/engines/shapley/estimators/paired_coalitions.h"
#include "modattr/stats/cholesky.h"

namespace modattr {

/// The odd part of a game, g(S) = (v(S) - v(complement)) / 2, as a Gaussian process. A game and its odd part have the
/// same Shapley values (Fumagalli et al. 2026); those of the posterior mean follow from those of the kernel.
class GpProcess {
 public:
  /// Conditions a process with this kernel on all pairs of `game`, which is borrowed, and on g(full). nullopt when the
  /// covariance is singular to rounding.
  static std::optional<GpProcess> condition(const PairedGame& game, const GpKernel& kernel);

  /// Values of the posterior mean, which sum to v(full) - v(empty), and their posterior standard deviations.
  ShapleyEstimate estimate() const;
  /// PairedFit::left_out, with the kernel as it is.
  std::vector<double> left_out(const ShapleyEstimate& estimate) const;

 private:
  GpProcess(const PairedGame& game, Cholesky covariance) : game_(&game), covariance_(std::move(covariance)) {}

  const PairedGame* game_;
  Cholesky covariance_;
  /// Covariance of every datum with every Shapley value, [pairs + 1, players].
  Matrix cross_;
  /// Half the solution for these: the inverse of the covariance's lower factor times them, [pairs + 1, players].
  Matrix halves_;
  /// Inverse covariance times the data, [pairs + 1].
  std::vector<double> weights_;
  /// Variance of a Shapley value before any datum, relative to the scale.
  double prior_variance_ = 0.0;
  double scale_ = 0.0;
};

}  // namespace modattr
