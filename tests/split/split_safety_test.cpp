// What could make the parts give other results than the whole unnoticed, and what must run whole.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "split_trial.h"

namespace modattr::split_safety_test {
namespace {

constexpr std::int64_t kRows = SplitTrial::kRowCount;

const std::vector<TrialInput> kPair = {{"a", 0, floats({kRows, 4}, 3)}, {"b", 1, floats({kRows, 4}, 4)}};

/// Other rows than those of the proof, larger in every way.
const std::vector<at::Tensor> kOtherRows = {floats({kRows, 4}, 11) * 50.0, floats({kRows, 4}, 12) * 50.0};

struct Text {
  const char* name;
  const char* forward;
};

std::string name_of(const testing::TestParamInfo<Text>& parameter) {
  return parameter.param.name;
}

// One result for the whole batch, different on rows that the proof has not seen.

class ContentOfABatch : public testing::TestWithParam<Text> {};

TEST_P(ContentOfABatch, IsReadFromTheBatchThatIsAskedFor) {
  const SplitTrial trial(GetParam().forward, kPair, {weight("w", {4, 4})});
  if (!trial.is_split()) {
    EXPECT_TRUE(trial.reason().find("depends on the other rows") != std::string::npos ||
                trial.reason().find("meet before any operation") != std::string::npos)
        << trial.reason();
    return;
  }
  trial.expect_same_results();
  trial.expect_same_results(kOtherRows, 1e-3);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, ContentOfABatch,
    testing::Values(
        Text{"Branch", R"(def forward(self, a, b):
  x = torch.relu(a @ self.w)
  if bool(x.sum() > 100.0):
    x = x * -3.0
  return x + torch.tanh(b))"},
        Text{"BranchInALoop", R"(def forward(self, a, b):
  x = torch.relu(a @ self.w)
  for step in range(3):
    if bool(x.max() > 10.0 + step):
      x = x * 0.5
  return x + torch.tanh(b))"},
        Text{"Item", R"(def forward(self, a, b):
  x = a @ self.w
  return torch.tanh(x) * float(x.max().item()) + torch.tanh(b))"},
        Text{"WhileLoop", R"(def forward(self, a, b):
  x = a @ self.w
  while bool(x.abs().max() > 5.0):
    x = x * 0.5
  return x + torch.tanh(b))"},
        Text{"LongestOfTheBatch", R"(def forward(self, a, b):
  x = torch.relu(a @ self.w)
  longest = int((x > 0.5).sum(1).max())
  return x[:, :longest].sum(1, keepdim=True) + torch.tanh(b))"},
        Text{"NumberOfNonzeros", R"(def forward(self, a, b):
  x = torch.relu(a @ self.w)
  count = (x > 2.0).nonzero().size(0)
  return x * count + torch.tanh(b))"},
        Text{"SizeOfASelection", R"(def forward(self, a, b):
  x = torch.relu(a @ self.w)
  if torch.masked_select(x, x > 5.0).numel() > 3:
    x = -x
  return x + torch.tanh(b))"},
        Text{"WrittenIntoABuffer", R"(def forward(self, a, b):
  x = torch.zeros([a.size(0), 4])
  for column in range(4):
    x[:, column] = a[:, 3 - column]
  if bool(x.sum() > 20.0):
    x = -x
  return torch.relu(x) + torch.tanh(b))"},
        Text{"TensorThreshold", R"(def forward(self, a, b):
  x = torch.relu(a @ self.w)
  return torch.where(x.max() > 30.0, -x, x) + torch.tanh(b))"},
        Text{"TensorThresholdOfTheFirstRow", R"(def forward(self, a, b):
  x = torch.relu(a @ self.w)
  return x * (1.0 + (x[0].max() > 30.0)) + torch.tanh(b))"},
        Text{"FirstRow", "def forward(self, a, b): return torch.tanh(b) + torch.relu(a)[0]"},
        Text{"FirstRowOfTheFirst", "def forward(self, a, b): return torch.relu(a)[0] * torch.tanh(b)"},
        Text{"PlaceInTheBatch", R"(def forward(self, a, b):
  return torch.relu(a) + torch.arange(a.size(0)).unsqueeze(1) + torch.tanh(b))"},
        Text{"CenteredByTheBatch", "def forward(self, a, b): return torch.tanh(b) + torch.relu(a - a.mean(0))"},
        Text{"TinyLeak", "def forward(self, a, b): return torch.tanh(b) + torch.relu(a + a.mean(0) * 1e-9)"},
        Text{"SortedRows", "def forward(self, a, b): return torch.tanh(b) + torch.relu(a).sort(0)[0]"},
        Text{"QuantisedByRange", R"(def forward(self, a, b):
  x = torch.relu(a)
  scale = x.max() / 127.0
  return torch.round(x / scale) * scale + torch.tanh(b))"},
        Text{"TwoDimensionsOfRows", R"(def forward(self, a, b):
  near = torch.softmax(a @ a.t(), 1)
  return near @ torch.tanh(b))"},
        Text{"Flattened", R"(def forward(self, a, b):
  x = torch.relu(a).reshape(-1, 2)
  return (x * 2.0).reshape(-1, 4) + torch.tanh(b))"}),
    name_of);

TEST(SplitSafety, RefusesBatchStatistics) {
  const SplitTrial trial(
      R"(def forward(self, a, b):
  return torch.relu(torch.batch_norm(a, None, None, None, None, True, 0.1, 1e-5, False)) + torch.tanh(b))",
      kPair);
  EXPECT_EQ(trial.reason(), "an encoder's output for a row depends on the other rows of its batch");
}

TEST(SplitSafety, KeepsWhatIsReadFromContentBehindAnEncoder) {
  const SplitTrial trial(
      R"(def forward(self, a, b):
  x = torch.relu(torch.tanh(a @ self.w) @ self.w)
  if bool(x.sum() > 100.0):
    x = -x
  return x + torch.tanh(b))",
      kPair, {weight("w", {4, 4})});
  ASSERT_TRUE(trial.is_split()) << trial.reason();
  EXPECT_EQ(trial.split().encoder_size(0).operation_count, 4U) << "all before the sum";
}

TEST(SplitSafety, TakesSizesOfTracedModelsForNoContent) {
  // As tracing writes x.size(0) // 1.
  const SplitTrial trial(
      R"(def forward(self, a, b):
  rows = int(torch.tensor(a.size(0)) * 1)
  return torch.relu(torch.tanh(a).view(rows, 4)) + torch.tanh(b))",
      kPair);
  trial.expect_same_results();
  EXPECT_GE(trial.split().encoder_size(0).operation_count, 3U);
  EXPECT_EQ(trial.split().fusion_size().operation_count, 1U);
}

