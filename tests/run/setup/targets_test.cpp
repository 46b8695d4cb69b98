#include "run/setup/targets.h"

#include <cmath>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "run/run_set.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

std::vector<std::uint32_t> classes_of(const ExplainedTargets& targets) {
  std::vector<std::uint32_t> classes;
  for (std::size_t example = 0; example < targets.targets.front().example_count(); ++example) {
    classes.push_back(static_cast<std::uint32_t>(targets.targets.front().target_class(example)));
  }
  return classes;
}

std::string refusal(RunSet& set, const TargetChoices& choices) {
  const auto experiment = set.open({.common = {}, .metric = {}, .metric_need = MetricNeed::kWhereThereIsOne});
  return spell_options(thrown_message<ConfigError>([&] { make_targets(*experiment, choices, set.progress()); }),
                       command_line_option);
}

TEST(Targets, ExplainThePredictedClassByDefault) {
  RunSet set;
  const ExplainedTargets targets = make_targets(*set.open(), {}, set.progress());
  EXPECT_EQ(targets.value, ValueKind::kProbability);
  EXPECT_EQ(targets.predicted, (std::vector<std::uint32_t>{0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(classes_of(targets), targets.predicted);
}

TEST(Targets, TakeTheCommandLineBeforeTheConfiguration) {
  RunSet set;
  set.config["target"] = 1;
  set.config["value"] = "margin";
  const auto experiment = set.open();
  EXPECT_EQ(classes_of(make_targets(*experiment, {}, set.progress())), std::vector<std::uint32_t>(6, 1));
  EXPECT_EQ(make_targets(*experiment, {}, set.progress()).value, ValueKind::kMargin);
  const ExplainedTargets targets = make_targets(*experiment, {.target = "label", .value = "logit"}, set.progress());
  EXPECT_EQ(classes_of(targets), (std::vector<std::uint32_t>{0, 1, 0, 1, 0, 0}));
  EXPECT_EQ(targets.value, ValueKind::kLogit);
}

TEST(Targets, ExplainTheLossOfTheLabel) {
  RunSet set;
  const ExplainedTargets targets = make_targets(*set.open(), {.target = {}, .value = "loss"}, set.progress());
  EXPECT_EQ(classes_of(targets), (std::vector<std::uint32_t>{0, 1, 0, 1, 0, 0}));
}

TEST(Targets, AddTheAccuracyWhereLabelsAreClasses) {
  RunSet set;
  const ExplainedTargets targets = make_targets(*set.open(), {}, set.progress());
  ASSERT_EQ(targets.targets.size(), 2U);
  // Right of the first example, wrong of the last.
  std::vector<double> prediction(targets.targets[1].width());
  targets.targets[1].prediction(std::vector<double>{5.0, 0.0}, 0, prediction);
  EXPECT_EQ(targets.targets[1].value(prediction, 0), 1.0);
  targets.targets[1].prediction(std::vector<double>{0.0, 4.0}, 5, prediction);
  EXPECT_EQ(targets.targets[1].value(prediction, 5), 0.0);

  set.data({RunSet::arrays()[0], RunSet::arrays()[1]});
  const auto unlabelled = set.open({.common = {}, .metric = {}, .metric_need = MetricNeed::kWhereThereIsOne});
  EXPECT_EQ(make_targets(*unlabelled, {}, set.progress()).targets.size(), 1U);
}

TEST(Targets, ExplainTheOutputOfARegression) {
  RunSet set;
  set.config["model"]["kind"] = "regression";
  set.model("def forward(self, a, b): return (a + b).sum(1)");
  set.data({RunSet::arrays()[0], RunSet::arrays()[1], TestArray::of<float>("label", {6}, {1, 2, 3, 4, 5, 6})});
  const ExplainedTargets targets = make_targets(*set.open(), {}, set.progress());
  EXPECT_EQ(targets.value, ValueKind::kOutput);
  EXPECT_TRUE(targets.predicted.empty());
  EXPECT_TRUE(mentions(refusal(set, {.target = "label"}), {"--target: expected predicted or a column", "got 'label'"}));
}

TEST(Targets, ExplainTheFirstOfSeveralOutputsUnlessOneIsNamed) {
  RunSet set;
  set.config["model"]["kind"] = "regression";
  set.data({RunSet::arrays()[0], RunSet::arrays()[1]});
  const auto experiment = set.open({.common = {}, .metric = {}, .metric_need = MetricNeed::kWhereThereIsOne});
  const ExplainedTargets first = make_targets(*experiment, {}, set.progress());
  EXPECT_EQ(classes_of(first), std::vector<std::uint32_t>(6, 0));
  ASSERT_TRUE(first.warning);
  EXPECT_TRUE(mentions(*first.warning, {"2 outputs", "column 0"}));
  const ExplainedTargets second = make_targets(*experiment, {.target = "1"}, set.progress());
  EXPECT_EQ(classes_of(second), std::vector<std::uint32_t>(6, 1));
  EXPECT_FALSE(second.warning);
  EXPECT_TRUE(mentions(refusal(set, {.target = "predicted"}), {"--target", "from 0 to 1", "got 'predicted'"}));
}

TEST(Targets, RefuseWhatDoesNotGoTogether) {
  RunSet set;
  EXPECT_TRUE(mentions(refusal(set, {.target = "labl"}), {"--target", "did you mean 'label'?"}));
  EXPECT_TRUE(mentions(refusal(set, {.target = "-1"}), {"--target: expected predicted, label or a class index"}));
  EXPECT_TRUE(mentions(refusal(set, {.target = "1", .value = "loss"}), {"--target: expected label", "got '1'"}));
  set.data({RunSet::arrays()[0], RunSet::arrays()[1]});
  EXPECT_TRUE(mentions(refusal(set, {.target = "label"}), {"target 'label': expected class labels"}));
}

}  // namespace
}  // namespace modattr
