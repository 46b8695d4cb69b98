#include "run/checks/model_failure.h"

#include <ATen/ops/eye.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>

#include "modattr/core/error.h"
#include "run/run_set.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

constexpr const char* kLinear =
    "def forward(self, a, b): return torch.matmul(a, self.weight) + torch.matmul(b, self.weight)";

/// A model whose weights, the unit matrix, are float32, and inputs `a` of another type.
template <typename Value>
void give_weights(const RunSet& set) {
  save_model(set.write_config().parent_path() / "model.pt", kLinear, {{"weight", {2, 2}, {1, 0, 0, 1}}});
  std::vector<TestArray> arrays = RunSet::arrays();
  arrays[0] = TestArray::of<Value>("a", {6, 2}, {3, 0, 0, 3, 4, 1, 1, 5, 6, 2, 0, 2});
  set.data(arrays);
}

TEST(ModelFailure, FloatsGetTheTypeOfTheWeights) {
  RunSet set;
  give_weights<double>(set);
  const auto experiment = set.open();
  ASSERT_EQ(experiment->warnings().size(), 1U);
  EXPECT_EQ(experiment->warnings()[0], "floats were turned into float32, as the model's weights are: 'a'");
  EXPECT_EQ(experiment->dataset().input(0).dtype, c10::ScalarType::Float);
}

TEST(ModelFailure, FloatsThatTheModelTakesStayAsTheyAre) {
  RunSet set;
  std::vector<TestArray> arrays = RunSet::arrays();
  arrays[0] = TestArray::of<double>("a", {6, 2}, {3, 0, 0, 3, 4, 1, 1, 5, 6, 2, 0, 2});
  set.data(arrays);
  EXPECT_EQ(set.open()->dataset().input(0).dtype, c10::ScalarType::Double);
}

TEST(ModelFailure, IntegersAreNamed) {
  RunSet set;
  give_weights<std::uint8_t>(set);
  EXPECT_TRUE(mentions(thrown_message<ModelError>([&] { set.open(); }),
                       {"'a' is uint8 and the model's weights are float32", "a.astype(np.float32)"}));
}

TEST(ModelFailure, AllIntegersAreNamedWhereTheModelNeedsFloatsOfEach) {
  RunSet set;
  give_weights<std::int32_t>(set);
  std::vector<TestArray> arrays = RunSet::arrays();
  arrays[0] = TestArray::of<std::int32_t>("a", {6, 2}, std::vector<std::int32_t>(12, 1));
  arrays[1] = TestArray::of<std::int16_t>("b", {6, 2}, std::vector<std::int16_t>(12, 1));
  set.data(arrays);
  EXPECT_TRUE(mentions(thrown_message<ModelError>([&] { set.open(); }),
                       {"'a' is int32, 'b' is int16 and the model's weights are float32: save a.astype(np.float32) "
                        "and b.astype(np.float32)"}));
}

// libtorch 1.13 multiplies no matrices of half precision on a processor; 2.6 does, and such a model runs.
bool multiplies_halves() {
  try {
    at::mm(at::eye(2, at::kHalf), at::eye(2, at::kHalf));
    return true;
  } catch (const c10::Error&) {
    return false;
  }
}

TEST(ModelFailure, WeightsOfHalfPrecisionAreNamedBesideOtherFloats) {
  if (multiplies_halves()) GTEST_SKIP() << "this libtorch computes in float16 on the processor";
  RunSet set;
  torch::jit::Module module("HalfModel");
  module.register_parameter("weight", at::eye(2, at::kHalf), false);
  module.define(std::string(kLinear) + "\n");
  module.save((set.write_config().parent_path() / "model.pt").string());
  EXPECT_TRUE(
      mentions(thrown_message<ModelError>([&] { set.open(); }), {"libtorch computes in float16 on a GPU only"}));
}

std::string single_examples_error(const Experiment& experiment) {
  return thrown_message<ModelError>([&] {
    check_single_examples({.model = experiment.model(),
                           .dataset = experiment.dataset(),
                           .layout = experiment.layout(),
                           .rows_per_call = experiment.rows_per_call()});
  });
}

TEST(ModelFailure, AnExampleThatFailsBesideAnyIsNamed) {
  RunSet set;
  set.model("def forward(self, a, b):\n  assert bool((a < 6).all())\n  return a + b");
  const auto experiment = set.open();
  EXPECT_TRUE(mentions(single_examples_error(*experiment),
                       {"it takes example 0, but example 4 neither alone nor beside another: look at its data"}));
}

