#include "modattr/engines/shapley/estimators/permutation_shapley.h"

#include <cmath>
#include <map>
#include <stdexcept>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "support/shapley_game.h"
#include "support/thrown_message.h"

namespace modattr::permutation_shapley_test {
namespace {

const PermutationShapley kEstimator;

TEST(PermutationShapley, GrowsCoalitionsAlongAnOrderAndItsReverse) {
  const std::vector<Coalition> coalitions = kEstimator.coalitions(6, 25, coalition_stream(1));
  ASSERT_EQ(coalitions.size(), 20U);
  for (std::size_t index = 0; index < coalitions.size(); index += 2) {
    EXPECT_EQ(coalitions[index].size(), index / 2 % 5 + 1);
    EXPECT_EQ(coalitions[index + 1], coalitions[index].complement());
  }
}

TEST(PermutationShapley, DrawsEveryOrderAlike) {
  // 24 orders of four players, by the coalitions that grow along them.
  std::map<std::vector<std::size_t>, double> counts;
  const std::vector<Coalition> coalitions = kEstimator.coalitions(4, 2400 * 6, coalition_stream(1));
  for (std::size_t index = 0; index < coalitions.size(); index += 6) {
    ++counts[{coalitions[index].hash(), coalitions[index + 2].hash(), coalitions[index + 4].hash()}];
  }
  ASSERT_EQ(counts.size(), 24U);
  double chi_square = 0.0;
  for (const auto& [order, count] : counts) chi_square += (count - 100.0) * (count - 100.0) / 100.0;
  // The 99.9 % point of 23 degrees of freedom.
  EXPECT_LT(chi_square, 49.7);
}

TEST(PermutationShapley, AveragesOneOrderAndItsReverse) {
  // Glove game, one left glove a. In order b, a, c player a gets 1; in c, a, b too.
  const ShapleyGame game = glove_game(3, 1);
  const auto of_bits = [](std::size_t members) { return coalition_of_bits(members, 3); };
  const std::vector<Coalition> order = {of_bits(0b010), of_bits(0b101), of_bits(0b011), of_bits(0b100)};
  EXPECT_EQ(kEstimator.estimate(EvaluatedGame(game, order).sampled()).values, (std::vector{1.0, 0.0, 0.0}));
  // In order a, b, c player b gets 1; in c, b, a player a does. Together: a 3/4, b 1/4, and both orders differ by 1/2.
  std::vector<Coalition> both = order;
  for (const std::size_t members : {0b001U, 0b110U, 0b011U, 0b100U}) both.push_back(of_bits(members));
  const ShapleyEstimate estimate = kEstimator.estimate(EvaluatedGame(game, both).sampled());
  EXPECT_EQ(estimate.values, (std::vector{0.75, 0.25, 0.0}));
  // The quantile of Student's t with one degree of freedom.
  EXPECT_NEAR(estimate.std_errors[0], 0.25 * 12.706 / 1.96, 1e-3);
  // Two orders that agree do not tell what others would give.
  EXPECT_TRUE(std::isinf(estimate.std_errors[2]));
}

TEST(PermutationShapley, DrawsMoreOrdersThanThereAreCoalitions) {
  const ShapleyGame game = random_game(4, 3);
  const std::vector<double> truth = shapley_values(table_of(game), 4);
  EXPECT_GE(kEstimator.most_coalition_count(4).value(), 50000U);
  const ShapleyEstimate estimate = estimate_game(kEstimator, game, 30000);
  for (std::size_t player = 0; player < 4; ++player) {
    EXPECT_LT(estimate.std_errors[player], 0.02);
    EXPECT_NEAR(estimate.values[player], truth[player], 4.0 * estimate.std_errors[player]);
  }
}

TEST(PermutationShapley, IsExactForTwoPlayersAndForAdditiveAndPairwiseGames) {
  const ShapleyGame two = random_game(2, 3);
  EXPECT_EQ(kEstimator.coalitions(2, 2, coalition_stream(1)).size(), 4U);
  EXPECT_NEAR(estimate_game(kEstimator, two, 2).values[0], shapley_values(table_of(two), 2)[0], 1e-15);
  const ShapleyEstimate estimate = estimate_game(kEstimator, glove_game(2, 1), 2);
  EXPECT_EQ(estimate.values, (std::vector{0.5, 0.5}));
  EXPECT_EQ(estimate.std_errors, (std::vector{0.0, 0.0}));
}

TEST(PermutationShapley, KnowsItsError) {
  const ShapleyGame game = network_game(9, 3);
  const std::vector<double> truth = shapley_values(table_of(game), 9);
  double squares = 0.0;
  double covered = 0.0;
  double count = 0.0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const ShapleyEstimate estimate = estimate_game(kEstimator, game, 30 * 16, seed);
    for (std::size_t player = 0; player < 9; ++player) {
      const double z = (estimate.values[player] - truth[player]) / estimate.std_errors[player];
      squares += z * z;
      covered += std::abs(z) < 1.96 ? 1.0 : 0.0;
      count += 1.0;
    }
  }
  EXPECT_NEAR(std::sqrt(squares / count), 1.0, 0.15);
  EXPECT_NEAR(covered / count, 0.95, 0.04);
}

TEST(PermutationShapley, NeedsTwoOrders) {
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([] { return kEstimator.coalitions(10, 35, coalition_stream(1)); }),
                       {"permutation", "at least 36", "n = 10", "35"}));
  EXPECT_EQ(kEstimator.coalitions(10, 36, coalition_stream(1)).size(), 36U);
  EXPECT_EQ(kEstimator.coalitions(3, 6, coalition_stream(1)).size(), 8U);
}

TEST(PermutationShapley, RefusesHalfAnOrder) {
  const ShapleyGame game = random_game(4, 1);
  std::vector<Coalition> coalitions = kEstimator.coalitions(4, 14, coalition_stream(1));
  std::swap(coalitions[0], coalitions[2]);
  EXPECT_THROW(kEstimator.estimate(EvaluatedGame(game, coalitions).sampled()), std::invalid_argument);
  coalitions.pop_back();
  EXPECT_THROW(kEstimator.estimate(EvaluatedGame(game, coalitions).sampled()), std::invalid_argument);
}

}  // namespace
}  // namespace modattr::permutation_shapley_test