// In-place operations.

class InPlace : public testing::TestWithParam<Text> {};

TEST_P(InPlace, ChangesNoResult) {
  const SplitTrial trial(GetParam().forward, kPair, {weight("w", {4, 4})});
  ASSERT_TRUE(trial.is_split()) << trial.reason();
  trial.expect_same_results();
}

INSTANTIATE_TEST_SUITE_P(Forms, InPlace,
                         testing::Values(Text{"SharedByTwoModalities", R"(def forward(self, a, b):
  shared = torch.zeros([a.size(0), 4])
  shared.add_(torch.relu(a))
  left = shared * 2.0
  shared.mul_(torch.tanh(b))
  return left + shared)"},
                                         Text{"SlicesInALoop", R"(def forward(self, a, b):
  x = torch.relu(a @ self.w)
  out = torch.zeros([a.size(0), 4])
  for column in range(4):
    out[:, column] = x[:, 3 - column]
  return torch.tanh(out) + torch.tanh(b))"},
                                         Text{"SlicesInALoopFromBoth", R"(def forward(self, a, b):
  x = torch.relu(a @ self.w)
  out = torch.ones([a.size(0), 4])
  before = out * 1.0
  for column in range(2):
    out[:, column] = x[:, column]
    out[:, column + 2] = b[:, column]
  return torch.tanh(out) + before)"},
                                         Text{"CapturedByABranch", R"(def forward(self, a, b):
  x = torch.relu(a @ self.w)
  y = x + 0.0
  if a.size(1) > 3:
    y.mul_(2.0)
  return y + x + torch.tanh(b))"},
                                         Text{"ConstantBuffer", R"(def forward(self, a, b):
  buffer = torch.zeros([4])
  buffer.add_(1.5)
  return torch.relu(a) * buffer + torch.tanh(b) * buffer)"},
                                         Text{"OfAnEncodingInTheFusion", R"(def forward(self, a, b):
  x = torch.relu(a @ self.w)
  y = x * 2.0
  x.add_(torch.tanh(b))
  return x + y)"},
                                         Text{"ThroughAView", R"(def forward(self, a, b):
  x = torch.relu(a @ self.w)
  x.view([-1, 2, 2])[:, 0].mul_(3.0)
  return x + torch.tanh(b))"},
                                         Text{"ListInALoop", R"(def forward(self, a, b):
  x = torch.relu(a @ self.w)
  parts: List[Tensor] = []
  for column in range(4):
    parts.append(x[:, column] * float(column))
  return torch.stack(parts, 1) + torch.tanh(b))"},
                                         Text{"ListOfBoth", R"(def forward(self, a, b):
  parts: List[Tensor] = []
  parts.append(torch.relu(a @ self.w))
  first = parts[0] * 2.0
  parts.append(torch.tanh(b))
  return torch.stack(parts).sum(0) + first)"},
                                         Text{"ReluAndSum", R"(def forward(self, a, b):
  x = a @ self.w
  y = torch.relu_(x @ self.w)
  y += x
  return torch.relu_(y) + torch.tanh(b))"}),
                         name_of);

TEST(SplitSafety, LeavesTheCallersInputsAsTheyAre) {
  // What one modality's part writes to its input is seen by no other call; SplitTrial looks at the probe, too.
  for (const char* forward : {"def forward(self, a, b): return torch.relu(a.add_(1.0)) + torch.tanh(b)",
                              "def forward(self, a, b): return b.add_(torch.relu(a)) * 2.0"}) {
    const SplitTrial trial(forward, kPair);
    trial.expect_same_results();
    trial.expect_same_results();
  }
}

TEST(SplitSafety, ReadsAnInputAfterTheFusionWroteToIt) {
  // Too little for the proof to see, but not for a comparison of bits.
  const SplitTrial trial(R"(def forward(self, a, b, c):
  b.add_(c * 1e-7)
  return torch.relu(a) + torch.tanh(b) * 2.0)",
                         {kPair[0], kPair[1], {"c", std::nullopt, floats({kRows, 4}, 5)}});
  trial.expect_same_results();
}

