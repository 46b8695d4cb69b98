#include "modattr/run/setup/experiment.h"

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "run/run_set.h"
#include "support/thrown_message.h"

namespace modattr::experiment_test {
namespace {

template <typename Kind>
std::string refusal(RunSet& set, const ExperimentOptions& options) {
  return spell_options(thrown_message<Kind>([&] { set.open(options); }), command_line_option);
}

TEST(Experiment, SelectsExamplesByIds) {
  RunSet set;
  ExperimentOptions options{.common = {}, .metric = {}};
  // In the order of the data, each once.
  options.common.ids = {"4,1", "1"};
  const auto experiment = set.open(options);
  ASSERT_EQ(experiment->dataset().example_count(), 2U);
  EXPECT_EQ(experiment->dataset().id(0), "1");
  EXPECT_EQ(experiment->dataset().id(1), "4");
  options.common.ids = {"6"};
  EXPECT_TRUE(mentions(refusal<ConfigError>(set, options), {"--ids", "6"}));
}

TEST(Experiment, DrawsASubsetByTheSeed) {
  RunSet set;
  ExperimentOptions options{.common = {}, .metric = {}};
  options.common.examples = 3;
  const auto ids = [&] {
    const auto experiment = set.open(options);
    std::string text;
    for (std::size_t example = 0; example < experiment->dataset().example_count(); ++example) {
      text += experiment->dataset().id(example) + " ";
    }
    return text;
  };
  const std::string first = ids();
  EXPECT_EQ(first.size(), 6U);
  EXPECT_EQ(ids(), first);
  bool differs = false;
  for (std::uint64_t seed = 1; seed < 20 && !differs; ++seed) {
    options.common.seed = seed;
    differs = ids() != first;
  }
  EXPECT_TRUE(differs);
}

TEST(Experiment, SelectsModalitiesInTheOrderOfTheConfiguration) {
  RunSet set;
  ExperimentOptions options{.common = {}, .metric = {}};
  options.common.modalities = {"b,a"};
  EXPECT_EQ(set.open(options)->modalities(), (std::vector<std::size_t>{0, 1}));
  options.common.modalities = {"c"};
  EXPECT_TRUE(mentions(refusal<ConfigError>(set, options), {"--modality: unknown 'c'", "expected one of a, b"}));
}

TEST(Experiment, RefusesAMetricThatIsNone) {
  RunSet set;
  EXPECT_TRUE(mentions(refusal<ConfigError>(set, {.common = {}, .metric = "acuracy"}), {"did you mean 'accuracy'?"}));
}

TEST(Experiment, NeedsLabelsOnlyWhereAScoreIsRequired) {
  RunSet set;
  set.data({RunSet::arrays()[0], RunSet::arrays()[1]});
  EXPECT_NE(refusal<Error>(set, {.common = {}, .metric = {}}), "nothing was thrown");
  const auto experiment = set.open({.common = {}, .metric = {}, .metric_need = MetricNeed::kWhereThereIsOne});
  EXPECT_EQ(experiment->metric().name(), "none");
}

TEST(Experiment, SplitsTheModelUnlessToldNotTo) {
  RunSet set;
  set.model("def forward(self, a, b): return torch.tanh(a * a) + torch.tanh(b * b)");
  EXPECT_NE(set.open()->evaluator().split_model(), nullptr);
  ExperimentOptions options{.common = {}, .metric = {}};
  options.common.no_split = true;
  EXPECT_EQ(set.open(options)->evaluator().split_model(), nullptr);
}

TEST(Experiment, LeavesOutExamplesWithoutAFiniteAnswer) {
  RunSet set;
  std::vector<TestArray> arrays = RunSet::arrays();
  arrays[0] = TestArray::of<float>("a", {6, 2}, {3, 0, 0, 3, NAN, 1, 1, 5, 6, 2, 0, 2});
  set.data(arrays);
  const auto experiment = set.open();
  EXPECT_EQ(experiment->drop_invalid_examples(set.context()), 1U);
  EXPECT_EQ(experiment->dataset().example_count(), 5U);
  EXPECT_EQ(experiment->dataset().id(2), "3");
}

TEST(Experiment, WarnsOfProbabilitiesThatAreNone) {
  RunSet set;
  set.config["model"]["kind"] = "probabilities";
  EXPECT_TRUE(mentions(refusal<ConfigError>(set, {.common = {}, .metric = {}}),
                       {"model.kind: expected probabilities", "is it of kind \"logits\"?"}));
  set.model("def forward(self, a, b): return 0.2 * torch.sigmoid(a + b)");
  ASSERT_EQ(set.open()->warnings().size(), 1U);
}

}  // namespace
}  // namespace modattr::experiment_test
