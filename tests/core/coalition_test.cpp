#include "modattr/core/coalition.h"

#include <stdexcept>
#include <unordered_set>

#include <gtest/gtest.h>

namespace modattr {
namespace {

/// Below, at and above the size of a word, and several words.
class CoalitionOfSize : public testing::TestWithParam<std::size_t> {};

TEST_P(CoalitionOfSize, KnowsItsEnds) {
  const std::size_t player_count = GetParam();
  EXPECT_EQ(Coalition::empty(player_count).size(), 0U);
  EXPECT_EQ(Coalition::empty(player_count).player_count(), player_count);
  EXPECT_EQ(Coalition::full(player_count).size(), player_count);
  EXPECT_TRUE(Coalition::full(player_count).is_full());
  EXPECT_EQ(Coalition::empty(player_count).is_full(), player_count == 0);
}

TEST_P(CoalitionOfSize, TurnsIntoItsComplementAndBack) {
  const std::size_t player_count = GetParam();
  EXPECT_EQ(Coalition::empty(player_count).complement(), Coalition::full(player_count));
  EXPECT_EQ(Coalition::full(player_count).complement(), Coalition::empty(player_count));
  for (std::size_t player = 0; player < player_count; ++player) {
    const Coalition single = Coalition::single(player_count, player);
    const Coalition others = single.complement();
    EXPECT_EQ(others.size(), player_count - 1);
    EXPECT_FALSE(others.contains(player));
    EXPECT_EQ(others.complement(), single);
  }
}

TEST_P(CoalitionOfSize, IsTheSameHoweverItWasBuilt) {
  const std::size_t player_count = GetParam();
  Coalition inserted(player_count);
  Coalition erased = Coalition::full(player_count);
  for (std::size_t player = 0; player < player_count; ++player) {
    if (player % 3 == 0) {
      inserted.insert(player);
    } else {
      erased.erase(player);
    }
  }
  EXPECT_EQ(inserted, erased);
  EXPECT_EQ(inserted.hash(), erased.hash());
  EXPECT_EQ(inserted, inserted.complement().complement());
  EXPECT_EQ(inserted.hash(), inserted.complement().complement().hash());
}

TEST_P(CoalitionOfSize, RefusesPlayersOutsideTheGame) {
  const std::size_t player_count = GetParam();
  Coalition coalition(player_count);
  EXPECT_THROW(static_cast<void>(coalition.contains(player_count)), std::out_of_range);
  EXPECT_THROW(coalition.insert(player_count), std::out_of_range);
  EXPECT_THROW(coalition.erase(player_count + 1000), std::out_of_range);
}

INSTANTIATE_TEST_SUITE_P(Words, CoalitionOfSize, testing::Values(0, 1, 63, 64, 65, 200));

TEST(Coalition, AddsAndRemovesPlayers) {
  Coalition coalition(70);
  coalition.insert(0).insert(69).insert(69);
  EXPECT_EQ(coalition.size(), 2U);
  EXPECT_TRUE(coalition.contains(69));
  EXPECT_FALSE(coalition.contains(68));
  coalition.erase(0).erase(0);
  EXPECT_EQ(coalition, Coalition::single(70, 69));
}

TEST(Coalition, LeavesTheOriginalAloneWhenItGrowsOrShrinksACopy) {
  const Coalition coalition = Coalition::single(3, 1);
  EXPECT_EQ(coalition.with(2).size(), 2U);
  EXPECT_EQ(coalition.without(1).size(), 0U);
  EXPECT_EQ(coalition, Coalition::single(3, 1));
  EXPECT_EQ(coalition.with(1), coalition);
  EXPECT_EQ(coalition.without(0), coalition);
}

TEST(Coalition, DiffersFromTheSamePlayersOfALargerGame) {
  EXPECT_NE(Coalition::empty(2), Coalition::empty(3));
  EXPECT_NE(Coalition::single(64, 1), Coalition::single(65, 1));
}

TEST(Coalition, SlicesAcrossWords) {
  Coalition coalition(200);
  for (std::size_t player = 0; player < 200; player += 3) coalition.insert(player);
  for (const std::size_t first : {0U, 1U, 63U, 64U, 65U, 130U, 199U}) {
    for (const std::size_t count : {0U, 1U, 63U, 64U, 65U, 128U, 200U}) {
      if (first + count > 200) continue;
      const Coalition slice = coalition.slice(first, count);
      Coalition expected(count);
      for (std::size_t player = 0; player < count; ++player) {
        if ((first + player) % 3 == 0) expected.insert(player);
      }
      EXPECT_EQ(slice, expected) << first << ", " << count;
    }
  }
  EXPECT_EQ(coalition.slice(200, 0), Coalition(0));
  EXPECT_THROW(coalition.slice(150, 51), std::out_of_range);
  EXPECT_THROW(coalition.slice(201, 0), std::out_of_range);
}

TEST(Coalition, SpreadsItsHashes) {
  std::unordered_set<std::size_t> hashes;
  constexpr std::size_t kPlayerCount = 10;
  for (std::size_t members = 0; members < (std::size_t{1} << kPlayerCount); ++members) {
    Coalition coalition(kPlayerCount);
    for (std::size_t player = 0; player < kPlayerCount; ++player) {
      if ((members >> player & 1) != 0) coalition.insert(player);
    }
    hashes.insert(std::hash<Coalition>{}(coalition));
  }
  EXPECT_EQ(hashes.size(), std::size_t{1} << kPlayerCount);
}

}  // namespace
}  // namespace modattr
