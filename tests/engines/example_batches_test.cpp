#include "modattr/engines/example_batches.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/counting_progress.h"

namespace modattr {
namespace {

using Batches = std::vector<std::pair<std::uint32_t, std::size_t>>;

Batches batches_of(const std::vector<std::size_t>& budgets, CountingProgress& progress) {
  Batches batches;
  solve_in_batches({.phase = "shap",
                    .example_count = budgets.size(),
                    .budget = [&](std::uint32_t example) { return budgets[example]; }},
                   progress, [&](std::uint32_t first, std::size_t count) { batches.emplace_back(first, count); });
  return batches;
}

TEST(ExampleBatches, HoldAboutTwoToTheEighteenEvaluations) {
  CountingProgress progress;
  EXPECT_EQ(batches_of({100'000, 100'000, 100'000, 300'000, 1, 300'000}, progress), (Batches{{0, 3}, {3, 1}, {4, 2}}));
  EXPECT_EQ(progress.announced, 900'001U);
}

TEST(ExampleBatches, HoldOneExampleAtLeast) {
  CountingProgress progress;
  EXPECT_EQ(batches_of({1'000'000, 1'000'000}, progress), (Batches{{0, 1}, {1, 1}}));
  EXPECT_TRUE(batches_of({}, progress).empty());
}

}  // namespace
}  // namespace modattr