/// A model that takes no rows but beside example 2.
void need_example_2(RunSet& set) {
  // As nested tensors do: cut to the longest row of the batch. Only example 2 has three numbers.
  set.model(
      "def forward(self, a, b):\n  mask = a.ne(0)\n  longest = int(mask.sum(1).max())\n"
      "  return (a[:, :longest] * (mask.float() + b)).sum(1)");
  set.data({TestArray::of<float>("a", {3, 3}, {1, 1, 0, 1, 1, 0, 1, 1, 1}),
            TestArray::of<float>("b", {3, 3}, std::vector<float>(9)),
            TestArray::of<std::int64_t>("label", {3}, {1, 1, 1})});
}

TEST(ModelFailure, ARowThatNeedsAnotherBesideItIsNamed) {
  RunSet set;
  need_example_2(set);
  set.config["model"]["rows_per_call"] = 2;
  EXPECT_TRUE(mentions(thrown_message<ModelError>([&] { set.open(); }),
                       {"it takes example 0 beside example 2, but not alone", "enable_nested_tensor=False"}));
}

TEST(ModelFailure, ARowThatNeedsAnotherIsFoundThoughTheSetAsItIsWorks) {
  RunSet set;
  need_example_2(set);
  const auto experiment = set.open();
  EXPECT_TRUE(mentions(single_examples_error(*experiment), {"it takes example 0 beside example 2, but not alone"}));
}

TEST(ModelFailure, AnExampleThatIsNeverTakenIsNamed) {
  RunSet set;
  save_model(set.write_config().parent_path() / "model.pt",
             "def forward(self, a, b): return torch.embedding(self.weight, a).sum(1) + b",
             {{"weight", {3, 1}, {1, 2, 3}}});
  set.data({TestArray::of<std::int64_t>("a", {3, 2}, {0, 1, 2, 9, 1, 1}), TestArray::of<float>("b", {3, 1}, {1, 2, 3}),
            TestArray::of<std::int64_t>("label", {3}, {1, 1, 1})});
  EXPECT_TRUE(mentions(thrown_message<ModelError>([&] { set.open(); }),
                       {"example 1 (row 1) has an id that the model does not know: its ids are 'a' 2 to 9"}));
}

TEST(ModelFailure, MoreExamplesThanThereAreIsSaid) {
  RunSet set;
  ExperimentOptions options{.common = {}, .metric = {}};
  options.common.examples = 7;
  const auto experiment = set.open(options);
  ASSERT_EQ(experiment->warnings().size(), 1U);
  EXPECT_TRUE(mentions(experiment->warnings()[0], {"7: there are 6 examples, all of which are used"}));
}

TEST(ModelFailure, ABatchSizeThatWasTracedIsNamed) {
  RunSet set;
  set.model("def forward(self, a, b): return a.reshape([60, 2]) + b");
  EXPECT_TRUE(mentions(thrown_message<ModelError>([&] { set.open(); }),
                       {"shape '[60, 2]' is invalid", "traced for a batch of 60: set model.rows_per_call to 60"}));
  set.config["model"]["rows_per_call"] = 60;
  EXPECT_NO_THROW(set.open());
}

TEST(ModelFailure, AWrongNumberOfColumnsIsNamed) {
  RunSet set;
  give_weights<float>(set);
  std::vector<TestArray> arrays = RunSet::arrays();
  arrays[1] = TestArray::of<float>("b", {6, 3}, std::vector<float>(18));
  set.data(arrays);
  EXPECT_TRUE(mentions(thrown_message<ModelError>([&] { set.open(); }),
                       {"; a layer takes 2 columns and gets 3, as many as 'b' has: save the columns"}));
}

TEST(ModelFailure, ComplexNumbersAreNamed) {
  RunSet set;
  give_weights<c10::complex<float>>(set);
  EXPECT_TRUE(mentions(thrown_message<ModelError>([&] { set.open(); }),
                       {"'a' is complex64 and the model's weights are float32: save real numbers, such as np.abs(a)"}));
}

TEST(ModelFailure, AnIdThatTheModelDoesNotKnowIsNamed) {
  RunSet set;
  save_model(set.write_config().parent_path() / "model.pt",
             "def forward(self, a, b): return torch.embedding(self.weight, a) + b", {{"weight", {2, 2}, {1, 0, 0, 1}}});
  set.data({TestArray::of<std::int64_t>("a", {4}, {0, 1, 7, 0}),
            TestArray::of<float>("b", {4, 2}, std::vector<float>(8)),
            TestArray::of<std::int64_t>("id", {4}, {10, 11, 12, 13}),
            TestArray::of<std::int64_t>("label", {4}, {0, 1, 0, 1})});
  EXPECT_TRUE(mentions(thrown_message<ModelError>([&] { set.open(); }),
                       {"example 12 (row 2) has an id that the model does not know: its ids are 'a' 7"}));
}

}  // namespace
}  // namespace modattr
