#include "modattr/stats/lasso.h"

#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "support/regression_case.h"
#include "support/table_game.h"

namespace modattr {
namespace {

RegressionMoments moments_of(const RegressionCase& data) {
  return regression_moments(data.columns, data.response, data.weights);
}

/// How far coefficients are from the optimum (Karush, Kuhn, Tucker): the weighted mean of x_j times the residual is
/// alpha sign(b_j) where b_j is not 0, and at most alpha where it is. Row by row.
double distance_from_optimum(const RegressionCase& data, const LinearFit& fit, double alpha) {
  double worst = 0.0;
  double weight_sum = 0.0;
  double mean_residue = 0.0;
  for (std::size_t row = 0; row < data.response.size(); ++row) {
    weight_sum += data.weights[row];
    mean_residue += data.weights[row] * (data.response[row] - fit.predict(data.columns.row(row)));
  }
  worst = std::abs(mean_residue / weight_sum);
  for (std::size_t column = 0; column < fit.coefficients.size(); ++column) {
    double covariance = 0.0;
    for (std::size_t row = 0; row < data.response.size(); ++row) {
      covariance += data.weights[row] * data.columns(row, column) *
                    (data.response[row] - fit.predict(data.columns.row(row))) / weight_sum;
    }
    const double coefficient = fit.coefficients[column];
    const double excess = coefficient != 0.0 ? std::abs(covariance - std::copysign(alpha, coefficient))
                                             : std::max(0.0, std::abs(covariance) - alpha);
    worst = std::max(worst, excess);
  }
  return worst;
}

TEST(Lasso, ShrinksOneColumnByAlpha) {
  // Centred x = -1/2, 1/2 and y = -2, 2: mean x y = 1, mean x^2 = 1/4.
  const RegressionMoments moments =
      regression_moments(matrix_of({{0.0}, {1.0}}), std::array{1.0, 5.0}, std::array{1.0, 1.0});
  EXPECT_DOUBLE_EQ(lasso(moments, 0.25).coefficients[0], 3.0);
  EXPECT_DOUBLE_EQ(lasso(moments, 0.25).intercept, 1.5);
  EXPECT_EQ(lasso(moments, 1.0).coefficients[0], 0.0);
  EXPECT_DOUBLE_EQ(lasso(moments, 2.0).intercept, 3.0);
}

TEST(Lasso, DoesNotDependOnTheScaleOfTheWeights) {
  RegressionCase data = regression_case(30, 4, 5);
  const LinearFit small = lasso(moments_of(data), 0.2);
  for (double& weight : data.weights) weight *= 1000.0;
  const LinearFit large = lasso(moments_of(data), 0.2);
  for (std::size_t column = 0; column < 4; ++column) {
    EXPECT_NEAR(small.coefficients[column], large.coefficients[column], 1e-10);
  }
}

TEST(Lasso, IsAtItsOptimum) {
  for (const double alpha : {1e-4, 0.05, 0.3, 0.8}) {
    const RegressionCase data = regression_case(50, 8, 11);
    const LinearFit fit = lasso(moments_of(data), alpha);
    EXPECT_LT(distance_from_optimum(data, fit, alpha), 1e-9) << alpha;
  }
}

TEST(LassoPath, IsAtItsOptimumAtEveryKnot) {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
    const RegressionCase data = regression_case(40, 7, seed);
    const std::vector<LassoKnot> path = lasso_path(moments_of(data));
    ASSERT_GE(path.size(), 8U);
    EXPECT_EQ(path.back().alpha, 0.0);
    for (std::size_t knot = 0; knot < path.size(); ++knot) {
      const LinearFit fit = with_intercept(moments_of(data), path[knot].coefficients);
      EXPECT_LT(distance_from_optimum(data, fit, path[knot].alpha), 1e-10) << seed << " " << knot;
      if (knot > 0) {
        EXPECT_LT(path[knot].alpha, path[knot - 1].alpha);
      }
    }
  }
}

TEST(LassoPath, LetsAColumnGoThatOthersTell) {
  // The third column is nearly the sum of the first two, and comes first. What it adds to them is negative: its
  // coefficient has to pass through 0, where it leaves and comes back with the other sign.
  RegressionCase data = regression_case(60, 3, 8);
  for (std::size_t row = 0; row < 60; ++row) {
    data.columns(row, 2) = data.columns(row, 0) + data.columns(row, 1) + (row % 3 == 0 ? 0.3 : 0.0);
    data.response[row] = data.columns(row, 0) + data.columns(row, 1) - 0.2 * data.columns(row, 2);
  }
  const std::vector<LassoKnot> path = lasso_path(moments_of(data));
  bool was_in = false;
  bool has_left = false;
  for (const LassoKnot& knot : path) {
    was_in = was_in || knot.coefficients[2] > 0.1;
    has_left = has_left || (was_in && knot.coefficients[2] == 0.0);
    EXPECT_LT(distance_from_optimum(data, with_intercept(moments_of(data), knot.coefficients), knot.alpha), 1e-10);
  }
  EXPECT_TRUE(was_in);
  EXPECT_TRUE(has_left);
  EXPECT_EQ(path.back().alpha, 0.0);
  EXPECT_NEAR(path.back().coefficients[2], -0.2, 1e-10);
}

TEST(LassoPath, OfAConstantResponseIsFlat) {
  RegressionCase data = regression_case(10, 2, 1);
  for (double& response : data.response) response = 2.0;
  const std::vector<LassoKnot> path = lasso_path(moments_of(data));
  ASSERT_EQ(path.size(), 1U);
  EXPECT_EQ(path.front().coefficients, (std::vector{0.0, 0.0}));
}

}  // namespace
}  // namespace modattr
