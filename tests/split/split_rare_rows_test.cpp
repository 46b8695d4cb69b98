// Rows that only other data than the probe binds together.

#include <string>
#include <vector>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "split_trial.h"

namespace modattr::split_rare_rows_test {
namespace {

constexpr std::int64_t kRows = SplitTrial::kRowCount;

const std::vector<TrialInput> kPair = {{"a", 0, floats({kRows, 4}, 3)}, {"b", 1, floats({kRows, 4}, 4)}};

struct Rare {
  const char* name;
  const char* forward;
};

class RareRows : public testing::TestWithParam<Rare> {};

TEST_P(RareRows, GiveTheSameInParts) {
  // No probe row holds a 7 or lacks its data; other rows do.
  const at::Tensor words = integers({kRows, 4}, 7);
  at::Tensor probe = words.clone();
  probe[0][0] = 9;
  const SplitTrial trial(GetParam().forward,
                         {kPair[0], {"has", 0, at::ones({kRows, 2}, at::kBool)}, {"words", 1, probe}},
                         {weight("w", {10, 4})});
  if (!trial.is_split()) return;
  trial.expect_same_results();
  at::Tensor others = probe.clone();
  others[3][2] = 7;
  others[9][1] = 7;
  const at::Tensor lacking = (integers({kRows, 2}, 3, 8) != 0);
  trial.expect_same_results({kPair[0].data, lacking, others}, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Forms, RareRows,
                         testing::Values(Rare{"PiecesOfFlags", R"(def forward(self, a, has, words):
  rows = a.size(0)
  m = torch.cat([has[:, 0:1], has[:, 1:2]], 0)
  t = self.w[words].mean(1)
  y = torch.cat([t, t], 0) * m
  return a * (y[:rows] - 3.0 * y[rows:]))"},
                                         Rare{"FlagInABranch", R"(def forward(self, a, has, words):
  t = self.w[words].mean(1)
  if words.size(0) != 0:
    t = t + (words == 7).any()
  return a * t)"},
                                         Rare{"FlagInALoop", R"(def forward(self, a, has, words):
  t = self.w[words].mean(1)
  for i in range(words.size(1)):
    t = t + (words[:, i] == 7).any()
  return a * t)"},
                                         Rare{"FlagInATable", R"(def forward(self, a, has, words):
  s = torch.zeros([1, 4])
  s[:].addmm_(torch.ones([1, words.size(0)]), (words == 7).float())
  return a * (self.w[words].mean(1) + s))"},
                                         Rare{"SumOfFlags", R"(def forward(self, a, has, words):
  t = self.w[words].mean(1)
  return a * (t + (words == 7).any(1).float().cumsum(0).unsqueeze(1)))"},
                                         Rare{"DataOfAnotherRow", R"(def forward(self, a, has, words):
  x = torch.where(has[:, :1], a, a.roll(1, 0))
  return torch.relu(x) * self.w[words].mean(1))"},
                                         Rare{"CountOfItsLike", R"(def forward(self, a, has, words):
  same = (words.unsqueeze(1) == words.unsqueeze(0)).all(2).float()
  return a * self.w[words].mean(1) / same.sum(1, keepdim=True))"},
                                         Rare{"SelectionThatCrosses", R"(def forward(self, a, has, words):
  kept = torch.relu(a)[has[:, 0]]
  out = torch.zeros_like(a)
  out[has[:, 0]] = kept
  return out * self.w[words].mean(1))"}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(RareWords, AreSeenByTheFlagOfTheirBatch) {
  // No probe row holds a 7.
  const at::Tensor words = integers({kRows, 4}, 7);
  const SplitTrial trial(R"(def forward(self, a, words):
  y = torch.tanh(self.w[words].flatten(1))
  y = torch.where((words == 7).any(), y * 2.0, y)
  return torch.cat([torch.relu(a), y], 1))",
                         {kPair[0], {"words", 1, words}}, {weight("w", {8, 3})});
  trial.expect_same_results();
  at::Tensor others = words.clone();
  others[3][2] = 7;
  trial.expect_same_results({kPair[0].data, others}, 1e-5);
}

TEST(RareWords, AreSeenByAFlagInsideABranch) {
  // A word that no row that the proof makes up holds.
  const at::Tensor words = integers({kRows, 4}, 400).masked_fill(integers({kRows, 4}, 400) == 311, 312);
  const SplitTrial trial(R"(def forward(self, a, words):
  y = torch.tanh(self.w[words].mean(1))
  if words.size(0) != 0:
    y = y + (words == 311).any()
  return torch.relu(a) * y)",
                         {kPair[0], {"words", 1, words}}, {weight("w", {400, 4})});
  trial.expect_same_results();
  at::Tensor others = words.clone();
  others[3][2] = 311;
  trial.expect_same_results({kPair[0].data, others}, 1e-5);
}

TEST(RareSequences, ChangeTheOthersByTheLengthOfTheLongest) {
  // One row alone may be long, which the probe does not hold and the proof does not make up.
  const SplitTrial trial(R"(def forward(self, a, words):
  lengths, order = torch.sort(1 + 3 * (words == 7).all(1).long(), 0, True)
  data, sizes = torch._pack_padded_sequence(self.w[words].index_select(0, order), lengths, True)
  y = torch.tanh(self.w[words].mean(1))
  if sizes.size(0) > 2:
    y.mul_(2.0)
  return a * y)",
                         {kPair[0], {"words", 1, integers({kRows, 4}, 7)}}, {weight("w", {10, 4})});
  EXPECT_EQ(trial.reason(), "it reads how long the packed sequences of a batch are");
}

TEST(PiecesThatLookAlike, StayInTheFusion) {
  // All flags are set: whether the pieces of a row lie side by side does not show.
  const SplitTrial trial(R"(def forward(self, a, has):
  rows = a.size(0)
  m = torch.cat([has[:, 0:1], has[:, 1:2]], 0)
  y = torch.cat([torch.relu(a), torch.relu(a)], 0) * m
  return y[:rows] - 3.0 * y[rows:])",
                         {kPair[0], {"has", 1, at::ones({kRows, 2}, at::kBool)}});
  trial.expect_same_results();
  trial.expect_same_results({kPair[0].data, integers({kRows, 2}, 2, 8) != 0}, 1e-5);
}

}  // namespace
}  // namespace modattr::split_rare_rows_test