// Reasons to run whole.

struct Refusal {
  const char* name;
  const char* forward;
  const char* reason;
};

class RunsWhole : public testing::TestWithParam<Refusal> {};

TEST_P(RunsWhole, AndSaysWhy) {
  const SplitTrial trial(GetParam().forward, kPair);
  EXPECT_FALSE(trial.is_split());
  EXPECT_EQ(trial.reason(), GetParam().reason);
}

constexpr const char* kDictionary = "the dictionary of inputs is used other than by constant keys";
constexpr const char* kRandom = "it draws random numbers";

INSTANTIATE_TEST_SUITE_P(
    Reasons, RunsWhole,
    testing::Values(
        Refusal{"RandomNumbers", "def forward(self, a, b): return torch.relu(a) + torch.rand_like(b)", kRandom},
        Refusal{"RandomSize", "def forward(self, a, b): return torch.relu(a) + torch.rand([4]) + b", kRandom},
        Refusal{"RandomInPlace", "def forward(self, a, b): return torch.relu(a) + torch.zeros_like(b).uniform_()",
                kRandom},
        Refusal{"RandomBranch", R"(def forward(self, a, b):
  x = torch.relu(a)
  if a.size(1) > 1:
    x = x + torch.zeros([4]).exponential_()
  return x + b)",
                kRandom},
        Refusal{"Dropout", "def forward(self, a, b): return torch.dropout(torch.relu(a), 0.5, True) + b", kRandom},
        Refusal{"KeysOfADictionary", R"(def forward(self, inputs: Dict[str, Tensor]):
  out = torch.relu(inputs['a'])
  for key in inputs.keys():
    out = out + inputs[key]
  return out)",
                kDictionary},
        Refusal{
            "LengthOfADictionary",
            "def forward(self, inputs: Dict[str, Tensor]): return torch.relu(inputs['a']) * len(inputs) + inputs['b']",
            kDictionary},
        Refusal{"CountedKeys", R"(def forward(self, inputs: Dict[str, Tensor]):
  return torch.relu(inputs['a']) * len(inputs) + inputs['b'])",
                kDictionary},
        Refusal{"MeetAtOnce", "def forward(self, a, b): return torch.relu(a + b)",
                "its modalities meet before any operation, in aten::add"},
        Refusal{"AsksAtOnce", "def forward(self, a, b): return torch.relu(a * a.sum().item()) + b",
                "its first operation reduces over the batch: aten::sum"},
        Refusal{"Constant", "def forward(self, a, b): return torch.ones([16, 2])",
                "its output depends on no modality"}),
    [](const testing::TestParamInfo<Refusal>& parameter) { return std::string(parameter.param.name); });

