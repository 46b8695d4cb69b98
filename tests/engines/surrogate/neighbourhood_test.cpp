#include "modattr/engines/surrogate/neighbourhood.h"

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
