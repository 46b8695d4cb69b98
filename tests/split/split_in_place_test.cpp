// In-place operations, encodings that are the same for all rows, and random numbers of recurrent layers.

#include <string>
#include <vector>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "split_trial.h"

namespace modattr::split_in_place_test {
namespace {

constexpr std::int64_t kRows = SplitTrial::kRowCount;
const std::vector<TrialInput> kPair = {{"a", 0, floats({kRows, 4}, 3)}, {"b", 1, floats({kRows, 4}, 4)}};
const std::vector<std::size_t> kNone = {};

at::Tensor encode_a(const SplitTrial& trial) {
  return trial.split().encode(0, std::vector<at::Tensor>{kPair[0].data}).at(0);
}

/// Fusing twice gives the same: nothing is written to encodings, raw inputs or what the model holds.
void expect_no_trace(const SplitTrial& trial) {
  std::vector<at::Tensor> encodings;
  for (const std::size_t modality : {0U, 1U}) {
    if (trial.split().encoding_count(modality) == 0) continue;
    for (const at::Tensor& encoding : trial.split().encode(modality, std::vector<at::Tensor>{kPair[modality].data})) {
      encodings.push_back(encoding);
    }
  }
  std::vector<at::Tensor> raw;
  for (const std::size_t input : trial.split().raw_inputs()) raw.push_back(kPair[input].data);
  const at::Tensor first = trial.split().fuse(encodings, raw).clone();
  EXPECT_TRUE(first.equal(trial.split().fuse(encodings, raw)));
}

TEST(SplitInPlace, KeepsTheLastWriteInItsEncoder) {
  const SplitTrial trial(
      R"(def forward(self, a, b):
  x = torch.linear(a, self.w)
  if x.dim() != 2:
    x = x.unsqueeze(0)
  torch.relu_(x)
  return torch.cat([x, torch.tanh(b)], 1))",
      kPair, {weight("w", {4, 4})});
  trial.expect_same_results();
  EXPECT_EQ(trial.split().raw_inputs(), kNone);
  EXPECT_EQ(trial.split().encoding_count(0), 1U);
  const at::Tensor encoded = encode_a(trial);
  EXPECT_TRUE((encoded >= 0.0).all().item<bool>());
  EXPECT_TRUE((encoded == 0.0).any().item<bool>());
}

TEST(SplitInPlace, SplitsAfterAnInPlaceWriteToACheckedLinear) {
  // As Linear, BatchNorm and ReLU(inplace=True) come out of a script.
  const SplitTrial trial(
      R"(def forward(self, a, b):
  x = torch.linear(a, self.w)
  assert x.dim() == 2, 'expected two dimensions'
  y = torch.relu_(x)
  return torch.cat([y, torch.tanh(b)], 1) @ self.head)",
      kPair, {weight("w", {3, 4}), weight("head", {7, 2}, 2)});
  trial.expect_same_results();
  EXPECT_EQ(trial.split().raw_inputs(), kNone);
  EXPECT_EQ(trial.split().encoding_count(0), 1U);
  EXPECT_TRUE((encode_a(trial) >= 0.0).all().item<bool>());
}

struct Text {
  const char* name;
  const char* forward;
};

class ReadsAndWrites : public testing::TestWithParam<Text> {};

TEST_P(ReadsAndWrites, KeepTheirOrder) {
  const SplitTrial trial(GetParam().forward, kPair, {weight("w", {4, 4})});
  trial.expect_same_results();
  if (trial.is_split()) expect_no_trace(trial);
}

