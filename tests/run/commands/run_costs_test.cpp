#include "run/commands/run_costs.h"

#include <gtest/gtest.h>

#include "run/run_set.h"

namespace modattr {
namespace {

TEST(RunCosts, CountsDifferentMixesOnce) {
  RunSet set;
  std::vector<TestArray> arrays = RunSet::arrays();
  // Three of b's rows are alike: 6 x 4 different mixes.
  arrays[1] = TestArray::of<float>("b", {6, 2}, {1, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 2});
  set.data(arrays);
  const auto experiment = set.open();
  std::vector<std::string> warnings;
  const std::vector<RunCost> costs = run_costs(*experiment, 100.0, warnings);
  ASSERT_GE(costs.size(), 5U);
  EXPECT_EQ(costs[0].run, "permute --repeats 10");
  EXPECT_EQ(costs[0].evaluations, 24.0);
  EXPECT_EQ(costs[2].run, "shap");
  // Every coalition but the full one takes 6 rows of background.
  EXPECT_EQ(costs[2].evaluations, 6.0 * (1.0 + 3.0 * 6.0));
  // All 4 coalitions of a modality's 2 columns, with and without the other one.
  EXPECT_EQ(costs[3].run, "shap --level feature, one example");
  EXPECT_EQ(costs[3].evaluations, 2.0 * 4.0 * 6.0 * 2.0);
  // And those of all 4 columns, but none and all.
  EXPECT_EQ(costs[4].run, "the same with --interactions");
  EXPECT_EQ(costs[4].evaluations, costs[3].evaluations + 14.0 * 6.0);
  EXPECT_TRUE(warnings.empty());
}

TEST(RunCosts, CountsEveryMixWhereNothingIsShared) {
  RunSet set;
  ExperimentOptions options{.common = {}, .metric = {}};
  options.common.no_split = true;
  const auto experiment = set.open(options);
  std::vector<std::string> warnings;
  const std::vector<RunCost> costs = run_costs(*experiment, 100.0, warnings);
  EXPECT_EQ(costs[0].evaluations, 6.0 * (1.0 + 10.0));
  EXPECT_EQ(costs[0].encoder_rows, std::nullopt);
  EXPECT_EQ(costs[0].seconds, 0.66);
}

TEST(RunCosts, SaysOnceWhyFeaturesCannotPlay) {
  RunSet set;
  set.config["modalities"][0]["players"] = {{"type", "mask"}};
  const auto experiment = set.open();
  std::vector<std::string> warnings;
  const std::vector<RunCost> costs = run_costs(*experiment, 100.0, warnings);
  // What needs no features stays.
  EXPECT_EQ(costs.at(costs.size() - 2).run, "shap");
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_TRUE(warnings.front().starts_with("features cannot be explained: ")) << warnings.front();
}

}  // namespace
}  // namespace modattr
