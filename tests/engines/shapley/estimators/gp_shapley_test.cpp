#include "modattr/engines/shapley/estimators/gp_shapley.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/engines/shapley/estimators/leverage_shapley.h"
#include "support/shapley_game.h"

namespace modattr::gp_shapley_test {
namespace {

const GpShapley kEstimator;

double squared_distance(const std::vector<double>& left, const std::vector<double>& right) {
  double sum = 0.0;
  for (std::size_t index = 0; index < left.size(); ++index) {
    sum += (left[index] - right[index]) * (left[index] - right[index]);
  }
  return sum;
}

TEST(GpShapley, FindsAnAdditiveGameFromFewCoalitions) {
  const std::vector<double> weights = {0.5, -2.0, 3.25, 0.0, 1.0, 4.0, -1.0, 2.0, 2.0, 0.25};
  const ShapleyEstimate estimate = estimate_game(kEstimator, additive_game(weights), 40);
  for (std::size_t player = 0; player < 10; ++player) {
    EXPECT_NEAR(estimate.values[player], weights[player], 1e-4);
    EXPECT_NEAR(estimate.std_errors[player], 0.0, 1e-2);
  }
}

TEST(GpShapley, ComesCloserThanLeverageOnSmoothGames) {
  double process = 0.0;
  double leverage = 0.0;
  for (std::uint32_t seed = 0; seed < 6; ++seed) {
    const ShapleyGame game = network_game(10, seed);
    const std::vector<double> truth = shapley_values(table_of(game), 10);
    const double norm = squared_distance(truth, std::vector<double>(10, 0.0));
    process += std::log(squared_distance(estimate_game(kEstimator, game, 100, seed).values, truth) / norm);
    leverage += std::log(squared_distance(estimate_game(LeverageShapley(), game, 100, seed).values, truth) / norm);
  }
  EXPECT_LT(process / 6.0, leverage / 6.0 - 0.1);
}

TEST(GpShapley, KnowsItsError) {
  const ShapleyGame game = network_game(12, 3);
  const std::vector<double> truth = shapley_values(table_of(game), 12);
  double squares = 0.0;
  double covered = 0.0;
  double count = 0.0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const ShapleyEstimate estimate = estimate_game(kEstimator, game, 150, seed);
    for (std::size_t player = 0; player < 12; ++player) {
      const double z = (estimate.values[player] - truth[player]) / estimate.std_errors[player];
      squares += z * z;
      covered += std::abs(z) < 1.96 ? 1.0 : 0.0;
      count += 1.0;
    }
  }
  EXPECT_NEAR(std::sqrt(squares / count), 1.0, 0.25);
  EXPECT_NEAR(covered / count, 0.95, 0.06);
}

TEST(GpShapley, GivesNothingInAGameWhereNothingHappens) {
  const ShapleyGame game = {8, [](const Coalition&) { return 0.25; }};
  const ShapleyEstimate estimate = estimate_game(kEstimator, game, 60);
  EXPECT_EQ(estimate.values, std::vector<double>(8, 0.0));
  EXPECT_EQ(estimate.std_errors, std::vector<double>(8, 0.0));
}

TEST(GpShapley, AsksForNoMorePairsThanItsLimit) {
  EXPECT_EQ(kEstimator.coalitions(30, 100000, coalition_stream(1)).size(), 2 * kProcessPairLimit);
  EXPECT_EQ(kEstimator.coalitions(30, 301, coalition_stream(1)).size(), 300U);
}

}  // namespace
}  // namespace modattr::gp_shapley_test