INSTANTIATE_TEST_SUITE_P(Forms, ReadsAndWrites,
                         testing::Values(Text{"ReadBetweenTwoWrites", R"(def forward(self, a, b):
  x = torch.tanh(torch.relu(a @ self.w) @ self.w)
  x.add_(1.0)
  early = x * 2.0
  x.mul_(3.0)
  late = torch.tanh(x)
  return early + late * torch.tanh(b))"},
                                         Text{"BothReadBeforeTheLastWrite", R"(def forward(self, a, b):
  x = torch.tanh(torch.relu(a @ self.w) @ self.w)
  y = x + 0.0
  early = y + torch.tanh(b)
  y.mul_(3.0)
  return early * y)"},
                                         Text{"APieceOfWhatIsReadLater", R"(def forward(self, a, b):
  gates = torch.tanh(a @ self.w)
  reset, update = torch.chunk(gates, 2, 1)
  reset = torch.exp_(reset)
  return torch.cat([update, reset], 1) * gates + torch.tanh(b))"},
                                         Text{"TakenForAnotherType", R"(def forward(self, a, b):
  x = torch.tanh(a @ self.w)
  y = x.type_as(b).clamp_(0.0)
  return (x + y) * torch.tanh(b))"},
                                         Text{"NothingDroppedOut", R"(def forward(self, a, b):
  x = torch.tanh(a @ self.w)
  y = torch.dropout(x, 0.0, True).clamp_(0.0)
  return (x + y) * torch.tanh(b))"},
                                         Text{"PiecesOfAnotherType", R"(def forward(self, a, b):
  x = torch.tanh(a @ self.w)
  left, right = torch.chunk(x.type_as(b), 2, 1)
  left = left.clamp_(0.0)
  return (x + torch.cat([right, left], 1)) * torch.tanh(b))"},
                                         Text{"PiecesInALoop", R"(def forward(self, a, b):
  x = a @ self.w
  y = a + 1.0
  for step in range(a.size(1) // 2):
    left, right = torch.chunk(y, 2, 1)
    left = left.add_(1.0)
    x = x + torch.cat([left, right], 1)
  return x * torch.tanh(b))"},
                                         Text{"BothReadThroughAView", R"(def forward(self, a, b):
  x = torch.tanh(a @ self.w)
  y = x + 0.0
  early = y[:, :2] * torch.tanh(b)[:, 2:]
  y[:, 0].mul_(-3.0)
  return torch.cat([early, y], 1))"},
                                         Text{"ViewOutlivesAWrite", R"(def forward(self, a, b):
  x = torch.tanh(a @ self.w)
  y = x + 0.0
  view = y.view([-1, 2, 2])
  y.mul_(-3.0)
  return view.flatten(1) * torch.tanh(b) + y)"},
                                         Text{"FusionWritesToAnEncoding", R"(def forward(self, a, b):
  x = torch.tanh(a @ self.w)
  y = torch.tanh(b)
  x.add_(y)
  y.mul_(x)
  return x - y)"},
                                         Text{"FusionWritesToItsOwnSum", R"(def forward(self, a, b):
  x = torch.relu(a @ self.w)
  out = x + torch.tanh(b)
  out.add_(x)
  torch.sigmoid_(out)
  return out * x)"},
                                         Text{"FusionWritesBesideAView", R"(def forward(self, a, b):
  x = torch.tanh(a @ self.w)
  y = x + 0.0
  view = y.view([-1, 2, 2])
  y.mul_(torch.tanh(b))
  return view.flatten(1) * 2.0 + y)"},
                                         Text{"WriteInABranch", R"(def forward(self, a, b):
  x = torch.tanh(a @ self.w)
  y = x + 0.0
  early = y * 2.0
  if a.size(1) > 3:
    y.mul_(-3.0)
  return early + y * torch.tanh(b))"},
                                         Text{"FusionWritesBesideATable", R"(def forward(self, a, b):
  table = torch.arange(a.size(1)).float() + 0.5
  x = torch.relu(a @ self.w)
  out = x * torch.tanh(b) + table
  out.mul_(table)
  return out.add_(x))"},
                                         Text{"FusionWritesToATable", R"(def forward(self, a, b):
  table = torch.arange(a.size(1)).float() + 0.5
  x = torch.relu(a @ self.w)
  table.add_(torch.tanh(b).size(1))
  table.mul_(2.0)
  return x * torch.tanh(b) + table)"},
                                         Text{"RowsOfATableAreWritten", R"(def forward(self, a, b):
  table = torch.arange(a.size(1)).float().unsqueeze(0).repeat([a.size(0), 1])
  table.add_(torch.tanh(b))
  return torch.relu(a @ self.w) + table)"}),
                         [](const testing::TestParamInfo<Text>& parameter) {
                           return std::string(parameter.param.name);
                         });

TEST(SplitInPlace, LeavesAComparisonInPlaceToTheWholeModel) {
  const SplitTrial trial(R"(def forward(self, a, b):
  x = torch.relu(a @ self.w)
  y = x.gt_(0.1)
  return (y + y) * torch.tanh(b))",
                         kPair, {weight("w", {4, 4})});
  EXPECT_EQ(trial.reason(), "it compares in place");
}

TEST(SplitConstant, IsKeptByTheModelAndNoEncoding) {
  const SplitTrial trial(
      R"(def forward(self, a, b):
  table = torch.sin(torch.arange(a.size(1)).float() + 0.5)
  return torch.relu(a @ self.w) + torch.tanh(b) * table)",
      kPair, {weight("w", {4, 4})});
  trial.expect_same_results();
  EXPECT_EQ(trial.split().encoding_count(0), 1U);
  EXPECT_EQ(trial.split().encoding_count(1), 1U);
  EXPECT_EQ(encode_a(trial).sizes(), (std::vector<std::int64_t>{kRows, 4}));
  EXPECT_EQ(trial.split().raw_inputs(), kNone);
  expect_no_trace(trial);
}

