#include "modattr/value/mixes/distinct_rows.h"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/array_writers.h"
#include "support/temporary_folder.h"

namespace modattr {
namespace {

using Rows = std::vector<std::uint32_t>;

class FindDistinctRows : public testing::Test {
 protected:
  Dataset read(const std::vector<TestArray>& arrays, const std::vector<std::string>& inputs) {
    write_npz(folder_ / "val.npz", arrays);
    return Dataset({.path = folder_ / "val.npz", .inputs = inputs});
  }

  DistinctRows find(const std::vector<TestArray>& arrays, const std::vector<std::string>& inputs) {
    std::vector<std::size_t> all(inputs.size());
    for (std::size_t input = 0; input < all.size(); ++input) all[input] = input;
    return find_distinct_rows(read(arrays, inputs), all);
  }

  TemporaryFolder folder_;
};

TEST_F(FindDistinctRows, NumbersContentsByFirstAppearance) {
  const DistinctRows rows = find({TestArray::of<float>("x", {5, 2}, {1, 2, 3, 4, 1, 2, 5, 6, 3, 4})}, {"x"});
  EXPECT_EQ(rows.row_of, (Rows{0, 1, 0, 2, 1}));
  EXPECT_EQ(rows.example_of, (Rows{0, 1, 3}));
}

TEST_F(FindDistinctRows, LooksThroughSharedRows) {
  // Rows 0 and 2 of x are equal.
  const DistinctRows rows = find(
      {TestArray::of<float>("x", {3, 1}, {7, 8, 7}), TestArray::of<std::int64_t>("x__rows", {6}, {0, 1, 2, 2, 1, 0}),
       TestArray::of<std::int64_t>("label", {6}, {0, 1, 0, 1, 0, 1})},
      {"x"});
  EXPECT_EQ(rows.row_of, (Rows{0, 1, 0, 0, 1, 0}));
  EXPECT_EQ(rows.example_of, (Rows{0, 1}));
}

TEST_F(FindDistinctRows, ComparesAllInputsOfAGroup) {
  const std::vector<TestArray> arrays = {
      TestArray::of<std::int64_t>("ids", {4, 2}, {1, 2, 1, 2, 1, 2, 3, 4}),
      TestArray::of<bool>("mask", {4, 2}, {true, true, true, false, true, true, true, true})};
  EXPECT_EQ(find(arrays, {"ids", "mask"}).row_of, (Rows{0, 1, 0, 2}));
  const Dataset dataset = read(arrays, {"ids", "mask"});
  const std::vector<std::size_t> ids = {0};
  EXPECT_EQ(find_distinct_rows(dataset, ids).row_of, (Rows{0, 0, 0, 1}));
}

TEST_F(FindDistinctRows, TellsEveryTypeApartByItsBits) {
  EXPECT_EQ(find({TestArray::of<std::uint8_t>("x", {4}, {0, 255, 0, 1})}, {"x"}).row_of, (Rows{0, 1, 0, 2}));
  EXPECT_EQ(find({TestArray::of<double>("x", {3}, {0.1, 0.1 + 1e-16, 0.1})}, {"x"}).row_of, (Rows{0, 1, 0}));
  EXPECT_EQ(find({TestArray::of<float>("x", {3}, {0.0F, -0.0F, 0.0F})}, {"x"}).row_of, (Rows{0, 1, 0}));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(find({TestArray::of<float>("x", {3}, {nan, 1.0F, nan})}, {"x"}).row_of, (Rows{0, 1, 0}));
}

TEST_F(FindDistinctRows, FollowsTheExamplesThatAreKept) {
  Dataset dataset = read({TestArray::of<float>("x", {5}, {1, 2, 1, 3, 2})}, {"x"});
  dataset.keep(Rows{4, 3, 1});
  const std::vector<std::size_t> x = {0};
  const DistinctRows rows = find_distinct_rows(dataset, x);
  EXPECT_EQ(rows.row_of, (Rows{0, 1, 0}));
  EXPECT_EQ(rows.example_of, (Rows{0, 1}));
}

TEST_F(FindDistinctRows, ConfirmsEqualHashesByteByByte) {
  const Dataset dataset = read({TestArray::of<float>("x", {6}, {1, 2, 1, 3, 2, 3})}, {"x"});
  const std::vector<std::size_t> x = {0};
  const DistinctRows rows = find_distinct_rows(dataset, x, [](std::string_view) { return std::size_t{7}; });
  EXPECT_EQ(rows.row_of, (Rows{0, 1, 0, 2, 1, 2}));
  EXPECT_EQ(rows.example_of, (Rows{0, 1, 3}));
}

}  // namespace
}  // namespace modattr
