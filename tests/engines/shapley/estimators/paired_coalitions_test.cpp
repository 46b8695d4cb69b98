#include "modattr/engines/shapley/estimators/paired_coalitions.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <unordered_set>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "support/shapley_game.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

std::vector<Coalition> pairs_of(std::size_t player_count, std::size_t evaluation_count, std::uint64_t seed) {
  return paired_leverage_coalitions(player_count, evaluation_count, coalition_stream(seed), "leverage");
}

TEST(PairedCoalitions, ArePairsWithoutRepetition) {
  for (const std::size_t player_count : {2U, 3U, 5U, 8U, 13U, 70U}) {
    const std::size_t budget = std::min<std::size_t>(inner_coalition_count(player_count), 7 * player_count + 1);
    const std::vector<Coalition> coalitions = pairs_of(player_count, budget, 1);
    EXPECT_EQ(coalitions.size(), budget / 2 * 2);
    for (std::size_t index = 0; index < coalitions.size(); index += 2) {
      EXPECT_EQ(coalitions[index].complement(), coalitions[index + 1]);
      EXPECT_GT(coalitions[index].size(), 0U);
      EXPECT_LT(coalitions[index].size(), player_count);
    }
    EXPECT_EQ(std::unordered_set<Coalition>(coalitions.begin(), coalitions.end()).size(), coalitions.size());
  }
}

TEST(PairedCoalitions, AreAllOfThemWhenTheBudgetAllows) {
  for (std::size_t player_count = 2; player_count <= 9; ++player_count) {
    const std::vector<Coalition> coalitions = pairs_of(player_count, 10000, 2);
    EXPECT_EQ(std::unordered_set<Coalition>(coalitions.begin(), coalitions.end()).size(),
              inner_coalition_count(player_count));
  }
}

TEST(PairedCoalitions, BeginLikeAShorterList) {
  const std::vector<Coalition> shorter = pairs_of(12, 100, 3);
  const std::vector<Coalition> longer = pairs_of(12, 1000, 3);
  EXPECT_TRUE(std::equal(shorter.begin(), shorter.end(), longer.begin()));
  EXPECT_NE(pairs_of(12, 100, 4), shorter);
}

TEST(PairedCoalitions, GiveEverySizeTheSameShareUntilItIsUsedUp) {
  // 29 classes of two sizes and the middle one, half as fast: 29.5 pairs a round, ten rounds.
  std::map<std::size_t, int> counts;
  for (const Coalition& coalition : pairs_of(60, 2 * 295, 5)) ++counts[coalition.size()];
  for (std::size_t size = 1; size < 60; ++size) {
    EXPECT_NEAR(counts[size], 10, 1) << size;
    EXPECT_EQ(counts[size], counts[60 - size]);
  }
  counts.clear();
  for (const Coalition& coalition : pairs_of(14, 840, 5)) ++counts[coalition.size()];
  EXPECT_EQ(counts[1], 14);
  EXPECT_NEAR(counts[2], 74, 1);
  EXPECT_NEAR(counts[6], counts[2], 1);
  EXPECT_NEAR(counts[7], counts[2], 2);
}

TEST(PairedCoalitions, AreUniformWithinASize) {
  // 35 sets of three of seven players: the first drawn is any of them, and any player is in it as often.
  std::map<std::size_t, double> counts;
  constexpr std::uint64_t kDrawCount = 3500;
  for (std::uint64_t seed = 0; seed < kDrawCount; ++seed) {
    for (const Coalition& coalition : pairs_of(7, 21, seed)) {
      if (coalition.size() != 3) continue;
      std::size_t members = 0;
      for (std::size_t player = 0; player < 7; ++player) members |= std::size_t{coalition.contains(player)} << player;
      ++counts[members];
      break;
    }
  }
  ASSERT_EQ(counts.size(), 35U);
  double chi_square = 0.0;
  for (const auto& [members, count] : counts) chi_square += (count - 100.0) * (count - 100.0) / 100.0;
  // The 99.9 % point of 34 degrees of freedom.
  EXPECT_LT(chi_square, 65.2);
}

TEST(PairedCoalitions, NeedThreeEvaluationsPerPlayer) {
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([] { return pairs_of(20, 59, 1); }),
                       {"leverage", "at least 3 evaluations", "n = 20", "59"}));
  EXPECT_EQ(pairs_of(20, 60, 1).size(), 60U);
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([] { return pairs_of(3, 5, 1); }), {"n = 3"}));
  EXPECT_EQ(pairs_of(3, 6, 1).size(), 6U);
}

