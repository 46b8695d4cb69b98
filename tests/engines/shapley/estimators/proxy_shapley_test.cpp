#include "modattr/engines/shapley/estimators/proxy_shapley.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/engines/shapley/estimators/leverage_shapley.h"
#include "support/shapley_game.h"

namespace modattr {
namespace {

const ProxyShapley kEstimator;

double squared_distance(const std::vector<double>& left, const std::vector<double>& right) {
  double sum = 0.0;
  for (std::size_t index = 0; index < left.size(); ++index) {
    sum += (left[index] - right[index]) * (left[index] - right[index]);
  }
  return sum;
}

TEST(ProxyShapley, IsExactOnceEveryCoalitionIsKnown) {
  const ShapleyGame game = random_game(7, 1);
  const ShapleyEstimate estimate = estimate_game(kEstimator, game, inner_coalition_count(7));
  EXPECT_EQ(estimate.values, shapley_values(table_of(game), 7));
  EXPECT_EQ(estimate.std_errors, std::vector<double>(7, 0.0));
}

TEST(ProxyShapley, IsNearlyExactOnceNearlyEveryCoalitionIsKnown) {
  // All but one pair of the largest size.
  const ShapleyGame game = random_game(7, 1);
  const ShapleyEstimate estimate = estimate_game(kEstimator, game, inner_coalition_count(7) - 2);
  const std::vector<double> truth = shapley_values(table_of(game), 7);
  for (std::size_t player = 0; player < 7; ++player) {
    EXPECT_NEAR(estimate.values[player], truth[player], 0.03);
    EXPECT_LT(estimate.std_errors[player], 0.03);
  }
}

TEST(ProxyShapley, FindsAnAdditiveGameFromFewCoalitions) {
  const std::vector<double> weights = {0.5, -2.0, 3.25, 0.0, 1.0, 4.0, -1.0, 2.0, 2.0, 0.25};
  const ShapleyEstimate estimate = estimate_game(kEstimator, additive_game(weights), 40);
  for (std::size_t player = 0; player < 10; ++player) {
    EXPECT_NEAR(estimate.values[player], weights[player], 1e-9);
    EXPECT_NEAR(estimate.std_errors[player], 0.0, 1e-9);
  }
}

TEST(ProxyShapley, ComesCloserThanLeverageFromManyCoalitions) {
  double proxy = 0.0;
  double leverage = 0.0;
  for (std::uint32_t seed = 0; seed < 4; ++seed) {
    const ShapleyGame game = network_game(12, seed);
    const std::vector<double> truth = shapley_values(table_of(game), 12);
    proxy += std::log(squared_distance(estimate_game(kEstimator, game, 1000, seed).values, truth));
    leverage += std::log(squared_distance(estimate_game(LeverageShapley(), game, 1000, seed).values, truth));
  }
  EXPECT_LT(proxy / 4.0, leverage / 4.0 - 0.3);
}

TEST(ProxyShapley, KnowsItsError) {
  const ShapleyGame game = network_game(12, 3);
  const std::vector<double> truth = shapley_values(table_of(game), 12);
  double squares = 0.0;
  double covered = 0.0;
  double count = 0.0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const ShapleyEstimate estimate = estimate_game(kEstimator, game, 400, seed);
    for (std::size_t player = 0; player < 12; ++player) {
      const double z = (estimate.values[player] - truth[player]) / estimate.std_errors[player];
      squares += z * z;
      covered += std::abs(z) < 1.96 ? 1.0 : 0.0;
      count += 1.0;
    }
  }
  EXPECT_NEAR(std::sqrt(squares / count), 1.0, 0.25);
  EXPECT_NEAR(covered / count, 0.95, 0.05);
}

TEST(ProxyShapley, PredictsPairsThatItHasNotSeen) {
  // What it foretells of its own pairs against the pairs of the same size that were not sampled.
  const ShapleyGame game = network_game(11, 2);
  const EvaluatedGame asked(game, kEstimator.coalitions(11, 400, coalition_stream(1)));
  const PairedGame pairs = paired_game(asked.sampled());
  const PairedFit fit = fit_proxy(asked.sampled(), pairs);
  const PairedGame all = paired_game(
      EvaluatedGame(game, kEstimator.coalitions(11, inner_coalition_count(11), coalition_stream(1))).sampled());
  for (const std::size_t size : {4U, 5U}) {
    double foretold = 0.0;
    for (std::size_t pair = 0; pair < pairs.pair_count(); ++pair) {
      if (pairs.classes[pair] == size) foretold += fit.left_out[pair] * fit.left_out[pair] / pairs.sampled_counts[size];
    }
    double met = 0.0;
    // A longer list begins with the shorter one.
    for (std::size_t pair = pairs.pair_count(); pair < all.pair_count(); ++pair) {
      if (all.classes[pair] != size) continue;
      const auto signs = all.signs.row(pair);
      const double error =
          all.differences[pair] - std::inner_product(signs.begin(), signs.end(), fit.estimate.values.begin(), 0.0);
      met += error * error / (all.sampled_counts[size] - pairs.sampled_counts[size]);
    }
    EXPECT_NEAR(foretold / met, 1.0, 0.35) << size;
  }
}

TEST(ProxyShapley, GivesNothingInAGameWhereNothingHappens) {
  const ShapleyGame game = {8, [](const Coalition&) { return 0.25; }};
  const ShapleyEstimate estimate = estimate_game(kEstimator, game, 60);
  EXPECT_EQ(estimate.values, std::vector<double>(8, 0.0));
  EXPECT_EQ(estimate.std_errors, std::vector<double>(8, 0.0));
}

}  // namespace
}  // namespace modattr
