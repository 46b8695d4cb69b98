// Flags that forward() reads from a whole batch and that every row has by itself.

#include <string>
#include <vector>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "split_trial.h"
#include "support/thrown_message.h"

namespace modattr::batch_predicates_test {
namespace {

constexpr std::int64_t kRows = SplitTrial::kRowCount;

// Numbers between -1 and 1, words from 0 to 7, padding at the end.
const TrialInput kImage = {"a", 0, floats({kRows, 2, 3}, 3)};
const TrialInput kWords = {"words", 1, integers({kRows, 5}, 8, 4)};
const at::Tensor kMask = at::arange(5).unsqueeze(0) <= integers({kRows, 1}, 5, 9);
const std::vector<ModelParameter> kWeights = {weight("w", {8, 6}), weight("v", {6, 6})};

struct Form {
  const char* name;
  /// Lines of forward(self, a, words, mask) that read a flag, the first indented by two.
  const char* predicate;
};

std::string forward_with(const std::string& predicate) {
  return "def forward(self, a, words, mask):\n  " + predicate + R"(
  x = torch.tanh(a.flatten(1) @ self.v)
  y = (self.w[words] * mask.unsqueeze(-1)).mean(1)
  return x * y)";
}

SplitTrial trial_of(const Form& form) {
  return {forward_with(form.predicate), {kImage, kWords, {"mask", 1, kMask}}, kWeights};
}

class SpecialisedPredicates : public testing::TestWithParam<Form> {};

TEST_P(SpecialisedPredicates, BindNoRows) {
  const SplitTrial trial = trial_of(GetParam());
  trial.expect_same_results();
  ASSERT_TRUE(trial.is_split()) << trial.reason();
  EXPECT_EQ(trial.split().fusion_size().operation_count, 1U);
  EXPECT_EQ(trial.split().raw_inputs(), std::vector<std::size_t>{});
  // The split knows nothing of a row with another flag.
  trial.expect_same_results({kImage.data * 9.0, kWords.data, kMask.flip(1)}, 1e-5);
  trial.expect_same_results({kImage.data - 9.0, 7 - kWords.data, kMask}, 1e-5);
  at::Tensor holes = kImage.data.clone();
  holes[5][1][1] = std::numeric_limits<float>::quiet_NaN();
  trial.expect_same_results({holes, kWords.data, kMask}, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, SpecialisedPredicates,
    testing::Values(
        Form{"Any", "if torch.isnan(a).any():\n    a = torch.nan_to_num(a)"},
        Form{"AnyOfOneNumber", "if (mask[:, 0] == 0).any():\n    a = a * 2"},
        Form{"AnyOfNumbers", "if (words // 8).any():\n    a = a * 2"},
        Form{"Not", "if not torch.isfinite(a).all():\n    a = a * 0"},
        Form{"All", "if (a < 2).all():\n    a = a * 2\n  else:\n    a = a / 2"},
        Form{"Greatest", "if a.max() > 2:\n    a = a / 9"},
        Form{"GreatestOfEveryRow", "if a.max() > -2:\n    a = a / 9"},
        Form{"Least", "if a.min() >= -2:\n    a = a + 1"}, Form{"Item", "if a.max().item() > 2.5:\n    a = a / 9"},
        Form{"Float", "if float(a.min()) < -2.5:\n    a = a / 9"},
        Form{"WholeNumber", "if int(words.max()) >= 9:\n    words = words // 2"},
        Form{"Asserts", "assert bool((words >= 0).all()), \"words\""},
        Form{"OneAfterTheOther",
             "if torch.isnan(a).any():\n    a = torch.nan_to_num(a)\n  if a.max() > 2:\n    a = a / 9"},
        Form{"InABranchThatIsTaken", "if a.min() > -2:\n    a = a + 1\n    if a.max() > 3:\n      a = a / 9"},
        Form{"Padding", "if torch._nested_tensor_from_mask_left_aligned(self.w[words], mask):\n    a = a * 2"}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

class EvaluatedPredicates : public testing::TestWithParam<Form> {};

TEST_P(EvaluatedPredicates, AreReadFromTheBatch) {
  const SplitTrial trial = trial_of(GetParam());
  if (!trial.is_split()) return;
  EXPECT_GT(trial.split().fusion_size().operation_count, 1U);
  trial.expect_same_results();
  trial.expect_same_results({kImage.data * 4.0, kWords.data, kMask}, 1e-5);
  trial.expect_same_results({kImage.data * 9.0, kWords.data, kMask.flip(1)}, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, EvaluatedPredicates,
    testing::Values(Form{"WhereRowsDisagree", "if (words == 3).any():\n    a = a * 2"},
                    Form{"OfWhatTheBatchMakesOfRows", "z = a - a.mean(0)\n  if (z > 3).any():\n    a = a * 2"},
                    Form{"OfAScaledBatch", "z = a / a.max()\n  if (z < -5).any():\n    a = a * 2"},
                    Form{"OfTwoModalities", "if (a.flatten(1)[:, :5] * words > 100).any():\n    a = a * 2"},
                    Form{"RoundedToZero", "if int(a.min()) <= -3:\n    a = a / 9"},
                    Form{"ThatIsWrittenTo",
                         "m = a.max()\n  if a.size(2) > 1:\n    m.add_(5.0)\n  if m > 6.5:\n    a = a.clamp(max=0.5)"},
                    Form{"WhoseFlagIsWrittenTo",
                         "m = (a > 5).any()\n  if a.size(2) > 1:\n    m.copy_((a > 2).any())\n  if m:\n    a = a * 2"},
                    Form{"OfASum", "if a.sum() > 1e6:\n    a = a * 2"},
                    Form{"OfADimension", "if (a.max(0)[0] > 3).any():\n    a = a * 2"},
                    Form{"InALoop", "for i in range(a.size(1)):\n    if (a > 3).any():\n      a = a * 2"}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(BatchPredicates, CompareNumbersOutsideOfTensorsWithAllTheirBits) {
  // Time stamps, of which 32 bits of a float tell steps of 128 only; bytes, which a limit of 256 is no byte for.
  const TrialInput stamps = {"words", 1, integers({kRows, 5}, 40, 4) + 1699999900};
  at::Tensor late = stamps.data.clone();
  late[9][2] = 1700000033;
  const TrialInput bytes = {"words", 1, integers({kRows, 5}, 200, 4).to(at::kByte)};
  struct Case {
    const char* predicate;
    TrialInput words;
    at::Tensor others;
  };
  for (const auto& [predicate, words, others] :
       {Case{"int(words.max()) > 1.7e9", stamps, late}, Case{"words.max().item() > 1.7e9", stamps, late},
        Case{"words.max().item() >= 256", bytes, bytes.data + 40}}) {
    const SplitTrial trial("def forward(self, a, words):\n  if " + std::string(predicate) +
                               ":\n    words = words.clamp(max=50)\n  x = (words.double() - 1699999900).float() / 30" +
                               "\n  return torch.tanh(a.flatten(1)[:, :5]) * torch.sin(x)",
                           {kImage, words});
    trial.expect_same_results();
    EXPECT_EQ(trial.split().fusion_size().operation_count, 1U) << predicate;
    trial.expect_same_results({kImage.data, others}, 1e-5);
  }
}

TEST(BatchPredicates, MayComeBeforeTheirLimit) {
  const SplitTrial trial =
      trial_of({"", "m = a.max()\n  limit = float(a.size(2)) / 4.0 + 2.0\n  if m > limit:\n    a = a / 9"});
  trial.expect_same_results();
  EXPECT_EQ(trial.split().fusion_size().operation_count, 1U);
}

TEST(SplitAssumptionError, IsWhatTheEncoderFailsOn) {
  // Without the guard a word that has no weights is looked up.
  const SplitTrial trial = trial_of({"", "if int(words.max()) >= 8:\n    words = words.clamp(max=7)"});
  ASSERT_TRUE(trial.is_split()) << trial.reason();
  at::Tensor words = kWords.data.clone();
  words[3][1] = 8;
  EXPECT_THROW(trial.split().encode(1, std::vector{words, kMask}), SplitAssumptionError);
  trial.expect_same_results({kImage.data, words, kMask}, 1e-5);
}

TEST(SplitAssumptionError, NamesThePredicate) {
  const SplitTrial trial = trial_of({"", "if torch.isnan(a).any():\n    a = torch.nan_to_num(a)"});
  ASSERT_TRUE(trial.is_split()) << trial.reason();
  at::Tensor holes = kImage.data.clone();
  EXPECT_EQ(trial.split().encode(0, std::vector{holes}).size(), 1U);
  holes[kRows - 1][1][2] = std::numeric_limits<float>::quiet_NaN();
  const std::string message =
      thrown_message<SplitAssumptionError>([&] { trial.split().encode(0, std::vector{holes}); });
  EXPECT_NE(message.find("aten::any"), std::string::npos) << message;
}

TEST(SplitAssumptionError, IsLookedForWhereARowTurnsPaddingRound) {
  const SplitTrial trial =
      trial_of({"", "if torch._nested_tensor_from_mask_left_aligned(self.w[words], mask):\n    words = words * 0"});
  ASSERT_TRUE(trial.is_split()) << trial.reason();
  const auto encode = [&](std::int64_t row, const std::vector<std::int64_t>& flags) {
    at::Tensor mask = kMask.clone();
    mask[row] = at::tensor(flags, at::kLong) != 0;
    return trial.split().encode(1, std::vector{kWords.data, mask});
  };
  for (const std::vector<std::int64_t>& flags :
       {std::vector<std::int64_t>{1, 1, 1, 1, 1}, {0, 0, 0, 0, 0}, {1, 0, 0, 0, 0}}) {
    EXPECT_NO_THROW(encode(3, flags));
  }
  for (const std::vector<std::int64_t>& flags :
       {std::vector<std::int64_t>{0, 1, 1, 1, 1}, {1, 0, 1, 0, 0}, {0, 0, 0, 0, 1}}) {
    EXPECT_THROW(encode(kRows - 1, flags), SplitAssumptionError);
  }
}

TEST(BatchPredicates, OfASharedInputAreEvaluated) {
  const SplitTrial trial(
      "def forward(self, a, b, s):\n  if (s > 3).any():\n    a = a * 2\n  return a * torch.tanh(b)",
      {{"a", 0, floats({kRows, 4}, 3)}, {"b", 1, floats({kRows, 4}, 4)}, {"s", {}, floats({kRows, 2}, 5)}});
  trial.expect_same_results();
  EXPECT_EQ(trial.split().raw_inputs(), (std::vector<std::size_t>{0, 2}));
}

TEST(BatchPredicates, OfWhatIsNotEncodedAreEvaluated) {
  // The words cross as they are: nothing of theirs would be checked.
  const SplitTrial trial("def forward(self, a, words):\n  if (words > 7).any():\n    a = a * 2\n  return a * words",
                         {{"a", 0, floats({kRows, 4}, 3)}, {"words", 1, integers({kRows, 4}, 8, 4)}});
  trial.expect_same_results();
  trial.expect_same_results({floats({kRows, 4}, 3), integers({kRows, 4}, 10, 5)}, 1e-5);
}

}  // namespace
}  // namespace modattr::batch_predicates_test
