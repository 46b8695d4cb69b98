#include "modattr/engines/shapley/estimators/leverage_shapley.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "support/shapley_game.h"

namespace modattr::leverage_shapley_test {
namespace {

const LeverageShapley kEstimator;

PairedGame pairs_of(const ShapleyGame& game, std::size_t evaluation_count, std::uint64_t seed) {
  return paired_game(
      EvaluatedGame(game, kEstimator.coalitions(game.player_count, evaluation_count, coalition_stream(seed)))
          .sampled());
}

TEST(LeverageShapley, IsExactOnceEveryCoalitionIsKnown) {
  for (std::size_t count = 2; count <= 9; ++count) {
    const ShapleyGame game = random_game(count, 1);
    const ShapleyEstimate estimate = estimate_game(kEstimator, game, inner_coalition_count(count));
    const std::vector<double> truth = shapley_values(table_of(game), count);
    for (std::size_t player = 0; player < count; ++player) {
      EXPECT_NEAR(estimate.values[player], truth[player], 1e-10) << count;
      EXPECT_EQ(estimate.std_errors[player], 0.0);
    }
  }
}

TEST(LeverageShapley, FindsAdditiveAndPairwiseGamesFromFewCoalitions) {
  const ShapleyGame game = {20, [](const Coalition& coalition) {
                              double sum = 0.0;
                              for (std::size_t i = 0; i < 20; ++i) {
                                if (!coalition.contains(i)) continue;
                                sum += static_cast<double>(i % 7) - 2.0;
                                if (i > 0 && coalition.contains(i - 1)) sum += 0.6;
                              }
                              return sum;
                            }};
  const ShapleyEstimate estimate = estimate_game(kEstimator, game, 80);
  for (std::size_t i = 0; i < 20; ++i) {
    const double expected = static_cast<double>(i % 7) - 2.0 + (i == 0 || i == 19 ? 0.3 : 0.6);
    EXPECT_NEAR(estimate.values[i], expected, 1e-9);
    EXPECT_NEAR(estimate.std_errors[i], 0.0, 1e-9);
  }
}

TEST(LeverageShapley, DoesNotKnowTheErrorOfWhatOnePairDecides) {
  const ShapleyGame game = network_game(12, 3);
  const std::vector<double> truth = shapley_values(table_of(game), 12);
  std::size_t unknown_count = 0;
  for (const std::size_t budget : {36U, 38U, 44U, 80U}) {
    const ShapleyEstimate estimate = estimate_game(LeverageShapley(), game, budget);
    for (std::size_t player = 0; player < 12; ++player) {
      if (std::isinf(estimate.std_errors[player])) ++unknown_count;
      EXPECT_GT(estimate.std_errors[player], 1e-3 * std::abs(estimate.values[player] - truth[player])) << budget;
    }
  }
  EXPECT_GT(unknown_count, 0U);
}

TEST(LeverageShapley, IsRightOnAverage) {
  const ShapleyGame game = random_game(9, 4);
  const std::vector<double> truth = shapley_values(table_of(game), 9);
  std::vector<double> means(9, 0.0);
  double variance = 0.0;
  constexpr std::uint64_t kSeedCount = 200;
  for (std::uint64_t seed = 0; seed < kSeedCount; ++seed) {
    const ShapleyEstimate estimate = estimate_game(kEstimator, game, 100, seed);
    for (std::size_t player = 0; player < 9; ++player) means[player] += estimate.values[player] / kSeedCount;
    variance += (estimate.values[0] - truth[0]) * (estimate.values[0] - truth[0]) / kSeedCount;
  }
  for (std::size_t player = 0; player < 9; ++player) {
    EXPECT_NEAR(means[player], truth[player], 4.5 * std::sqrt(variance / kSeedCount)) << player;
  }
}

TEST(LeverageShapley, KnowsItsError) {
  const ShapleyGame game = network_game(12, 3);
  const std::vector<double> truth = shapley_values(table_of(game), 12);
  double squares = 0.0;
  double covered = 0.0;
  double count = 0.0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const ShapleyEstimate estimate = estimate_game(kEstimator, game, 200, seed);
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

TEST(LeverageShapley, PredictsPairsThatItHasNotSeen) {
  // The closed form against an estimate without the pair, at the weights of the whole sample.
  const ShapleyGame game = network_game(7, 2);
  const PairedGame pairs = pairs_of(game, 60, 1);
  const PairedFit fit = fit_leverage(pairs);
  for (const std::size_t left : {0U, 7U, 19U}) {
    PairedGame rest = pairs;
    rest.weights[left] = 0.0;
    const std::vector<double> values = fit_leverage(rest).estimate.values;
    const auto signs = pairs.signs.row(left);
    const double predicted = std::inner_product(signs.begin(), signs.end(), values.begin(), 0.0);
    EXPECT_NEAR(fit.left_out[left], pairs.differences[left] - predicted, 1e-9) << left;
  }
}

TEST(LeverageShapley, GivesTheValuesAloneAsWithErrors) {
  PairedGame pairs = pairs_of(network_game(7, 2), 60, 1);
  EXPECT_EQ(leverage_values(pairs), fit_leverage(pairs).estimate.values);
  const std::vector<double> before = leverage_values(pairs);
  pairs.weights[4] = 0.0;
  const std::vector<double> without = leverage_values(pairs);
  EXPECT_NE(without, before);
  pairs.differences[4] += 100.0;
  EXPECT_EQ(leverage_values(pairs), without);
}

TEST(LeverageShapley, SharesOutWhatNoPairDecides) {
  // One pair of many players: all that is known is the difference between the two sides.
  const ShapleyGame game = additive_game({1.0, 1.0, 2.0, 2.0});
  Coalition first(4);
  first.insert(0).insert(1);
  const EvaluatedGame evaluated(game, {first, first.complement()});
  const ShapleyEstimate estimate = kEstimator.estimate(evaluated.sampled());
  for (std::size_t player = 0; player < 4; ++player) {
    EXPECT_NEAR(estimate.values[player], player < 2 ? 1.0 : 2.0, 1e-5);
  }
}

}  // namespace
}  // namespace modattr::leverage_shapley_test
