#include "modattr/stats/presence_table.h"

#include <gtest/gtest.h>

namespace modattr {
namespace {

std::vector<std::size_t> rows_of(const RowSet& rows) {
  std::vector<std::size_t> result;
  rows.for_each([&](std::size_t row) { result.push_back(row); });
  return result;
}

RowSet row_set(std::size_t row_count, std::initializer_list<std::size_t> rows) {
  RowSet result(row_count);
  for (const std::size_t row : rows) result.insert(row);
  return result;
}

TEST(RowSet, HoldsTheRowsThatWereInserted) {
  RowSet rows = row_set(130, {129, 0, 63, 64, 7});
  EXPECT_EQ(rows_of(rows), (std::vector<std::size_t>{0, 7, 63, 64, 129}));
  rows.erase(64);
  rows.erase(65);
  EXPECT_EQ(rows_of(rows), (std::vector<std::size_t>{0, 7, 63, 129}));
  EXPECT_TRUE(rows_of(RowSet(130)).empty());
}

TEST(RowSet, OfAllRowsHasNoneBeyondThem) {
  for (const std::size_t count : {1U, 64U, 65U, 130U}) EXPECT_EQ(rows_of(RowSet::all(count)).size(), count);
}

TEST(RowSet, IntersectsAndSubtracts) {
  const RowSet left = row_set(130, {1, 64, 100});
  const RowSet right = row_set(130, {2, 64, 100, 129});
  EXPECT_EQ(left.intersection(right), row_set(130, {64, 100}));
  EXPECT_EQ(left.difference(right), row_set(130, {1}));
  EXPECT_EQ(right.difference(left), row_set(130, {2, 129}));
}

TEST(PresenceTable, KnowsPlayersByRowAndRowsByPlayer) {
  constexpr std::size_t kPlayerCount = 70;
  std::vector<Coalition> coalitions;
  for (std::size_t row = 0; row < 66; ++row) {
    Coalition coalition(kPlayerCount);
    for (std::size_t player = row % 3; player < kPlayerCount; player += 3 + row % 5) coalition.insert(player);
    coalitions.push_back(coalition);
  }
  const PresenceTable table(coalitions, kPlayerCount);
  ASSERT_EQ(table.row_count(), 66U);
  ASSERT_EQ(table.player_count(), kPlayerCount);
  for (std::size_t player = 0; player < kPlayerCount; ++player) {
    RowSet expected(66);
    for (std::size_t row = 0; row < 66; ++row) {
      EXPECT_EQ(table.row(row)[player], coalitions[row].contains(player) ? 1.0F : 0.0F);
      if (coalitions[row].contains(player)) expected.insert(row);
    }
    EXPECT_EQ(table.with(player), expected) << player;
  }
}

}  // namespace
}  // namespace modattr
