// What operations tell of rows.

#include <string>
#include <vector>

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "split/split_trial.h"

namespace modattr::batch_axis_flow_test {
namespace {

constexpr std::int64_t kRows = SplitTrial::kRowCount;

// A picture, words and numbers; weights of all shapes that a form needs.
const std::vector<TrialInput> kInputs = {
    {"a", 0, floats({kRows, 3, 6, 6}, 3)}, {"words", 1, integers({kRows, 5}, 8, 4)}, {"x", 1, floats({kRows, 6}, 5)}};
const std::vector<ModelParameter> kWeights = {
    weight("w", {6, 6}),      weight("k", {4, 3, 3, 3}), weight("e", {8, 6}),   weight("b", {6}),
    weight("cls", {1, 1, 6}), weight("wi", {12, 6}),     weight("wh", {12, 4}), weight("bi", {12}),
    weight("li", {16, 6}),    weight("lh", {16, 4}),     weight("lb", {16}),    weight("many", {3, 6, 6}),
    weight("rows", {16, 6})};

struct Form {
  const char* name;
  /// Lines that make y of x, [rows, 6], of a or of words; the first is indented by two.
  const char* lines;
};

SplitTrial trial_of(const Form& form) {
  return {"def forward(self, a, words, x):\n  " + std::string(form.lines) +
              "\n  return torch.tanh(a.flatten(1)[:, :3]) * torch.relu(y.flatten(1)[:, :3])",
          kInputs, kWeights};
}

class KnownRows : public testing::TestWithParam<Form> {};

TEST_P(KnownRows, FollowRowByRow) {
  const SplitTrial trial = trial_of(GetParam());
  ASSERT_TRUE(trial.is_split()) << trial.reason();
  EXPECT_TRUE(trial.is_row_by_row());
  trial.expect_same_results();
}

INSTANTIATE_TEST_SUITE_P(
    Forms, KnownRows,
    testing::Values(
        Form{"NumberByNumber", "y = torch.where(x > 0, x * self.b + 1, torch.sigmoid(-x)).clamp(-2, 2)"},
        Form{"InPlace", "y = x * 2\n  y.add_(self.b).mul_(x)\n  y = torch.relu_(y)"},
        Form{"AlongDimensions", "y = torch.softmax(x, 1) * x.max(1, True)[0] - x.mean(-1).unsqueeze(1)"},
        Form{"Sorted", "y = x.sort(1)[0] + x.flip(1) + x.cumsum(1)"},
        Form{"Transposed", "y = x.view(x.size(0), 2, 3).permute(2, 0, 1).sum(2).t().repeat(1, 2)"},
        Form{"WindowsAndSlices", "y = x.unfold(1, 3, 1).sum(2)[:, 1:]"},
        Form{"Product", "y = torch.addmm(self.b, x @ self.w, self.w.t()) + torch.matmul(x.unsqueeze(1), self.w)[:, 0]"},
        Form{"Words", "y = self.e[0] + torch.embedding(self.e, words).sum(1)"},
        Form{"WordsAndAFirstOne",
             "z = torch.cat([self.cls.expand(x.size(0), -1, -1), torch.embedding(self.e, words)], 1)\n  y = z[:, 0] + "
             "z[:, 2]"},
        Form{"AttentionByHand",
             "t = torch.embedding(self.e, words)\n  q = t.view(x.size(0), 5, 2, 3).transpose(1, 2)\n  "
             "s = torch.matmul(q, q.transpose(2, 3)).masked_fill((words == 0)[:, None, None, :], -1e9)\n  "
             "y = torch.matmul(torch.softmax(s, -1), q).transpose(1, 2).reshape(x.size(0), 5, 6).mean(1)"},
        Form{"HeadsAsRows",
             "t = torch.embedding(self.e, words).transpose(0, 1)\n  "
             "q = t.contiguous().view(5, x.size(0) * 2, 3).transpose(0, 1)\n  "
             "s = torch.softmax(torch.bmm(q, q.transpose(1, 2)), -1)\n  "
             "y = torch.bmm(s, q).transpose(0, 1).contiguous().view(5, x.size(0), 6).mean(0)"},
        Form{
            "MaskedHeadsAsRows",
            "t = torch.embedding(self.e, words)\n  q = t.view(x.size(0), 5, 2, 3).transpose(1, 2).reshape(-1, 5, 3)\n  "
            "m = (words == 0).float().view(x.size(0), 1, 1, 5).expand(-1, 2, -1, -1).reshape(x.size(0) * 2, 1, 5)\n  "
            "s = torch.baddbmm(m, q, q.transpose(1, 2))\n  "
            "y = torch.bmm(s, q).view(x.size(0), 2, 5, 3).transpose(1, 2).flatten(2).sum(1)"},
        Form{"ManyMatrices", "y = torch.matmul(x, self.many).permute(1, 0, 2).sum(1)"},
        Form{"WordsAsRows",
             "t = torch.embedding(self.e, words).view(-1, 6) @ self.w\n  y = t.view(x.size(0), 5, 6).sum(1)"},
        Form{"Convolution",
             "z = torch.relu(torch.conv2d(a, self.k, None, 1, 1))\n  z = torch.max_pool2d(z, 2)\n  "
             "a = torch.adaptive_avg_pool2d(z, [2, 2])\n  y = x"},
        Form{"Recurrent",
             "t = torch.embedding(self.e, words)\n  h = torch.zeros(1, x.size(0), 4)\n  "
             "o, n = torch.gru(t, h, [self.wi, self.wh, self.bi, self.bi], True, 1, 0.0, False, False, True)\n  "
             "y = torch.cat([o[:, -1], n[0]], 1)"},
        Form{"RecurrentByTime",
             "t = torch.embedding(self.e, words).transpose(0, 1)\n  h = torch.zeros(1, x.size(0), 4)\n  "
             "o, n, c = torch.lstm(t, [h, h], [self.li, self.lh, self.lb, self.lb], True, 1, 0.0, False, False, "
             "False)\n  "
             "y = torch.cat([o[-1], n[0], c[0]], 1)"},
        Form{"Chunks", "p, q = torch.chunk(x, 2, 1)\n  y = torch.stack([p, q], 2).flatten(1)"},
        Form{"LayerNorm", "y = torch.layer_norm(x, [6], self.b, self.b)"},
        Form{"Gathered", "y = x.gather(1, words.clamp(max=5)).repeat(1, 2)"},
        Form{"ABranchThatRaises", "if x.size(1) != 6:\n    assert False\n  y = x"}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

class UnknownRows : public testing::TestWithParam<Form> {};

TEST_P(UnknownRows, AreTried) {
  EXPECT_FALSE(trial_of(GetParam()).is_row_by_row());
}

INSTANTIATE_TEST_SUITE_P(
    Forms, UnknownRows,
    testing::Values(
        Form{"SumOverRows", "y = x + x.sum(0)"}, Form{"SumOverAll", "y = x + x.sum()"},
        Form{"SoftmaxOverRows", "y = torch.softmax(x, 0)"}, Form{"GreatestOfRows", "y = x * x.max(0)[0]"},
        Form{"Turned", "y = x.flip(0)"}, Form{"Rolled", "y = x.roll(1, 0)"}, Form{"SortedRows", "y = x.sort(0)[0]"},
        Form{"SumsSoFar", "y = x.cumsum(-2)"}, Form{"OneRow", "y = x + x[0]"},
        Form{"RowsBehind", "y = x[1:].sum() + x"}, Form{"RowsByNumber", "y = x + torch.arange(x.size(0)).unsqueeze(1)"},
        Form{"CountedRows", "y = x * x.size(0)"}, Form{"AnotherRowsWeights", "y = x + self.rows[:x.size(0)]"},
        Form{"ProductOfAnotherRow",
             "q = x.unsqueeze(1)\n  y = torch.baddbmm(q, q.flip(0), self.many[:1].expand(x.size(0), 6, 6))[:, 0]"},
        Form{"ProductOfRows", "y = x @ x.t() @ x"}, Form{"RowsAsColumns", "y = torch.matmul(x.t(), x).sum() + x"},
        Form{"RegroupedRows", "y = x.view(3, -1).softmax(0).view(x.size(0), 6)"},
        Form{"TurnedWithinRows", "y = x.t().reshape(x.size(0), 6)"},
        Form{"GatheredRows", "y = x.gather(0, words.clamp(max=3)).repeat(1, 2)"},
        Form{"LayerNormOverRows", "y = torch.layer_norm(x.t().unsqueeze(0), [6, x.size(0)]).squeeze(0).t()"},
        Form{"PicturesOverRows", "y = x\n  a = a.softmax(0)"},
        Form{"RecurrentOverRows",
             "t = torch.embedding(self.e, words)\n  h = torch.zeros(1, 5, 4)\n  "
             "o, n = torch.gru(t, h, [self.wi, self.wh, self.bi, self.bi], True, 1, 0.0, False, False, False)\n  "
             "y = torch.cat([o[:, -1], o[:, 0]], 1)"},
        Form{"AListThatGrows", "l = [x, x]\n  l.extend([x - x.mean(0)])\n  y = torch.stack(l, 0).sum(0)"},
        Form{"AListThatIsSetInALoop",
             "l = [x, x]\n  for k in range(words.size(1) - 4, 2):\n    l[k] = l[k].cumsum(0)\n  y = torch.cat(l, 1)[:, "
             ":6] + l[1]"},
        Form{"AListThatIsWrittenTo", "l = [x * 1]\n  torch._foreach_add_(l, [x.mean(0).expand_as(x)])\n  y = l[0]"},
        Form{"AStateListThatIsChanged",
             "t = torch.embedding(self.e, words)\n  h = torch.zeros(1, x.size(0), 4)\n  l = [h, h]\n  l.clear()\n  "
             "l.extend([(x - x.mean(0))[:, :4].unsqueeze(0), h])\n  "
             "o, n, c = torch.lstm(t, l, [self.li, self.lh, self.lb, self.lb], True, 1, 0.0, False, False, True)\n  "
             "y = torch.cat([o[:, -1], n[0]], 1)"},
        Form{"MemoryThatRowsShare",
             "z = torch.zeros(1, 6).expand_as(x)\n  z = z.masked_fill_(x > 0.5, 3.0)\n  y = z * x"},
        Form{"ConstantRowsRepeated", "y = x + self.rows[:2].repeat(x.size(0) // 2, 1)"},
        Form{"StatisticsThatAreKept",
             "m = torch.zeros(6)\n  v = torch.ones(6)\n  z = torch.instance_norm(torch.embedding(self.e, "
             "words).transpose(1, 2), "
             "None, None, m, v, True, 1.0, 1e-5, False)\n  y = x - m + z.mean(2)"},
        Form{"ListsOfParts", "y = torch.cat(x.chunk(2, 1), 1) + x * len(x.chunk(3, 1))"},
        Form{"NothingOfEveryRow", "y = x + torch.embedding(self.e, words)[:, :0].transpose(0, 1).flatten(1).sum()"},
        Form{"WrittenRows", "y = torch.zeros_like(x)\n  y[0] = x[1]\n  y = y + x"},
        Form{"WrittenFromAnotherRow", "y = x * 1\n  y[1:].add_(x[:-1])"},
        Form{"WrittenInABranch", "y = x * 1\n  if bool((words == 3).any()):\n    y.copy_(x.flip(0))\n  y = y + x"},
        Form{"DimensionsChangedInPlace", "y = x.unsqueeze(0) * 1\n  y.transpose_(0, 1)\n  y = y.softmax(0)"},
        Form{"Broadcast", "z = x.sum(1)\n  y = (z.unsqueeze(0) * z.unsqueeze(1)).sum(1, True).repeat(1, 6) + x"}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace modattr::batch_axis_flow_test
