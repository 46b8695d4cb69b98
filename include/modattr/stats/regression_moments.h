#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "modattr/core/matrix.h"

namespace modattr {

/// All that a linear least squares fit with an intercept asks of its rows: weighted means, and sums of products of
/// what is left when the means are taken off.
struct RegressionMoments {
  double weight_sum = 0.0;
  /// Weighted mean of each column, [columns].
  std::vector<double> means;
  double response_mean = 0.0;
  /// sum_i w_i (x_ij - mean_j)(x_ik - mean_k), [columns, columns].
  Matrix products;
  /// sum_i w_i (x_ij - mean_j)(y_i - mean_y), [columns].
  std::vector<double> responses;
  /// sum_i w_i (y_i - mean_y)^2.
  double response_square = 0.0;

  std::size_t column_count() const noexcept { return means.size(); }
  /// The same of some columns, in the order given.
  RegressionMoments of_columns(std::span<const std::size_t> columns) const;
};

/// `columns` [rows, columns]; `response` and `weights` [rows], weights at least 0 with a positive sum. Throws
/// std::invalid_argument for other shapes or weights.
RegressionMoments regression_moments(const Matrix& columns, std::span<const double> response,
                                     std::span<const double> weights);

/// Moments of groups of rows, from which those of any union of groups follow without another look at the rows.
class GroupedMoments {
 public:
  /// `columns`, `response` and `weights` as for regression_moments(); `group_of_row` [rows], rows of weight 0 belong to
  /// no group.
  GroupedMoments(const Matrix& columns, std::span<const double> response, std::span<const double> weights,
                 std::span<const std::size_t> group_of_row);

  /// Moments of the rows of different groups. Throws std::invalid_argument when their weights sum up to 0.
  RegressionMoments of(std::span<const std::size_t> groups) const;

 private:
  /// About a centre that all groups share; sums, where the names of RegressionMoments are those of means.
  std::vector<RegressionMoments> groups_;
  std::vector<double> centre_;
  double response_centre_ = 0.0;
};

/// A linear function of the columns.
struct LinearFit {
  double intercept = 0.0;
  /// [columns]
  std::vector<double> coefficients;

  double predict(std::span<const double> row) const;
};

/// The fit with these coefficients that is right on average: intercept = mean_y - sum_j mean_j b_j.
LinearFit with_intercept(const RegressionMoments& moments, std::vector<double> coefficients);

/// Weighted coefficient of determination of predictions:
///
///   R2 = 1 - left / total,   left = sum_i w_i (y_i - prediction_i)^2, total = sum_i w_i (y_i - mean_y)^2, mean_y
///   weighted
/// Where responses are estimates, `variances` [responses] say how noisy each is. Predictions that do not depend on the
/// noise have the R2 of what is estimated, as noise adds to both sums by
///
///   sum_i w_i v_i to left, sum_i w_i v_i (1 - w_i / W) to total,   W = sum_i w_i
/// on average, which is subtracted; chance may take it above 1. nullopt where no weight is positive, and where the
/// responses do not differ beyond rounding, or not beyond twice the standard deviation of the noise in `total`,
/// sqrt(2 sum_i (w_i v_i)^2).
std::optional<double> weighted_r2(std::span<const double> response, std::span<const double> predictions,
                                  std::span<const double> weights, std::span<const double> variances = {});

}  // namespace modattr
