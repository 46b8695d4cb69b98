#include "bench/tree_proxy.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/rng.h"
#include "modattr/engines/exact_shapley.h"
#include "modattr/engines/paired_coalitions.h"

namespace modattr {
namespace {

constexpr std::size_t kPlayerCount = 6;

/// A game with parts of every order, v by bit mask.
std::vector<double> game_table() {
  std::vector<double> table;
  for (std::uint32_t members = 0; members < (1U << kPlayerCount); ++members) {
    table.push_back(std::sin(1.0 + 0.7 * static_cast<double>(members % 13)) + 0.1 * static_cast<double>(members));
  }
  return table;
}

TEST(TreeProxy, ShapleyValuesOfTreesAreThoseOfTheirTable) {
  const std::vector<double> values = game_table();
  std::vector<std::uint32_t> coalitions;
  for (std::uint32_t members = 0; members < values.size(); ++members) coalitions.push_back(members);
  const BoostedTrees trees(coalitions, values, kPlayerCount, 20, {});
  std::vector<double> predicted;
  for (const std::uint32_t members : coalitions) predicted.push_back(trees.predict(members));
  const std::vector<double> expected = shapley_values(predicted, kPlayerCount);
  const std::vector<double> closed = trees.shapley_values();
  for (std::size_t player = 0; player < kPlayerCount; ++player) EXPECT_NEAR(closed[player], expected[player], 1e-12);
}

TEST(TreeProxy, IsExactOnceEveryCoalitionIsKnown) {
  const std::vector<double> table = game_table();
  const RandomStream stream = Rng(1).stream(RandomPurpose::kCoalition, 0, 0);
  const auto coalitions = paired_leverage_coalitions(kPlayerCount, table.size() - 2, stream, "test");
  std::vector<double> values;
  for (const Coalition& coalition : coalitions) {
    std::size_t members = 0;
    for (std::size_t player = 0; player < kPlayerCount; ++player) {
      if (coalition.contains(player)) members |= std::size_t{1} << player;
    }
    values.push_back(table[members]);
  }
  const std::vector<double> estimate = tree_proxy_values({.player_count = kPlayerCount,
                                                          .empty_value = table.front(),
                                                          .full_value = table.back(),
                                                          .coalitions = coalitions,
                                                          .values = values});
  const std::vector<double> expected = shapley_values(table, kPlayerCount);
  for (std::size_t player = 0; player < kPlayerCount; ++player) EXPECT_NEAR(estimate[player], expected[player], 1e-9);
}

}  // namespace
}  // namespace modattr