TEST(PairedGame, HoldsTheShapleyKernelOfEveryPair) {
  const ShapleyGame game = random_game(6, 1);
  const PairedGame pairs = paired_game(EvaluatedGame(game, pairs_of(6, 62, 1)).sampled());
  EXPECT_EQ(pairs.pair_count(), 31U);
  EXPECT_EQ(pairs.pair_counts, (std::vector<double>{1.0, 6.0, 15.0, 10.0}));
  EXPECT_EQ(pairs.sampled_counts, (std::vector<double>{0.0, 6.0, 15.0, 10.0}));
  for (std::size_t pair = 0; pair < pairs.pair_count(); ++pair) {
    EXPECT_EQ(pairs.sampled_part(pair), 1.0);
    const double expected = std::vector{0.0, 1.0 / (6 * 5), 1.0 / (15 * 8), 1.0 / (20 * 9)}[pairs.classes[pair]];
    EXPECT_NEAR(pairs.weights[pair], expected, 1e-15);
  }
  EXPECT_EQ(pairs.total, game.value(Coalition::full(6)) - game.value(Coalition::empty(6)));
}

TEST(PairedGame, HoldsWeightsOfMorePlayersThanADoubleHasSets) {
  // C(1500, 750) is about 10^450.
  constexpr std::size_t kPlayerCount = 1500;
  const std::vector<Coalition> coalitions = pairs_of(kPlayerCount, 3 * kPlayerCount, 1);
  const std::vector<double> values(coalitions.size(), 0.0);
  const PairedGame pairs =
      paired_game({.player_count = kPlayerCount, .full_value = 1.0, .coalitions = coalitions, .values = values});
  double sum = 0.0;
  for (std::size_t pair = 0; pair < pairs.pair_count(); ++pair) {
    ASSERT_TRUE(std::isfinite(pairs.weights[pair])) << pair;
    sum += pairs.weights[pair];
  }
  // Every size once: the sum over k of 1 / (k (n - k)), of the middle size half of it.
  double expected = 0.5 / (750.0 * 750.0);
  for (double size = 1.0; size < 750.0; ++size) expected += 1.0 / (size * (1500.0 - size));
  EXPECT_NEAR(sum, expected, 1e-12);
}

TEST(PairedGame, RefusesCoalitionsThatAreNotPairs) {
  const ShapleyGame game = random_game(6, 1);
  std::vector<Coalition> coalitions = pairs_of(6, 40, 1);
  std::swap(coalitions[1], coalitions[2]);
  EXPECT_THROW(paired_game(EvaluatedGame(game, coalitions).sampled()), std::invalid_argument);
  coalitions.resize(1);
  EXPECT_THROW(paired_game(EvaluatedGame(game, coalitions).sampled()), std::invalid_argument);
  EXPECT_THROW(paired_game(EvaluatedGame(game, {}).sampled()), std::invalid_argument);
}

TEST(HeldOutLoss, GrowsWithTheDistanceFromTheShapleyValues) {
  const ShapleyGame game = network_game(8, 2);
  const std::vector<double> truth = shapley_values(table_of(game), 8);
  const PairedGame pairs = paired_game(EvaluatedGame(game, pairs_of(8, 254, 1)).sampled());
  const auto loss_at = [&](double shift) {
    PairedFit fit{{truth, {}}, std::vector<double>(pairs.pair_count(), 1e6)};
    fit.estimate.values[0] += shift;
    fit.estimate.values[1] -= shift;
    return held_out_loss(pairs, fit);
  };
  // Every pair is known: what an estimator says of pairs left out does not count. The kernel is a multiple of the
  // identity for values that sum to 0, so the loss is a parabola with its foot at the truth.
  const double curvature = loss_at(1.0) - loss_at(0.0);
  EXPECT_GT(curvature, 0.01);
  EXPECT_NEAR(loss_at(-1.0) - loss_at(0.0), curvature, 1e-9);
  EXPECT_NEAR(loss_at(0.1) - loss_at(0.0), 0.01 * curvature, 1e-9);
}

TEST(HeldOutLoss, CountsUnseenPairsByThoseLeftOut) {
  const ShapleyGame game = network_game(12, 2);
  const PairedGame pairs = paired_game(EvaluatedGame(game, pairs_of(12, 100, 1)).sampled());
  PairedFit fit{{shapley_values(table_of(game), 12), {}}, std::vector<double>(pairs.pair_count(), 0.0)};
  const double before = held_out_loss(pairs, fit);
  fit.left_out[7] = 2.0;
  EXPECT_NEAR(held_out_loss(pairs, fit) - before, 4.0 * pairs.weights[7] * (1.0 - pairs.sampled_part(7)), 1e-12);
}

}  // namespace
}  // namespace modattr
