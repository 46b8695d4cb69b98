// Sizes, types and places that one modality's part takes from another's data, or from nowhere.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "split_trial.h"

namespace modattr::constant_shapes_test {
namespace {

constexpr std::int64_t kRows = SplitTrial::kRowCount;

const std::vector<TrialInput> kPair = {{"a", 0, floats({kRows, 4}, 3)}, {"b", 1, floats({kRows, 4}, 4)}};

struct Text {
  const char* name;
  const char* forward;
  /// Operations that the encoder of `b` has at least.
  std::size_t least_of_b;
  std::size_t most_of_fusion;
};

class ConstantShapes : public testing::TestWithParam<Text> {};

TEST_P(ConstantShapes, LeaveAModalityInItsEncoder) {
  const SplitTrial trial(GetParam().forward, kPair, {weight("w", {4, 4})});
  ASSERT_TRUE(trial.is_split()) << trial.reason();
  trial.expect_same_results();
  EXPECT_GE(trial.split().encoder_size(1).operation_count, GetParam().least_of_b);
  EXPECT_LE(trial.split().fusion_size().operation_count, GetParam().most_of_fusion);
  EXPECT_EQ(trial.split().raw_inputs(), std::vector<std::size_t>{});
}

INSTANTIATE_TEST_SUITE_P(Forms, ConstantShapes,
                         testing::Values(Text{"RowsOfTheOther", R"(def forward(self, a, b):
  state = torch.zeros([a.size(0), 4])
  state = torch.tanh(state + b @ self.w)
  return torch.relu(a) * state)",
                                              4, 1},
                                         Text{"TypeAndPlaceOfTheOther", R"(def forward(self, a, b):
  mask = torch.ones([b.size(1)], dtype=a.dtype, device=a.device)
  return torch.relu(a) * torch.tanh(b * mask @ self.w))",
                                              3, 1},
                                         Text{"ShapeOfTheOther", R"(def forward(self, a, b):
  rows, width = a.shape
  return torch.relu(a) * torch.tanh(b.view([rows, width // 2, 2]).flatten(1) @ self.w))",
                                              4, 1},
                                         Text{"SizeOfAnEncoding", R"(def forward(self, a, b):
  seen = torch.relu(a).view([-1, 2, 2])
  read = torch.tanh(b.view([seen.size(0), seen.size(1), seen.size(2)]))
  return (seen * read).flatten(1))",
                                              2, 2},
                                         Text{"SizeInABranch", R"(def forward(self, a, b):
  if a.dim() == 4:
    a = a.flatten(1)
  read = torch.tanh(b)
  if a.size(0) == b.size(0):
    read = read @ self.w
  return torch.relu(a) * read)",
                                              2, 1},
                                         Text{"SizeInALoop", R"(def forward(self, a, b):
  read = torch.tanh(b)
  for step in range(a.size(1)):
    read = torch.tanh(read @ self.w + torch.zeros([a.size(0), 4]))
  return torch.relu(a) * read)",
                                              2, 1},
                                         Text{"NumbersOfTheRows", R"(def forward(self, a, b):
  places = torch.arange(a.size(0))
  read = torch.tanh(b)
  return (torch.relu(a) * read)[places] + read[places])",
                                              1, 6},
                                         Text{"FilledTable", R"(def forward(self, a, b):
  table = torch.zeros([a.size(0), 4])
  table += 1.0
  table[:, 0] = 2.0
  return torch.relu(a) * table + torch.tanh(b * table))",
                                              5, 8},
                                         Text{"SizesOfAWrittenEncoding", R"(def forward(self, a, b):
  x = torch.relu(a)
  x.view([-1, 2, 2])[:, 0].mul_(3.0)
  state = torch.zeros([x.size(0), x.size(1)]) + torch.tanh(b @ self.w)
  return x * state)",
                                              3, 1},
                                         Text{"LikeTheOther", R"(def forward(self, a, b):
  x = torch.relu(a)
  state = torch.zeros_like(x) + torch.ones_like(a) + torch.full_like(a, 2.0)
  return x * (state + torch.tanh(b @ self.w)))",
                                              4, 1},
                                         Text{"NewOfTheOther", R"(def forward(self, a, b):
  x = torch.relu(a)
  state = x.new_zeros([b.size(0), 4]) + a.new_ones([4]) + x.new_full([1, 4], 2.0)
  return x * (state + torch.tanh(b @ self.w)))",
                                              4, 1},
                                         Text{"NewOfPiecesOfTheOther", R"(def forward(self, a, b):
  x = torch.relu(a)
  pieces = x.view([-1, 2])
  state = pieces.new_zeros([4]) + torch.tanh(b @ self.w).to(pieces)
  return x * state)",
                                              4, 1},
                                         Text{"TypeOfTheOther", R"(def forward(self, a, b):
  x = torch.relu(a)
  y = torch.tanh(b.double()).type_as(x)
  return x * (y.to(a) @ self.w))",
                                              4, 1},
                                         Text{"ViewAsTheOther", R"(def forward(self, a, b):
  x = torch.relu(a).view([-1, 2, 2])
  y = torch.tanh(b @ self.w)
  part = y[:, 0].view([-1, 1, 1]).expand_as(x)
  return (x * (y.view_as(x) + part)).flatten(1))",
                                              6, 2},
                                         Text{"WrittenTable", R"(def forward(self, a, b):
  table = torch.zeros([a.size(0), 4])
  table[:, 1] = torch.tanh(b)[:, 0]
  return torch.relu(a) + table)",
                                              5, 1}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(ConstantShapesOfBytes, ScaleInPlaceInTheirEncoder) {
  const SplitTrial trial(R"(def forward(self, a, b):
  x = a.float()
  x /= 255.0
  y = torch.zeros([a.size(0), 4], device=a.device)
  y += torch.tanh(b)
  return torch.relu(x) * y)",
                         {{"a", 0, integers({kRows, 4}, 256, 1).to(at::kByte)}, kPair[1]});
  trial.expect_same_results();
  EXPECT_EQ(trial.split().raw_inputs(), std::vector<std::size_t>{});
  EXPECT_LE(trial.split().fusion_size().operation_count, 1U);
}

