#include "modattr/engines/permutation/row_maps.h"

#include <map>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "support/table_game.h"

namespace modattr {
namespace {

/// Strata of 3, 1 and 4 examples in mixed order; example 5 is in none.
const std::vector<Stratum> kStrata = {{"three", {0, 8, 3}}, {"one", {2}}, {"four", {7, 1, 4, 6}}};
constexpr std::size_t kExampleCount = 9;

TEST(RandomPermutation, MovesExamplesInsideTheirStratumOnly) {
  for (std::uint32_t draw = 0; draw < 50; ++draw) {
    const RowMap donors = random_permutation(kStrata, kExampleCount, Rng(1), draw);
    ASSERT_EQ(donors.size(), kExampleCount);
    for (const Stratum& stratum : kStrata) {
      std::set<std::uint32_t> used;
      for (const std::uint32_t example : stratum.examples) used.insert(donors[example]);
      EXPECT_EQ(used, std::set<std::uint32_t>(stratum.examples.begin(), stratum.examples.end()));
    }
    EXPECT_EQ(donors[5], 5U);
  }
}

TEST(RandomPermutation, IsUniform) {
  const std::vector<Stratum> strata = {{"all", {0, 1, 2}}};
  std::map<RowMap, double> counts;
  constexpr std::uint32_t kDrawCount = 3000;
  for (std::uint32_t draw = 0; draw < kDrawCount; ++draw) ++counts[random_permutation(strata, 3, Rng(2), draw)];
  ASSERT_EQ(counts.size(), 6U);
  double chi_square = 0.0;
  for (const auto& [donors, count] : counts) chi_square += (count - 500.0) * (count - 500.0) / 500.0;
  // The 99.9 % point of five degrees of freedom.
  EXPECT_LT(chi_square, 20.5);
}

TEST(RandomPermutation, IsItsDrawOfItsSeed) {
  const std::vector<Stratum> strata = {{"all", {0, 1, 2, 3, 4, 5, 6, 7, 8}}};
  const RowMap donors = random_permutation(strata, kExampleCount, Rng(2), 4);
  EXPECT_EQ(random_permutation(strata, kExampleCount, Rng(2), 4), donors);
  EXPECT_NE(random_permutation(strata, kExampleCount, Rng(2), 5), donors);
  EXPECT_NE(random_permutation(strata, kExampleCount, Rng(3), 4), donors);
}

TEST(Inverse, UndoesAPermutation) {
  EXPECT_EQ(inverse({2, 0, 1, 3}), (RowMap{1, 2, 0, 3}));
  EXPECT_EQ(inverse(inverse({4, 2, 0, 1, 3})), (RowMap{4, 2, 0, 1, 3}));
}

TEST(RandomPermutation, TreatsEqualStrataIndependently) {
  const std::vector<Stratum> strata = {{"left", {0, 1, 2}}, {"right", {3, 4, 5}}};
  std::size_t same = 0;
  constexpr std::uint32_t kDrawCount = 600;
  for (std::uint32_t draw = 0; draw < kDrawCount; ++draw) {
    const RowMap donors = random_permutation(strata, 6, Rng(5), draw);
    same += donors[0] + 3 == donors[3] && donors[1] + 3 == donors[4] ? 1U : 0U;
  }
  EXPECT_NEAR(static_cast<double>(same), kDrawCount / 6.0, 40.0);
}

}  // namespace
}  // namespace modattr
