#include "modattr/engines/surrogate/pair_search.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "support/surrogate_case.h"

namespace modattr {
namespace {

using Row = std::span<const double>;
using Factors = std::vector<SurrogateFactor>;

TEST(FindPairs, FindsAPlantedConjunction) {
  const SurrogateData data =
      surrogate_case(8, 300, [](Row z) { return 0.3 * z[0] - 0.2 * z[9] + z[2] * z[13] + 0.1 * z[4] * z[5] * z[6]; });
  const Factors found = find_pairs(data, ones(data), 4);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.front(), (SurrogateFactor{2, 13}));
}

TEST(FindPairs, FindsAParityThatNoPlayerShows) {
  const SurrogateData data = surrogate_case(6, 300, [](Row z) { return z[1] + z[7] - 2.0 * z[1] * z[7]; });
  EXPECT_EQ(find_pairs(data, ones(data), 4), (Factors{{1, 7}}));
}

TEST(FindPairs, FindsTwoOfThemTheStrongerFirst) {
  const SurrogateData data = surrogate_case(6, 400, [](Row z) { return z[0] * z[6] + 2.0 * z[3] * z[11] + z[2]; });
  EXPECT_EQ(find_pairs(data, ones(data), 5), (Factors{{3, 11}, {0, 6}}));
  EXPECT_EQ(find_pairs(data, ones(data), 1), (Factors{{3, 11}}));
}

TEST(FindPairs, FindsNoneInAnAdditiveGame) {
  const SurrogateData data = surrogate_case(6, 300, [](Row z) { return 2.0 * z[0] - z[7] + 0.5 * z[11]; });
  EXPECT_LE(find_pairs(data, ones(data), 4).size(), 1U);
}

TEST(FindPairs, SeldomFindsOneInNoise) {
  std::size_t found = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    RandomStream noise = Rng(seed).stream(RandomPurpose::kBackground, 0, 0);
    const SurrogateData data = surrogate_case(
        6, 300, [&](Row z) { return z[0] + z[8] + noise.uniform() + noise.uniform(); }, seed);
    found += find_pairs(data, ones(data), 3).size();
  }
  EXPECT_LE(found, 3U);
}

TEST(FindPairs, TakesPlayersOfDifferentModalities) {
  const SurrogateData data = surrogate_case(6, 300, [](Row z) { return 3.0 * z[0] * z[1] + z[2] * z[8]; });
  for (const SurrogateFactor& pair : find_pairs(data, ones(data), 4)) {
    EXPECT_LT(pair.player, 6U);
    EXPECT_GE(*pair.partner, 6U);
  }
}

TEST(FactorColumns, AreOneWhereBothArePresent) {
  Matrix players(2, 3);
  players(0, 0) = players(0, 2) = players(1, 2) = 1.0;
  const Matrix columns = factor_columns(players, Factors{{2}, {0, 2}, {0, 1}});
  EXPECT_EQ((std::vector(columns.row(0).begin(), columns.row(0).end())), (std::vector{1.0, 1.0, 0.0}));
  EXPECT_EQ((std::vector(columns.row(1).begin(), columns.row(1).end())), (std::vector{1.0, 0.0, 0.0}));
}

}  // namespace
}  // namespace modattr