TEST(ConstantShapesOfBytes, AnswerWhetherADictionaryHasAKey) {
  const SplitTrial trial(R"(def forward(self, inputs: Dict[str, Tensor]):
  read = torch.tanh(inputs['b'])
  if 'mask' in inputs:
    read = read * inputs['mask']
  if 'a' in inputs:
    read = read * torch.relu(inputs['a'])
  return read)",
                         kPair);
  trial.expect_same_results();
  EXPECT_LE(trial.split().fusion_size().operation_count, 1U);
}

// What may not be specialised: the sizes follow content, the number of rows in another way, or a later change.

class VaryingShapes : public testing::TestWithParam<Text> {};

/// A flag per row, which none of the rows that are probed has.
std::vector<TrialInput> with_flags() {
  return {kPair[0], {"has", 0, at::ones({kRows}, at::kBool)}, kPair[1]};
}

class SizesOfSelections : public testing::TestWithParam<Text> {};

TEST_P(SizesOfSelections, AreReadFromTheBatch) {
  const SplitTrial trial(GetParam().forward, with_flags(), {weight("w", {4, 4})});
  if (!trial.is_split()) return;
  trial.expect_same_results();
  // Every third row lacks its data.
  trial.expect_same_results({kPair[0].data, at::arange(kRows).remainder(3).ne(0), kPair[1].data}, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Forms, SizesOfSelections,
                         testing::Values(Text{"MissingRows", R"(def forward(self, a, has, b):
  x = torch.relu(a)
  lost = x[~has]
  if lost.numel() > 0:
    x = torch.where(has.unsqueeze(1), x, self.w[0])
  return x * torch.tanh(b))",
                                              0, 0},
                                         Text{"SizeOfMissingRows", R"(def forward(self, a, has, b):
  x = torch.relu(a)
  if x[has].size(0) != a.size(0):
    x = torch.where(has.unsqueeze(1), x, self.w[0])
  return x * torch.tanh(b))",
                                              0, 0},
                                         Text{"InABranch", R"(def forward(self, a, has, b):
  x = torch.relu(a)
  lost = x
  if a.size(1) > 1:
    lost = x[~has]
  if lost.size(0) > 0:
    x = torch.where(has.unsqueeze(1), x, self.w[0])
  return x * torch.tanh(b))",
                                              0, 0}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(ConstantLists, StayTheModelsToChange) {
  // The list is the model's own: it shrinks, and must be whole again in the next call.
  for (const char* forward : {R"(def forward(self, a, b):
  z = torch.relu(a) * torch.tanh(b)
  s = z[0].size()
  last = s.pop()
  s.append(last // 2)
  return z.view([-1, s[0] * 2]))",
                              R"(def forward(self, a, b):
  s = a.size()
  last = s.pop()
  return (torch.relu(a) * torch.tanh(b)).view([s[0], last]))"}) {
    const SplitTrial trial(forward, kPair);
    trial.expect_same_results();
    trial.expect_same_results();
  }
}

TEST_P(VaryingShapes, AreReadAgain) {
  const SplitTrial trial(GetParam().forward, kPair, {weight("w", {4, 4})});
  if (!trial.is_split()) return;
  trial.expect_same_results();
  trial.expect_same_results({floats({kRows, 4}, 11) + 0.9, floats({kRows, 4}, 12) - 0.9}, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Forms, VaryingShapes,
                         testing::Values(Text{"SizeOfASelection", R"(def forward(self, a, b):
  found = (a > 0.5).nonzero()
  return torch.relu(a) + torch.tanh(b) * found.size(0))",
                                              0, 0},
                                         Text{"SizeBehindASelection", R"(def forward(self, a, b):
  found = torch.relu(a[a > 0.5] * 2.0)
  width = found.size(0) % 3 + 1
  return torch.relu(a) + torch.tanh(b)[:, :width].sum(1, keepdim=True))",
                                              0, 0},
                                         Text{"TwiceTheRows", R"(def forward(self, a, b):
  doubled = torch.cat([torch.relu(a), torch.relu(a)])
  return torch.tanh(b) * doubled.size(0) + doubled[:a.size(0)])",
                                              0, 0},
                                         Text{"AtLeastEightRows", R"(def forward(self, a, b):
  padded = torch.relu(a)
  if a.size(0) < 8:
    padded = torch.cat([padded, torch.zeros([8 - a.size(0), 4])])
  return torch.tanh(b) * padded.size(0) + padded[:a.size(0)])",
                                              0, 0},
                                         Text{"TurnedInABranch", R"(def forward(self, a, b):
  turned = torch.relu(a)
  if bool((a > 1.0).any()):
    turned.unsqueeze_(0)
  return torch.tanh(b) * turned.dim() + turned.view([-1, 4]))",
                                              0, 0},
                                         Text{"TurnedInPlace", R"(def forward(self, a, b):
  turned = torch.relu(a)
  turned.unsqueeze_(0)
  return torch.tanh(b) * turned.size(0) + turned.squeeze(0))",
                                              0, 0}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace modattr::constant_shapes_test
