// How much of a model its encoders take: forms of real models that must not end up in the fusion.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "split_trial.h"

namespace modattr::split_reach_test {
namespace {

constexpr std::int64_t kRows = SplitTrial::kRowCount;
const std::vector<TrialInput> kPair = {{"a", 0, floats({kRows, 4}, 3)}, {"b", 1, floats({kRows, 4}, 4)}};
const std::vector<std::size_t> kNone = {};

struct Text {
  const char* name;
  const char* forward;
  std::size_t most_of_fusion;
};

class SplitReach : public testing::TestWithParam<Text> {};

TEST_P(SplitReach, LeavesLittleToTheFusion) {
  const SplitTrial trial(GetParam().forward, kPair, {weight("w", {4, 4}), weight("v", {2, 2})});
  ASSERT_TRUE(trial.is_split()) << trial.reason();
  trial.expect_same_results();
  trial.expect_same_results({floats({kRows, 4}, 11), floats({kRows, 4}, 12)}, 1e-5);
  EXPECT_EQ(trial.split().raw_inputs(), kNone);
  EXPECT_LE(trial.split().fusion_size().operation_count, GetParam().most_of_fusion);
  for (const std::size_t modality : {0U, 1U}) EXPECT_EQ(trial.split().encoding_count(modality), 1U);
}

INSTANTIATE_TEST_SUITE_P(Inputs, SplitReach,
                         testing::Values(Text{"ScaledInPlace", R"(def forward(self, a, b):
  x = a.float()
  x.div_(255.0).sub_(0.5)
  return torch.relu(x @ self.w) * torch.tanh(b))",
                                              1},
                                         Text{"AddedToThroughAView", R"(def forward(self, a, b):
  x = a.view([-1, 2, 2])
  x += self.v
  return torch.relu(x.flatten(1) @ self.w) * torch.tanh(b))",
                                              1},
                                         Text{"WrittenToInPart", R"(def forward(self, a, b):
  a[:, 0] = 0.0
  x = torch.relu(a @ self.w)
  return x * torch.tanh(b))",
                                              1},
                                         Text{"SizedAfterAWrite", R"(def forward(self, a, b):
  a -= 0.5
  state = torch.zeros([a.size(0), a.size(1)]) + torch.tanh(b)
  return torch.relu(a @ self.w) * state)",
                                              1}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

INSTANTIATE_TEST_SUITE_P(Pieces, SplitReach,
                         testing::Values(Text{"SideBySide", R"(def forward(self, a, b):
  frames = torch.relu(a.view([-1, 2]) @ self.v)
  read = torch.tanh(b)[:, :2].repeat_interleave(2, 0)
  return (frames * read).view([-1, 4]))",
                                              2},
                                         Text{"RowByRow", R"(def forward(self, a, b):
  twice = torch.relu(torch.cat([a, a * 2.0]))
  read = torch.tanh(b @ self.w).repeat([2, 1])
  return (twice * read).view([2, -1, 4]).sum(0))",
                                              3},
                                         Text{"InAnInnerDimension", R"(def forward(self, a, b):
  frames = torch.relu(a.view([-1, 2]) @ self.v).t()
  read = torch.tanh(b)[:, :2].repeat_interleave(2, 0).t()
  return (frames * read).t().reshape([-1, 4]))",
                                              4}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(SplitReachOfRecurrent, FreezesWeightsBesideAWrittenInput) {
  const SplitTrial trial(
      R"(def forward(self, a, b):
  x = a.float()
  x.div_(255.0)
  steps = b.view([-1, 2, 2])
  read, last = torch.gru(steps, torch.zeros([1, b.size(0), 2]), [self.wi, self.wh, self.bi, self.bh], True, 1, 0.0, False, False, True)
  return torch.relu(x @ self.w) * torch.cat([last[0], read[:, 0]], 1))",
      kPair, {weight("w", {4, 4}), weight("wi", {6, 2}), weight("wh", {6, 2}), weight("bi", {6}), weight("bh", {6})});
  trial.expect_same_results();
  EXPECT_EQ(trial.split().raw_inputs(), kNone);
  EXPECT_LE(trial.split().fusion_size().operation_count, 1U);
}

TEST(SplitReachOfRecurrent, FreezesWeightsBesideScaledBytes) {
  const SplitTrial trial(R"(def forward(self, a, b):
  x = a.float()
  x /= 255.0
  x = torch.einsum('bi,ij->bj', [x, self.w])
  return torch.relu(x) * torch.tanh(b))",
                         {{"a", 0, integers({kRows, 4}, 256, 1).to(at::kByte)}, kPair[1]}, {weight("w", {4, 4})});
  trial.expect_same_results();
  EXPECT_LE(trial.split().fusion_size().operation_count, 1U);
}

TEST(SplitReachOfRecurrent, ReadsWeightsBesideAWrittenPiece) {
  // The pieces lie in a list, as the weights do: freezing leaves all of them in the module.
  const SplitTrial trial(
      R"(def forward(self, a, b):
  q, k = torch.chunk(torch.relu(a @ self.w), 2, 1)
  q *= 0.5
  steps = b.view([-1, 2, 2])
  read, last = torch.gru(steps, torch.zeros([1, b.size(0), 2]), [self.wi, self.wh, self.bi, self.bh], True, 1, 0.0, False, False, True)
  return torch.cat([q, k], 1) * torch.cat([last[0], read[:, 0]], 1))",
      kPair, {weight("w", {4, 4}), weight("wi", {6, 2}), weight("wh", {6, 2}), weight("bi", {6}), weight("bh", {6})});
  trial.expect_same_results();
  EXPECT_EQ(trial.split().raw_inputs(), kNone);
  EXPECT_LE(trial.split().fusion_size().operation_count, 1U);
}

