#include "modattr/engines/surrogate/neighbourhood.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <stdexcept>
#include <unordered_set>
#include <vector>

#include <gtest/gtest.h>

namespace modattr {
namespace {

RandomStream stream_of(std::uint64_t seed) {
  return Rng(seed).stream(RandomPurpose::kNeighbourhood, 3, 0);
}

/// How many of 0 ... n of the players first ... first + n - 1 are removed, over all draws but the first.
std::vector<double> removed_counts(const Neighbourhood& around, std::size_t first, std::size_t count) {
  std::vector<double> frequencies(count + 1, 0.0);
  for (std::size_t row = 0; row < around.coalitions.size(); ++row) {
    std::size_t removed = 0;
    for (std::size_t player = first; player < first + count; ++player) {
      removed += around.coalitions[row].contains(player) ? 0U : 1U;
    }
    frequencies[removed] += around.counts[row] - (row == 0 ? 1.0 : 0.0);
  }
  return frequencies;
}

TEST(Neighbourhood, StartsWithTheExampleAndCountsEveryDraw) {
  const std::array parts = {NeighbourPart{4, NeighbourDraw::kUniformCount},
                            NeighbourPart{3, NeighbourDraw::kFairCoins}};
  const Neighbourhood around = sample_neighbourhood(parts, 500, stream_of(1));
  EXPECT_TRUE(around.coalitions.front().is_full());
  EXPECT_EQ(std::accumulate(around.counts.begin(), around.counts.end(), 0.0), 500.0);
  const std::unordered_set<Coalition> different(around.coalitions.begin(), around.coalitions.end());
  EXPECT_EQ(different.size(), around.coalitions.size());
  EXPECT_EQ(sample_neighbourhood(parts, 500, stream_of(1)).coalitions, around.coalitions);
  EXPECT_NE(sample_neighbourhood(parts, 500, stream_of(2)).coalitions, around.coalitions);
}

TEST(Neighbourhood, OfWordsAloneRemovesEveryNumberButNoneAsOften) {
  const std::array parts = {NeighbourPart{5, NeighbourDraw::kUniformCount}, NeighbourPart{0}};
  const std::vector<double> frequencies = removed_counts(sample_neighbourhood(parts, 5001, stream_of(1)), 0, 5);
  EXPECT_EQ(frequencies[0], 0.0);
  for (std::size_t removed = 1; removed <= 5; ++removed) EXPECT_NEAR(frequencies[removed], 1000.0, 120.0) << removed;
}

TEST(Neighbourhood, OfWordsBesidePatchesAlsoKeepsAllWords) {
  const std::array parts = {NeighbourPart{5, NeighbourDraw::kUniformCount},
                            NeighbourPart{3, NeighbourDraw::kFairCoins}};
  const Neighbourhood around = sample_neighbourhood(parts, 6001, stream_of(4));
  for (const double frequency : removed_counts(around, 0, 5)) EXPECT_NEAR(frequency, 1000.0, 120.0);
  // Coins: 1, 3, 3, 1 of 8.
  const std::vector<double> coins = removed_counts(around, 5, 3);
  for (const std::size_t removed : {0U, 3U}) EXPECT_NEAR(coins[removed], 750.0, 105.0);
  for (const std::size_t removed : {1U, 2U}) EXPECT_NEAR(coins[removed], 2250.0, 160.0);
}

TEST(Neighbourhood, RemovesEveryPlayerAsOften) {
  const std::array parts = {NeighbourPart{40, NeighbourDraw::kFairCoins},
                            NeighbourPart{6, NeighbourDraw::kUniformCount}};
  const Neighbourhood around = sample_neighbourhood(parts, 4001, stream_of(6));
  for (std::size_t player = 0; player < 46; ++player) {
    double present = 0.0;
    for (std::size_t row = 1; row < around.coalitions.size(); ++row) {
      present += around.coalitions[row].contains(player) ? around.counts[row] : 0.0;
    }
    EXPECT_NEAR(present, 2000.0, 160.0) << player;
  }
}

TEST(DealDraws, GivesDifferentDrawsAndUsesEachAboutAsOften) {
  std::vector<double> counts(400, 1.0);
  counts[7] = 2.0;
  counts[9] = 3.0;
  counts[11] = 4.0;
  const std::vector<std::vector<std::uint32_t>> draws = deal_draws(counts, 5, 17, stream_of(2));
  ASSERT_EQ(draws.size(), 400U);
  EXPECT_EQ(draws[0], std::vector<std::uint32_t>{0}) << "the full coalition";
  EXPECT_EQ(draws[7].size(), 10U);
  EXPECT_EQ(draws[9].size(), 15U);
  EXPECT_TRUE(draws[11].empty()) << "all of them";
  std::vector<double> uses(17, 0.0);
  for (std::size_t coalition = 1; coalition < 400; ++coalition) {
    const std::vector<std::uint32_t>& own = draws[coalition];
    EXPECT_EQ(std::set<std::uint32_t>(own.begin(), own.end()).size(), own.size()) << coalition;
    EXPECT_TRUE(std::ranges::is_sorted(own)) << coalition;
    for (const std::uint32_t draw : own) uses.at(draw) += 1.0;
  }
  // 399 coalitions of 5 of 17: 117 each, a deck's last two cards are not dealt.
  for (const double count : uses) EXPECT_NEAR(count, 117.0, 20.0);
  EXPECT_EQ(deal_draws(counts, 5, 17, stream_of(2)), draws);
  EXPECT_NE(deal_draws(counts, 5, 17, stream_of(3)), draws);
}

TEST(DealDraws, UsesEachExactlyAsOftenWhereDecksComeOut) {
  const std::vector<double> counts(1 + 20, 1.0);
  std::vector<int> uses(50, 0);
  const std::vector<std::vector<std::uint32_t>> draws = deal_draws(counts, 5, 50, stream_of(1));
  for (std::size_t coalition = 1; coalition < draws.size(); ++coalition) {
    for (const std::uint32_t draw : draws[coalition]) ++uses.at(draw);
  }
  EXPECT_EQ(uses, std::vector<int>(50, 2));
}

TEST(Neighbourhood, MayBeEveryCoalition) {
  const Neighbourhood around = whole_neighbourhood(3);
  ASSERT_EQ(around.coalitions.size(), 8U);
  EXPECT_TRUE(around.coalitions.front().is_full());
  EXPECT_EQ(around.coalitions.back().size(), 0U);
  EXPECT_EQ((std::unordered_set<Coalition>(around.coalitions.begin(), around.coalitions.end())).size(), 8U);
  EXPECT_EQ(whole_neighbourhood(0).coalitions.size(), 1U);
  EXPECT_THROW(whole_neighbourhood(21), std::invalid_argument);
}

}  // namespace
}  // namespace modattr
