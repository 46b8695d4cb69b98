#include "modattr/engines/subsets.h"

#include <gtest/gtest.h>

#include "support/table_game.h"

namespace modattr {
namespace {

TEST(Subsets, AreAllExamplesAndThenTheGroups) {
  EXPECT_EQ(all_examples(3), (std::vector<std::uint32_t>{0, 1, 2}));
  const TableProblem problem({.data = Matrix(3, 1),
                              .model = [](std::span<const double>) { return std::vector{0.0}; },
                              .metric = regression_metric("output", {0, 0, 0}),
                              .groups = {{"red", {2}}, {"blue", {0, 1}}}});
  const std::vector<Subset> subsets = subsets_of(problem);
  ASSERT_EQ(subsets.size(), 3U);
  EXPECT_EQ(subsets[0].group, std::nullopt);
  EXPECT_EQ(subsets[0].examples, all_examples(3));
  EXPECT_EQ(subsets[1].group, "red");
  EXPECT_EQ(subsets[2].examples, (std::vector<std::uint32_t>{0, 1}));
}

}  // namespace
}  // namespace modattr