TEST(SplitConstant, MayBeAllThatAModalityGives) {
  const SplitTrial trial(
      "def forward(self, a, b): return torch.tanh(b) * torch.sin(torch.arange(a.size(1)).float() + 0.5)", kPair);
  trial.expect_same_results();
  EXPECT_EQ(trial.split().encoding_count(0), 0U);
  EXPECT_EQ(trial.split().encoding_count(1), 1U);
  EXPECT_EQ(trial.split().raw_inputs(), kNone);
}

TEST(SplitConstant, IsBetweenEncodings) {
  const SplitTrial trial(
      R"(def forward(self, a, b):
  x = torch.relu(a @ self.w)
  first = torch.sin(torch.arange(a.size(1)).float() + 0.5)
  y = torch.tanh(a)
  second = torch.cos(torch.arange(b.size(1)).float())
  z = torch.sigmoid(b)
  return (x * z + first) * (y + z * second) - torch.exp(z))",
      kPair, {weight("w", {4, 4})});
  trial.expect_same_results();
  EXPECT_EQ(trial.split().encoding_count(0), 2U);
  EXPECT_EQ(trial.split().raw_inputs(), kNone);
  expect_no_trace(trial);
}

/// A gru of two layers on b.
std::string recurrent(const std::string& dropout, const std::string& train) {
  return R"(def forward(self, a, b):
  state = torch.zeros([2, b.size(0), 3])
  weights = [self.wi, self.wh, self.bi, self.bh, self.vi, self.wh, self.bi, self.bh]
  read = torch.gru(b.unsqueeze(2), state, weights, True, 2, )" +
         dropout + ", " + train + R"(, False, True)[0][:, -1]
  return torch.relu(a)[:, :3] * read)";
}

const std::vector<ModelParameter> kRecurrentWeights = {weight("wi", {9, 1}, 3), weight("wh", {9, 3}, 4),
                                                       weight("vi", {9, 3}, 7), weight("bi", {9}, 5),
                                                       weight("bh", {9}, 6)};

TEST(SplitRandom, SplitsARecurrentLayerOutsideOfTraining) {
  const SplitTrial trial(recurrent("0.5", "False"), kPair, kRecurrentWeights);
  trial.expect_same_results();
  EXPECT_EQ(trial.split().encoding_count(1), 1U);
}

TEST(SplitRandom, SplitsARecurrentLayerThatDropsNothingOut) {
  SplitTrial(recurrent("0.0", "True"), kPair, kRecurrentWeights).expect_same_results();
}

TEST(SplitRandom, RefusesARecurrentLayerThatDropsOut) {
  EXPECT_EQ(SplitTrial(recurrent("0.5", "True"), kPair, kRecurrentWeights).reason(), "it draws random numbers");
}

}  // namespace
}  // namespace modattr::split_in_place_test
