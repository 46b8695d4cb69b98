#include "modattr/engines/shapley/estimators/sampled_pairs.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/engines/shapley/estimators/pair_regression.h"
#include "modattr/engines/shapley/estimators/paired_coalitions.h"
#include "support/shapley_game.h"

namespace modattr {
namespace {

constexpr PairIndex kAllIndices[] = {PairIndex::kKSii, PairIndex::kStii, PairIndex::kFsii};

PairEstimate sample(PairIndex index, const ShapleyGame& game, std::size_t evaluation_count, std::uint64_t seed = 1) {
  const EvaluatedGame evaluated(
      game, paired_leverage_coalitions(game.player_count, evaluation_count, coalition_stream(seed), "test"));
  return estimate_pairs(index, evaluated.sampled());
}

TEST(SampledPairs, AreExactOnceEveryCoalitionIsKnown) {
  for (const PairIndex index : kAllIndices) {
    for (std::size_t count = 2; count <= 8; ++count) {
      const ShapleyGame game = random_game(count, 1);
      const PairEstimate estimate = sample(index, game, inner_coalition_count(count));
      EXPECT_TRUE(estimate.is_exact);
      EXPECT_EQ(estimate.values, pair_values(index, table_of(game), count));
      for (const double error : estimate.std_errors) EXPECT_EQ(error, 0.0);
    }
  }
}

TEST(SampledPairs, AreNoneOfOnePlayer) {
  const ShapleyGame game = additive_game({1.0});
  const PairEstimate estimate = estimate_pairs(PairIndex::kKSii, EvaluatedGame(game, {}).sampled());
  EXPECT_TRUE(estimate.values.empty());
  EXPECT_TRUE(estimate.is_exact);
}

/// 24 players that add up, and products of some pairs.
ShapleyGame products_game() {
  return {24, [](const Coalition& coalition) {
            double sum = 0.3;
            for (std::size_t player = 0; player < 24; ++player) {
              if (coalition.contains(player)) sum += static_cast<double>(player % 7) - 2.0;
            }
            for (std::size_t player = 0; player < 20; player += 5) {
              if (coalition.contains(player) && coalition.contains(player + 3))
                sum += static_cast<double>(player) - 7.0;
            }
            return sum;
          }};
}

TEST(SampledPairs, FindProductsFromFewCoalitions) {
  for (const PairIndex index : kAllIndices) {
    const PairEstimate estimate = sample(index, products_game(), 240);
    EXPECT_FALSE(estimate.is_exact);
    std::size_t pair = 0;
    for (std::size_t low = 0; low < 24; ++low) {
      for (std::size_t high = low + 1; high < 24; ++high, ++pair) {
        const bool is_product = low % 5 == 0 && low < 20 && high == low + 3;
        EXPECT_NEAR(estimate.values[pair], is_product ? static_cast<double>(low) - 7.0 : 0.0, 1e-6);
        EXPECT_NEAR(estimate.std_errors[pair], 0.0, 1e-6);
      }
    }
  }
}

TEST(SampledPairs, AreNothingButRoundingInAdditiveGames) {
  for (const PairIndex index : kAllIndices) {
    const PairEstimate estimate =
        sample(index, additive_game({1.1, -0.7, 4.0, 0.3, 0.0, 2.0, 0.1, 0.9, -3.0, 1.3, 0.6, 0.2}), 40);
    for (std::size_t pair = 0; pair < estimate.values.size(); ++pair) {
      // The regression of the odd part, which only Shapley-Taylor needs, is less exact.
      const double rounding = index == PairIndex::kStii ? 1e-9 : 1e-13;
      EXPECT_NEAR(estimate.values[pair], 0.0, rounding);
      EXPECT_NEAR(estimate.std_errors[pair], 0.0, rounding);
    }
  }
}

/// Errors of estimates over seeds against the truth.
struct Trials {
  Trials(PairIndex index, const ShapleyGame& game, std::size_t evaluation_count, std::size_t seed_count) {
    const std::vector<double> truth = pair_values(index, table_of(game), game.player_count);
    biases.assign(truth.size(), 0.0);
    spreads.assign(truth.size(), 0.0);
    const auto count = static_cast<double>(seed_count);
    for (std::size_t seed = 0; seed < seed_count; ++seed) {
      const PairEstimate estimate = sample(index, game, evaluation_count, seed + 10);
      for (std::size_t pair = 0; pair < truth.size(); ++pair) {
        const double error = estimate.values[pair] - truth[pair];
        const double told = estimate.std_errors[pair];
        biases[pair] += error / count;
        spreads[pair] += error * error / count;
        square += error * error / count / static_cast<double>(truth.size());
        told_square += told * told / count / static_cast<double>(truth.size());
        covered += std::abs(error) <= 2.0 * told ? 1.0 / count / static_cast<double>(truth.size()) : 0.0;
      }
    }
  }