TEST(SplitSafety, SplitsDropoutThatIsOff) {
  SplitTrial("def forward(self, a, b): return torch.dropout(torch.relu(a), 0.5, False) + torch.tanh(b)", kPair)
      .expect_same_results();
}

TEST(SplitSafety, RunsAModuleWholeThatKeepsState) {
  const SplitTrial assigned(R"(def forward(self, a, b):
  self.count = self.count + 1.0
  return torch.relu(a) + torch.tanh(b))",
                            kPair, {weight("count", {1})});
  EXPECT_EQ(assigned.reason(), "forward() assigns attributes of the module");
  const std::string written = "forward() writes to an attribute of the module";
  const SplitTrial counted(R"(def forward(self, a, b):
  self.count.add_(1.0)
  return torch.relu(a) + torch.tanh(b) * self.count)",
                           kPair, {weight("count", {1})});
  EXPECT_EQ(counted.reason(), written);
  const SplitTrial viewed(R"(def forward(self, a, b):
  last = self.state
  if a.size(0) > 1:
    last = self.state[0]
  last.view([-1])[0] = 1.0
  return torch.relu(a) + torch.tanh(b) * self.state[0])",
                          kPair, {weight("state", {2, 4})});
  EXPECT_EQ(viewed.reason(), written);
  const SplitTrial listed(R"(def forward(self, a, b):
  states = [self.state, self.other]
  states[0].mul_(0.5)
  return torch.relu(a) + torch.tanh(b) * self.state)",
                          kPair, {weight("state", {4}), weight("other", {4})});
  EXPECT_EQ(listed.reason(), written);
}

TEST(SplitSafety, ProvesASplitOnFewRowsAndOnEqualOnes) {
  for (const std::int64_t row_count : {1, 2, 3, 5}) {
    for (const bool equal : {false, true}) {
      const SplitTrial trial("def forward(self, a, b): return torch.relu(a) * torch.tanh(b)",
                             {{"a", 0, equal ? at::ones({row_count, 4}) : floats({row_count, 4}, 1)},
                              {"b", 1, equal ? at::ones({row_count, 4}) : floats({row_count, 4}, 2)}});
      ASSERT_TRUE(trial.is_split()) << row_count << trial.reason();
      trial.expect_same_results(kOtherRows, 1e-5);
      const SplitTrial mixing("def forward(self, a, b): return torch.relu(a)[0] * torch.tanh(b)",
                              {{"a", 0, equal ? at::ones({row_count, 4}) : floats({row_count, 4}, 1)},
                               {"b", 1, equal ? at::ones({row_count, 4}) : floats({row_count, 4}, 2)}});
      ASSERT_TRUE(mixing.is_split()) << row_count << mixing.reason();
      mixing.expect_same_results(kOtherRows, 1e-5);
    }
  }
}

TEST(SplitSafety, RunsAModelWholeThatFailsOnOtherBatchSizes) {
  const SplitTrial trial("def forward(self, a, b): return torch.relu(a).view([16, 4]) + torch.tanh(b)", kPair);
  EXPECT_FALSE(trial.is_split());
  EXPECT_NE(trial.reason().find("the encoder failed"), std::string::npos) << trial.reason();
}

}  // namespace
}  // namespace modattr::split_safety_test
