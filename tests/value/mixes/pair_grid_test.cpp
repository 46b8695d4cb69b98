#include "modattr/value/mixes/pair_grid.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "value/number_set.h"

namespace modattr::pair_grid_test {
namespace {

using Key = std::vector<std::vector<std::int64_t>>;

/// Strata by the remainder of a division by 3, one of a single example, and one example in none.
std::vector<Stratum> strata_of(std::size_t example_count) {
  std::vector<Stratum> strata(4);
  strata[1].examples = {1};
  for (std::uint32_t example = 2; example < example_count; ++example) {
    strata[example % 3 == 1 ? 3 : example % 3].examples.push_back(example);
  }
  // The strata 0, 2 and 3 are large, 1 has one example, 0 is in none.
  return strata;
}

/// Examples by what they bring to each side of a grid.
struct Sides {
  std::map<Key, std::vector<std::uint32_t>> own;
  std::map<Key, std::vector<std::uint32_t>> donor;
};

class PairGridTest : public testing::TestWithParam<bool> {
 protected:
  NumberSet set_{NumberSet::random(31, {3, 4, 2}), GetParam()};
  std::vector<Stratum> strata_ = strata_of(31);

  /// The data that an example brings to each side.
  Key own_key(const Coalition& own, std::uint32_t example) const { return side_key(own, example, true); }
  Key donor_key(const Coalition& own, std::uint32_t example) const { return side_key(own, example, false); }

 private:
  Key side_key(const Coalition& own, std::uint32_t example, bool is_own) const {
    Key side;
    if (is_own) side.push_back(set_.kept_part(example));
    for (std::size_t modality = 0; modality < set_.modality_count(); ++modality) {
      if (own.contains(modality) == is_own) side.push_back(set_.part(modality, example));
    }
    return side;
  }
};

TEST_P(PairGridTest, HasEachDifferentMixOfAStratumOnce) {
  for (const Coalition& own :
       {Coalition::single(set_.modality_count(), 0), Coalition::full(set_.modality_count()).without(0)}) {
    const PairGrid grid(set_.rows(), own, strata_, set_.example_count());
    ASSERT_EQ(grid.blocks().size(), 3U) << "one stratum has a single example";
    std::size_t place = 0;
    for (std::size_t index = 0; index < 3; ++index) {
      const PairGrid::Block& block = grid.blocks()[index];
      const std::vector<std::uint32_t>& examples = strata_[index == 0 ? 0 : index + 1].examples;
      std::set<Key> expected;
      for (const std::uint32_t example : examples) {
        for (const std::uint32_t donor : examples) expected.insert(set_.key(own, example, donor));
      }
      EXPECT_EQ(block.first_place, place);
      EXPECT_EQ(block.example_count, examples.size());
      EXPECT_EQ(block.place_count(), expected.size());
      std::set<Key> found;
      for (std::size_t end = place + block.place_count(); place < end; ++place) {
        const PairGrid::Pair pair = grid.pair(place);
        EXPECT_TRUE(std::ranges::count(examples, pair.own_example) == 1);
        EXPECT_TRUE(std::ranges::count(examples, pair.donor_example) == 1);
        found.insert(set_.key(own, pair.own_example, pair.donor_example));
      }
      EXPECT_EQ(found, expected);
    }
    EXPECT_EQ(grid.place_count(), place);
  }
}

TEST_P(PairGridTest, KnowsWhereAnExampleStands) {
  const Coalition own = Coalition::single(set_.modality_count(), 1);
  const PairGrid grid(set_.rows(), own, strata_, set_.example_count());
  EXPECT_EQ(grid.position(0).block, PairGrid::kNoBlock) << "in no stratum";
  EXPECT_EQ(grid.position(1).block, PairGrid::kNoBlock) << "alone in its stratum";
  for (const Stratum& stratum : strata_) {
    if (stratum.examples.size() < 2) continue;
    for (const std::uint32_t example : stratum.examples) {
      for (const std::uint32_t donor : stratum.examples) {
        const PairGrid::Position& left = grid.position(example);
        const PairGrid::Position& right = grid.position(donor);
        ASSERT_EQ(left.block, right.block);
        const PairGrid::Block& block = grid.blocks()[left.block];
        const PairGrid::Pair pair = grid.pair(block.first_place + left.own * block.donor.size() + right.donor);
        EXPECT_EQ(set_.key(own, pair.own_example, pair.donor_example), set_.key(own, example, donor));
      }
    }
  }
}

TEST_P(PairGridTest, ListsTheExamplesOfEachPart) {
  const Coalition own = Coalition::full(set_.modality_count()).without(1);
  const PairGrid grid(set_.rows(), own, strata_, set_.example_count());
  for (std::size_t index = 0; index < 3; ++index) {
    const PairGrid::Block& block = grid.blocks()[index];
    Sides expected;
    for (const std::uint32_t example : strata_[index == 0 ? 0 : index + 1].examples) {
      expected.own[own_key(own, example)].push_back(example);
      expected.donor[donor_key(own, example)].push_back(example);
    }
    ASSERT_EQ(block.own.size(), expected.own.size());
    ASSERT_EQ(block.donor.size(), expected.donor.size());
    for (std::size_t part = 0; part < block.own.size(); ++part) {
      const auto examples = block.own.examples(part);
      EXPECT_TRUE(std::ranges::equal(examples, expected.own.at(own_key(own, examples.front()))));
    }
    for (std::size_t part = 0; part < block.donor.size(); ++part) {
      const auto examples = block.donor.examples(part);
      EXPECT_TRUE(std::ranges::equal(examples, expected.donor.at(donor_key(own, examples.front()))));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Columns, PairGridTest, testing::Values(false, true),
                         [](const auto& parameter) { return parameter.param ? "KeepsOne" : "KeepsNone"; });

TEST(PairGrid, MayBeEmpty) {
  const NumberSet set({{1, 2}, {3, 4}});
  const std::vector<Stratum> strata = {{"first", {0}}, {"second", {1}}, {"third", {}}};
  const PairGrid grid(set.rows(), Coalition::single(2, 0), strata, 2);
  EXPECT_EQ(grid.place_count(), 0U);
  EXPECT_TRUE(grid.blocks().empty());
}

}  // namespace
}  // namespace modattr::pair_grid_test