  std::vector<double> biases;
  std::vector<double> spreads;
  double square = 0.0;
  double told_square = 0.0;
  double covered = 0.0;
};

TEST(SampledPairs, AreRightOnAverage) {
  constexpr std::size_t kSeedCount = 60;
  for (const PairIndex index : kAllIndices) {
    const Trials trials(index, network_game(8, 4), 100, kSeedCount);
    for (std::size_t pair = 0; pair < trials.biases.size(); ++pair) {
      // What no coalition tells of may be off in the same direction every time.
      const double unseen = 0.5 * std::sqrt(trials.told_square);
      EXPECT_NEAR(trials.biases[pair], 0.0, 4.5 * std::sqrt(trials.spreads[pair] / kSeedCount) + unseen) << pair;
    }
  }
}

TEST(SampledPairs, KnowTheirErrors) {
  const std::vector<ShapleyGame> games = {random_game(9, 2),
                                          network_game(10, 3),
                                          // A sharp step, as of a class that is decided or not.
                                          {10, [](const Coalition& coalition) {
                                             double sum = 0.0;
                                             for (std::size_t player = 0; player < 10; ++player) {
                                               if (coalition.contains(player)) sum += 1.0 + 0.1 * double(player);
                                             }
                                             return sum > 8.0 ? 1.0 : 0.0;
                                           }}};
  for (const PairIndex index : kAllIndices) {
    for (const ShapleyGame& game : games) {
      const Trials trials(index, game, 10 * game.player_count, 30);
      EXPECT_GT(trials.covered, 0.86);
      EXPECT_GT(trials.told_square, 0.5 * trials.square);
      EXPECT_LT(trials.told_square, 4.0 * trials.square);
    }
  }
}

TEST(SampledPairs, GetCloseAsCoalitionsRunOut) {
  const ShapleyGame game = random_game(7, 3);
  for (const PairIndex index : kAllIndices) {
    const double half = Trials(index, game, 62, 10).square;
    // One of the 63 pairs of coalitions is missing.
    const double all_but_one = Trials(index, game, 124, 10).square;
    EXPECT_LT(all_but_one, 0.05 * half);
  }
}

TEST(SampledPairs, TakeMoreCoalitionsThanTheRegression) {
  const ShapleyGame game = network_game(11, 5);
  ASSERT_GT(1500U / 2, kMostRidgeRows);
  const Trials trials(PairIndex::kKSii, game, 1500, 1);
  EXPECT_GT(trials.covered, 0.8);
  double largest = 0.0;
  for (const double value : pair_values(PairIndex::kKSii, table_of(game), 11)) {
    largest = std::max(largest, std::abs(value));
  }
  EXPECT_LT(std::sqrt(trials.square), 0.05 * largest);
}

TEST(SampledPairs, TakePairsOfCoalitionsOnly) {
  const ShapleyGame game = random_game(5, 1);
  const EvaluatedGame evaluated(game, {coalition_of_bits(3, 5), coalition_of_bits(5, 5)});
  EXPECT_THROW(estimate_pairs(PairIndex::kKSii, evaluated.sampled()), std::invalid_argument);
}

}  // namespace
}  // namespace modattr
