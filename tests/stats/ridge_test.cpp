#include "modattr/stats/ridge.h"

#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "support/regression_case.h"
#include "support/table_game.h"

namespace modattr {
namespace {

/// d objective / 2 d coefficient j, and for j = p d objective / 2 d intercept, row by row.
std::vector<double> gradient(const RegressionCase& data, const LinearFit& fit, double alpha) {
  const std::size_t count = fit.coefficients.size();
  std::vector<double> slopes(count + 1, 0.0);
  for (std::size_t row = 0; row < data.response.size(); ++row) {
    const double residue = data.weights[row] * (data.response[row] - fit.predict(data.columns.row(row)));
    for (std::size_t column = 0; column < count; ++column) slopes[column] -= residue * data.columns(row, column);
    slopes[count] -= residue;
  }
  for (std::size_t column = 0; column < count; ++column) slopes[column] += alpha * fit.coefficients[column];
  return slopes;
}

TEST(Ridge, SolvesTwoEquationsAsByHand) {
  // Centred x = -1/2, 1/2 with weight 1 each and y = -2, 2: b = 2 / (1/2 + alpha).
  const RegressionMoments moments =
      regression_moments(matrix_of({{0.0}, {1.0}}), std::array{1.0, 5.0}, std::array{1.0, 1.0});
  EXPECT_DOUBLE_EQ(ridge(moments, 0.5)->coefficients[0], 2.0);
  EXPECT_DOUBLE_EQ(ridge(moments, 0.5)->intercept, 2.0);
  EXPECT_DOUBLE_EQ(ridge(moments, 1e-9)->coefficients[0], 2.0 / (0.5 + 1e-9));
}

TEST(Ridge, LeavesNoSlopeOfItsObjective) {
  for (const double alpha : {1e-6, 0.1, 1.0, 30.0}) {
    const RegressionCase data = regression_case(40, 6, 3);
    const LinearFit fit = ridge(regression_moments(data.columns, data.response, data.weights), alpha).value();
    for (const double slope : gradient(data, fit, alpha)) EXPECT_NEAR(slope, 0.0, 1e-9) << alpha;
  }
}

TEST(Ridge, GivesTheSameForARowOfDoubleWeightAndTwoRows) {
  const auto fit = [](const Matrix& columns, std::span<const double> response, std::span<const double> weights) {
    return ridge(regression_moments(columns, response, weights), 1.0).value();
  };
  const LinearFit once = fit(matrix_of({{0.0}, {1.0}}), std::array{1.0, 5.0}, std::array{1.0, 2.0});
  const LinearFit twice = fit(matrix_of({{0.0}, {1.0}, {1.0}}), std::array{1.0, 5.0, 5.0}, std::array{1.0, 1.0, 1.0});
  EXPECT_NEAR(once.coefficients[0], twice.coefficients[0], 1e-14);
  EXPECT_NEAR(once.intercept, twice.intercept, 1e-14);
}

TEST(Ridge, RefusesCopiesOfAColumnWithoutAPenalty) {
  const RegressionMoments moments =
      regression_moments(matrix_of({{0.0, 0.0}, {1.0, 1.0}}), std::array{1.0, 5.0}, std::array{1.0, 1.0});
  EXPECT_EQ(ridge(moments, 0.0), std::nullopt);
  const LinearFit shared = ridge(moments, 1.0).value();
  EXPECT_DOUBLE_EQ(shared.coefficients[0], shared.coefficients[1]);
}

TEST(RidgeStdErrors, OfOneColumnAreThoseOfTheSandwich) {
  const RegressionCase data = regression_case(12, 1, 9);
  const double alpha = 0.7;
  const RegressionMoments moments = regression_moments(data.columns, data.response, data.weights);
  const LinearFit fit = ridge(moments, alpha).value();
  double meat = 0.0;
  for (std::size_t row = 0; row < 12; ++row) {
    const double score = data.weights[row] * (data.columns(row, 0) - moments.means[0]) *
                         (data.response[row] - fit.predict(data.columns.row(row)));
    meat += score * score;
  }
  const double expected = std::sqrt(12.0 / 10.0 * meat) / (moments.products(0, 0) + alpha);
  EXPECT_NEAR(ridge_std_errors(data.columns, data.response, data.weights, alpha).value()[0], expected, 1e-12);
}

TEST(RidgeStdErrors, MeetTheSpreadOverDrawsOfTheRows) {
  constexpr std::size_t kDraws = 400;
  std::vector<double> sums(3, 0.0);
  std::vector<double> squares(3, 0.0);
  std::vector<double> claimed(3, 0.0);
  for (std::size_t draw = 0; draw < kDraws; ++draw) {
    const RegressionCase data = regression_case(60, 3, 1000 + draw);
    const LinearFit fit = ridge(regression_moments(data.columns, data.response, data.weights), 0.1).value();
    const std::vector<double> errors = ridge_std_errors(data.columns, data.response, data.weights, 0.1).value();
    for (std::size_t column = 0; column < 3; ++column) {
      sums[column] += fit.coefficients[column] / kDraws;
      squares[column] += fit.coefficients[column] * fit.coefficients[column] / kDraws;
      claimed[column] += errors[column] * errors[column] / kDraws;
    }
  }
  for (std::size_t column = 0; column < 3; ++column) {
    const double spread = squares[column] - sums[column] * sums[column];
    EXPECT_NEAR(claimed[column] / spread, 1.0, 0.25) << column;
  }
}

TEST(RidgeStdErrors, NeedMoreRowsThanColumns) {
  const RegressionCase data = regression_case(4, 3, 1);
  EXPECT_EQ(ridge_std_errors(data.columns, data.response, data.weights, 1.0), std::nullopt);
}

}  // namespace
}  // namespace modattr