INSTANTIATE_TEST_SUITE_P(Lists, SplitReach,
                         testing::Values(Text{"OfFeatureMaps", R"(def forward(self, a, b):
  maps: List[Tensor] = []
  x = torch.tanh(a @ self.w)
  maps.append(x)
  maps.append(torch.relu_(x @ self.w))
  return (maps[0] + maps[1]) * torch.tanh(b))",
                                              1},
                                         Text{"OfBothModalities", R"(def forward(self, a, b):
  maps: List[Tensor] = []
  maps.append(torch.relu_(a @ self.w))
  maps.append(torch.tanh_(b * 2.0))
  return torch.stack(maps).sum(0))",
                                              3}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

INSTANTIATE_TEST_SUITE_P(Tables, SplitReach,
                         testing::Values(Text{"OfPositions", R"(def forward(self, a, b):
  table = torch.zeros([4, 2])
  table[:, 0] = 1.0
  table[1:, 1] = 0.5
  x = torch.tanh(a.unsqueeze(2) + table.unsqueeze(0)).sum(2)
  return torch.relu(x @ self.w) * torch.tanh(b))",
                                              1}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

INSTANTIATE_TEST_SUITE_P(Branches, SplitReach,
                         testing::Values(Text{"InABranch", R"(def forward(self, a, b):
  x = torch.relu(a)
  y = torch.tanh(b)
  if x.dim() == 2:
    y = y @ self.w
    if x.size(1) == y.size(1):
      y = torch.zeros([x.size(0), 4]) + y
  return x * y)",
                                              1},
                                         Text{"OfFlags", R"(def forward(self, a, b):
  x = torch.relu(a)
  if any([x.dim() == 3, bool(self.w.size(0) == 3)]) or torch.is_grad_enabled():
    x = x.sum(1, keepdim=True)
  return x * torch.tanh(b))",
                                              1},
                                         Text{"OfFlagsInALoop", R"(def forward(self, a, b):
  x = torch.relu(a)
  for step in range(a.size(1) // 2):
    if any([step == 1, x.dim() == 3]):
      x = torch.tanh(x @ self.w)
  return x * torch.tanh(b))",
                                              1},
                                         Text{"OfGradients", R"(def forward(self, a, b):
  x = torch.relu(a)
  y = torch.tanh(b)
  if torch.is_grad_enabled():
    y = y @ self.w + x
  return x * y)",
                                              1},
                                         Text{"OfNestedTensors", R"(def forward(self, a, b):
  x = torch.relu(a)
  y = torch.tanh(b)
  if x.is_nested or y.is_nested:
    y = y @ self.w + x
  return x * y)",
                                              1}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

INSTANTIATE_TEST_SUITE_P(Cells, SplitReach,
                         testing::Values(Text{"WhoseGatesAreWrittenInPlace", R"(def forward(self, a, b):
  gates = torch.matmul(a, self.w)
  gates += a
  reset, update = torch.unsafe_chunk(gates, 2, 1)
  reset = torch.sigmoid_(reset)
  update = torch.tanh_(update)
  return torch.cat([reset, update], 1) * torch.tanh(b))",
                                              1},
                                         Text{"ThatDropNothingOut", R"(def forward(self, a, b):
  x = torch.dropout(torch.relu(a @ self.w), 0.0, True)
  return x * torch.tanh(b))",
                                              1}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(SplitReachOfReturns, SpecialisesShapesBesideValuesThatAreNotMade) {
  const SplitTrial trial(R"(def forward(self, a, b):
  x = torch.relu(a)
  y = torch.zeros([x.size(0), 4]) + torch.tanh(b)
  for step in range(a.size(1) // 2):
    if step == 1:
      return x * y
  return x)",
                         kPair);
  trial.expect_same_results();
  EXPECT_GE(trial.split().encoder_size(1).operation_count, 3U);
}

TEST(SplitReachOfOutputs, ComputesTheChosenOneAlone) {
  const std::string body = R"(def forward(self, a, b):
  x = torch.relu(a @ self.w)
  y = torch.tanh(b @ self.w)
  hidden = torch.sigmoid(torch.cat([x, torch.tanh(x), y], 1))
  )";
  for (const auto& [last, selector] : {std::pair<std::string, OutputSelector>{"return hidden, x * y", std::size_t{1}},
                                       {"return [hidden, x * y]", std::size_t{1}},
                                       {"return {'hidden': hidden, 'logits': x * y}", std::string("logits")},
                                       {"return {'logits': x * y}", std::size_t{0}}}) {
    const SplitTrial trial(body + last, kPair, {weight("w", {4, 4})}, selector);
    ASSERT_TRUE(trial.is_split()) << last << trial.reason();
    trial.expect_same_results();
    EXPECT_EQ(trial.split().encoding_count(0), 1U) << last;
    EXPECT_EQ(trial.split().fusion_size().operation_count, 1U) << last;
  }
}

TEST(SplitReachOfDictionaries, ReadsByGet) {
  const SplitTrial trial(R"(def forward(self, inputs: Dict[str, Tensor]):
  read = torch.tanh(inputs['b'])
  mask = inputs.get('mask')
  if mask is not None:
    read = read * mask
  a = inputs.get('a')
  if a is not None:
    read = read * torch.relu(a)
  return read)",
                         kPair);
  trial.expect_same_results();
  EXPECT_LE(trial.split().fusion_size().operation_count, 1U);
}

}  // namespace
}  // namespace modattr::split_reach_test
