// Operations and models, followed from removed data to an example: what is given to the inputs makes up the difference
// of the answers, and is what closed forms and enumeration say.

#include "graph_engines/graph_pass.h"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "followed_model.h"
#include "modattr/core/error.h"

namespace modattr::graph_pass_test {
namespace {

constexpr std::int64_t kRows = 5;

/// Numbers that depend on a seed alone, between -1.5 and 1.5.
at::Tensor numbers(std::vector<std::int64_t> shape, int seed, at::ScalarType type = at::kDouble) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  const at::Tensor place = at::arange(count, at::kDouble) + 1.0;
  return (1.5 * at::sin(place * (1.7 + 0.31 * seed) + 0.6 * seed)).reshape(shape).to(type);
}

constexpr std::size_t kMuchMemory = std::size_t{1} << 30;

struct Form {
  std::string name;
  /// Of a [rows, 6] and b [rows, 6].
  std::string expression;
};

void PrintTo(const Form& form, std::ostream* stream) {
  *stream << form.name;
}

class EveryForm : public testing::TestWithParam<Form> {};

TEST_P(EveryForm, AddsUpInDoublePrecision) {
  const std::vector<std::string> names = {"a", "b"};
  const FollowedModel model("def forward(self, a, b):\n  " + GetParam().expression, names,
                            {numbers({kRows, 6}, 1), numbers({kRows, 6}, 2)},
                            {numbers({kRows, 6}, 3), numbers({kRows, 6}, 4)});
  const PassResult result = model.multipliers();
  const at::Tensor change = result.x - result.b;
  EXPECT_LT((FollowedModel::total(result) - change).abs().max().item<double>(), 2e-9)
      << FollowedModel::total(result) << change;
  EXPECT_GT(change.abs().min().item<double>(), 1e-6) << "a model whose answers do not differ shows nothing";
  // The values are the model's own.
  EXPECT_TRUE(at::allclose(result.x, model.answers(names, model.data().x)));
  EXPECT_TRUE(at::allclose(result.b, model.answers(names, model.data().b)));
}

TEST_P(EveryForm, GivesTheSameWhereEarlierPassesAreRemembered) {
  const FollowedModel model("def forward(self, a, b):\n  " + GetParam().expression, {"a", "b"},
                            {numbers({kRows, 6}, 1), numbers({kRows, 6}, 2)},
                            {numbers({kRows, 6}, 3), numbers({kRows, 6}, 4)});
  SideMemo memo(kMuchMemory);
  // Each modality's data comes in without the other's and with it.
  for (const auto& [x, b] : std::vector<std::pair<unsigned, unsigned>>{{1, 0}, {3, 2}, {2, 0}, {3, 1}}) {
    const PassResult alone = model.multipliers_between(x, b, nullptr);
    const PassResult result = model.multipliers_between(x, b, &memo);
    EXPECT_TRUE(at::allclose(result.x, alone.x, 1e-12, 1e-12));
    EXPECT_TRUE(at::allclose(result.b, alone.b, 1e-12, 1e-12));
    EXPECT_TRUE(at::allclose(result.credits.by_element, alone.credits.by_element, 1e-10, 1e-12))
        << result.credits.by_element << alone.credits.by_element;
  }
}

const std::vector<Form>& forms() {
  static const std::vector<Form> list = {
      {"relu", "return torch.relu(a * 2.0 - b).sum(1)"},
      {"activations",
       "h = a + b\n  return (torch.sigmoid(h) + torch.tanh(h) + torch.exp(h) + torch.erf(h) + torch.sin(h) + "
       "torch.log1p(h * h) + torch.rsqrt(h * h + 1.0) + torch.abs(h) + torch.clamp(h, -0.5, 0.7)).sum(1)"},
      {"product", "return (a * b).sum(1)"},
      {"three_factors", "return (a * b * torch.tanh(a + b)).sum(1)"},
      {"quotient", "return (a / (2.0 + torch.sigmoid(b))).sum(1)"},
      {"power", "return torch.pow(a * a + 0.3, b).sum(1)"},
      {"larger", "return (torch.max(a, b) + torch.minimum(a, 2.0 * b)).sum(1)"},
      {"angle", "return torch.atan2(a, b).sum(1)"},
      {"softmax", "return (torch.softmax(a * 3.0, 1) * b).sum(1)"},
      {"log_softmax", "return (torch.log_softmax(a, 1) * b).sum(1)"},
      {"logsumexp", "return torch.logsumexp(a + b, [1])"},
      {"layer_norm", "return (torch.layer_norm(a, [6]) * b).sum(1)"},
      {"group_norm", "return (torch.group_norm(a.reshape([-1, 2, 3]), 2) * b.reshape([-1, 2, 3])).sum([1, 2])"},
      {"matmul", "return torch.matmul(a.reshape([-1, 2, 3]), b.reshape([-1, 3, 2])).sum([1, 2])"},
      {"baddbmm",
       "return torch.baddbmm(a.reshape([-1, 2, 3])[:, :, :2], a.reshape([-1, 2, 3]), b.reshape([-1, 3, 2]), beta=0.5, "
       "alpha=2.0).sum([1, 2])"},
      {"attention",
       "q = a.reshape([-1, 3, 2])\n  k = b.reshape([-1, 3, 2])\n"
       "  w = torch.softmax(torch.bmm(q, k.transpose(1, 2)) / 1.4, -1)\n  return torch.bmm(w, k * q).sum([1, 2])"},
      {"causal_mask",
       "h = a.unsqueeze(2) * b.unsqueeze(1)\n  m = torch.triu(torch.ones([6, 6]), 1) > 0\n"
       "  w = torch.softmax(h.masked_fill(m, -float('inf')), -1)\n"
       "  return torch.matmul(w, a.unsqueeze(2)).squeeze(2).sum(1)"},
      {"max_pool", "return (torch.max_pool1d(a.unsqueeze(1), [3], [1]).squeeze(1) * b[:, :4]).sum(1)"},
      {"overlapping_max_pool_2d",
       "return torch.max_pool2d((a * b).reshape([-1, 1, 2, 3]), [2, 2], [1, 1]).flatten(1).sum(1)"},
      {"adaptive_max_pool", "return torch.adaptive_max_pool1d((a + b).unsqueeze(1), [2])[0].sum([1, 2])"},
      {"extremes", "return (a * b).amax([1]) + (a + b).amin([1]) + a.max(1)[0] * b.min(1)[0]"},
      {"sort", "return (torch.sort(a * b, 1)[0] * torch.arange(6)).sum(1)"},
      {"topk", "return torch.topk(a + b, 2, 1)[0].sum(1)"},
      {"norm", "return torch.norm(a * b, 2, [1]) + torch.std(a + b, 1)"},
      {"cumulative", "return (torch.cumprod(a, 1) + torch.cumsum(b, 1)).sum(1)"},
      {"einsum", "return torch.einsum('ni,nj->nij', [a, b]).sum([1, 2])"},
      {"where_on_data", "return torch.where(a > b, a * 2.0, b).sum(1)"},
      {"set_where_positive", "h = a * 1.0\n  h[h > 0] = 0.0\n  return (h * b).sum(1)"},
      {"masked_fill_on_data", "return (a.masked_fill(b > 0, 0.5) * b).sum(1)"},
      {"gather_on_data", "i = b.argmax(1, True)\n  return torch.tanh(a * a.gather(1, i)).sum(1)"},
      {"mask_as_numbers", "m = (a > 0).to(7)\n  return (m * b).sum(1)"},
      {"slices",
       "h = torch.zeros([a.size(0), 12], dtype=7)\n  h[:, :6] = a\n  h[:, 6:] = b * b\n"
       "  return torch.tanh(h).sum(1)"},
      {"in_place", "h = a * 2.0\n  h += b\n  h.relu_()\n  h.mul_(2.0).tanh_().mul_(h)\n  return h.sum(1)"},
      {"write_to_input", "a.mul_(0.5)\n  a[:, 0] = b[:, 1] * 2.0\n  return torch.relu(a * b).sum(1)"},
      {"list",
       "l = [a]\n  for i in range(3):\n    l.append(torch.tanh(l[-1] * b))\n  return torch.stack(l, 0).sum([0, 2])"},
      {"batch_last",
       "h = torch.stack([a, b], 0).transpose(0, 1).transpose(1, 2)\n  h = torch.relu(h).permute([2, 0, 1])\n"
       "  return (h[0] * h[1]).sum(1)"},
      {"detached", "h = a.detach()\n  return (h * b + (torch.round(h) - h).detach()).sum(1)"},
      {"rounding", "return (torch.floor(a * 3.0) * b).sum(1)"},
      {"prelu", "return torch.prelu(a * b, torch.full([1], 0.2, dtype=7)).sum(1)"},
      {"dictionary", "d = {'x': a, 'y': torch.sigmoid(b)}\n  return (d['x'] * d['y']).sum(1)"},
      {"fft", "return torch.real(torch.fft_rfft(a * b)).sum(1)"},
      {"gru",
       "x = (a * b).reshape([-1, 3, 2])\n  w = torch.sin(torch.arange(48, dtype=7))\n  h = torch.zeros([1, a.size(0), "
       "3], dtype=7)\n"
       "  y, last = torch.gru(x, h, [w[:18].reshape([9, 2]), w[18:45].reshape([9, 3]), w[:9], w[9:18]], True, 1, 0.0, "
       "False, False, True)\n  return y.sum([1, 2]) + last.sum([0, 2])"},
      {"lstm_both_ways",
       "x = (a + b).reshape([-1, 3, 2])\n  w = torch.sin(torch.arange(200, dtype=7))\n"
       "  h = torch.zeros([2, a.size(0), 2], dtype=7)\n"
       "  f = [w[:16].reshape([8, 2]), w[16:32].reshape([8, 2]), w[32:40], w[40:48]]\n"
       "  r = [w[48:64].reshape([8, 2]), w[64:80].reshape([8, 2]), w[80:88], w[88:96]]\n"
       "  y, last, c = torch.lstm(x, [h, h + 0.1], f + r, True, 1, 0.0, False, True, True)\n"
       "  return (y * y).sum([1, 2]) + last.sum([0, 2]) + c.sum([0, 2])"},
      {"rnn_of_relus",
       "x = (a + b).reshape([-1, 3, 2])\n  w = torch.sin(torch.arange(48, dtype=7))\n"
       "  y, last = torch.rnn_relu(x, torch.zeros([1, a.size(0), 3], dtype=7), [w[:6].reshape([3, 2]), "
       "w[6:15].reshape([3, 3])], False, 1, 0.0, False, False, True)\n  return y.sum([1, 2])"},
      {"cells",
       "w = torch.sin(torch.arange(200, dtype=7))\n  h = torch.gru_cell(a[:, :2], b[:, :3], w[:18].reshape([9, 2]), "
       "w[18:45].reshape([9, 3]), w[45:54], w[54:63])\n"
       "  k, c = torch.lstm_cell(a[:, 2:4], [h, b[:, 3:]], w[:24].reshape([12, 2]), w[24:60].reshape([12, 3]))\n"
       "  return (h * k + c).sum(1)"},
      {"fused_attention",
       "x = (a + b).reshape([-1, 3, 2])\n  w = torch.sin(torch.arange(40, dtype=7))\n"
       "  y, n = torch._native_multi_head_attention(x, x, x, 2, 1, w[:12].reshape([6, 2]), w[12:18], "
       "w[18:22].reshape([2, 2]), "
       "w[22:24])\n  return (y * y).sum([1, 2])"},
      {"fused_encoder_layer",
       "x = (a + b).reshape([-1, 3, 2])\n  w = torch.sin(torch.arange(60, dtype=7))\n"
       "  y = torch._transformer_encoder_layer_fwd(x, 2, 1, w[:12].reshape([6, 2]), w[12:18], w[18:22].reshape([2, "
       "2]), "
       "w[22:24], True, False, 0.1, w[24:26], w[26:28], w[28:30], w[30:32], w[32:40].reshape([4, 2]), w[40:44], "
       "w[44:52].reshape([2, 4]), w[52:54])\n  return (y * a.reshape([-1, 3, 2])).sum([1, 2])"},
      {"mask_written_in_place",
       "m = torch.zeros_like(a)\n  m.masked_fill_(b > 0, -float('inf'))\n"
       "  return (torch.softmax(a + m, 1) * b).sum(1) + torch.tanh(a[:, 0])"},
      {"list_that_grows",
       "l = [a]\n  for i in range(3):\n    l.append(torch.tanh(l[-1] * b))\n  return (l[1] + l.pop() * l[2]).sum(1)"},
      {"distance", "return torch.cdist(a.unsqueeze(1), b.unsqueeze(1)).flatten()"}};
  return list;
}

INSTANTIATE_TEST_SUITE_P(GraphPass, EveryForm, testing::ValuesIn(forms()),
                         [](const auto& test) { return test.param.name; });

/// Values of two numbers per row; what each is given is its Shapley value.
void expect_shapley(const std::string& expression, const std::function<double(double, double)>& function) {
  const at::Tensor a = at::tensor({0.7, -1.2, 2.0, 0.4}, at::kDouble).unsqueeze(1);
  const at::Tensor b = at::tensor({1.1, 0.8, -0.6, 0.4}, at::kDouble).unsqueeze(1);
  const at::Tensor a_0 = at::tensor({-0.3, 0.5, 0.9, 0.4}, at::kDouble).unsqueeze(1);
  const at::Tensor b_0 = at::tensor({0.6, -0.9, 0.2, 1.4}, at::kDouble).unsqueeze(1);
  const FollowedModel model("def forward(self, a, b):\n  return " + expression, {"a", "b"}, {a, b}, {a_0, b_0});
  const at::Tensor credits = model.multipliers().credits.by_element;
  for (std::int64_t row = 0; row < 4; ++row) {
    const auto at_row = [&](const at::Tensor& tensor) { return tensor[row][0].item<double>(); };
    const double p = at_row(a);
    const double q = at_row(b);
    const double p_0 = at_row(a_0);
    const double q_0 = at_row(b_0);
    const double of_a = ((function(p, q) - function(p_0, q)) + (function(p, q_0) - function(p_0, q_0))) / 2.0;
    EXPECT_NEAR(credits[row][0].item<double>(), of_a, 1e-12) << expression << " row " << row;
    EXPECT_NEAR(credits[row][1].item<double>(), function(p, q) - function(p_0, q_0) - of_a, 1e-12);
  }
}

TEST(GraphPass, TakesWhatEarlierPassesGaveOnASide) {
  const std::string forward = "def forward(self, a, b): return (a * 2.0).sum(1) * torch.tanh(b * 3.0).sum(1)";
  const at::Tensor a = numbers({kRows, 6}, 1);
  const at::Tensor b = numbers({kRows, 6}, 2);
  const FollowedModel model(forward, {"a", "b"}, {a, b}, {numbers({kRows, 6}, 3), numbers({kRows, 6}, 4)});
  const FollowedModel other(forward, {"a", "b"}, {a, b}, {numbers({kRows, 6}, 5), numbers({kRows, 6}, 4)});
  SideMemo memo(kMuchMemory);
  const PassResult first = model.multipliers_between(1, 0, &memo);
  // Other removed data of `a`, of which a memo of these rows would know: it is taken at its word.
  EXPECT_TRUE(other.multipliers_between(1, 0, &memo).b.equal(first.b));
  EXPECT_FALSE(other.multipliers_between(1, 0, nullptr).b.equal(first.b));
  // Nothing is kept without room for it.
  SideMemo full(0);
  model.multipliers_between(1, 0, &full);
  EXPECT_TRUE(other.multipliers_between(1, 0, &full).b.equal(other.multipliers_between(1, 0, nullptr).b));
}

TEST(GraphPass, GivesTwoArgumentsTheirShapleyValues) {
  expect_shapley("a * b", [](double p, double q) { return p * q; });
  expect_shapley("torch.max(a, b)", [](double p, double q) { return std::max(p, q); });
  expect_shapley("torch.minimum(a, b)", [](double p, double q) { return std::min(p, q); });
  expect_shapley("torch.atan2(a, b)", [](double p, double q) { return std::atan2(p, q); });
  expect_shapley("torch.hypot(a, b)", [](double p, double q) { return std::hypot(p, q); });
  expect_shapley("a / torch.exp(b)", [](double p, double q) { return p / std::exp(q); });
  expect_shapley("torch.where(b > 0.5, a, 2.0 * a)", [](double p, double q) { return q > 0.5 ? p : 2.0 * p; });
}

TEST(GraphPass, RescalesAnActivation) {
  // DeepLIFT: relu(a + b) gives each its part of the difference of the sums.
  const at::Tensor a = at::tensor({3.0}, at::kDouble).unsqueeze(1);
  const at::Tensor b = at::tensor({1.0}, at::kDouble).unsqueeze(1);
  const at::Tensor zero = at::zeros({1, 1}, at::kDouble);
  const FollowedModel model("def forward(self, a, b):\n  return torch.relu(a + b - 2.0)", {"a", "b"}, {a, b},
                            {zero, zero});
  const at::Tensor credits = model.multipliers().credits.by_element;
  EXPECT_NEAR(credits[0][0].item<double>(), 1.5, 1e-12);
  EXPECT_NEAR(credits[0][1].item<double>(), 0.5, 1e-12);
}

TEST(GraphPass, GivesAMaximumToThePlaceOfTheLargerSide) {
  // Rises from 3 to 5 by its first element, and falls from 5 to 3 by it.
  const FollowedModel model("def forward(self, a): return torch.max_pool1d(a.unsqueeze(1), [2]).flatten(1).sum(1)",
                            {"a"}, {at::tensor({5.0, 1.0, 1.0, 3.0}, at::kDouble).reshape({2, 2})},
                            {at::tensor({0.0, 3.0, 5.0, 0.0}, at::kDouble).reshape({2, 2})});
  const at::Tensor given = model.multipliers().credits.by_element;
  EXPECT_TRUE(at::allclose(given, at::tensor({2.0, 0.0, -2.0, 0.0}, at::kDouble).reshape({2, 2}))) << given;
}

TEST(GraphPass, GivesLinearModelsTheirWeights) {
  const at::Tensor x = numbers({kRows, 3}, 1, at::kFloat);
  const at::Tensor b = numbers({kRows, 3}, 2, at::kFloat);
  const FollowedModel model("def forward(self, a):\n  return torch.matmul(a, self.weight).squeeze(1)", {"a"}, {x}, {b},
                            {{"weight", {3, 1}, {2.0F, -1.0F, 0.5F}}});
  const at::Tensor expected = (x - b) * at::tensor({2.0F, -1.0F, 0.5F});
  EXPECT_TRUE(at::allclose(model.multipliers().credits.by_element, expected.to(at::kDouble), 1e-5, 1e-6));
}

TEST(GraphPass, IntegratesGradientsAlongTheLine) {
  // f = a^2 b: integrals of 2 (a) (b) D and (a^2) D along the line, by hand for one row from 0.
  const at::Tensor a = at::tensor({2.0}, at::kDouble).unsqueeze(1);
  const at::Tensor b = at::tensor({3.0}, at::kDouble).unsqueeze(1);
  const at::Tensor zero = at::zeros({1, 1}, at::kDouble);
  const FollowedModel model("def forward(self, a, b):\n  return a * a * b", {"a", "b"}, {a, b}, {zero, zero});
  const at::Tensor credits = model.path_integral(2000);
  EXPECT_NEAR(credits[0][0].item<double>(), 8.0, 1e-4);
  EXPECT_NEAR(credits[0][1].item<double>(), 4.0, 1e-4);
}

TEST(GraphPass, PlacesTokensAndMasksAtTheirElements) {
  const at::Tensor ids = at::tensor({1, 2, 3, 2, 0, 1}, at::kLong).reshape({2, 3});
  const at::Tensor others = at::tensor({1, 3, 3, 0, 0, 1}, at::kLong).reshape({2, 3});
  const FollowedModel model(
      "def forward(self, t):\n  m = (t > 0).to(6).unsqueeze(2)\n"
      "  return (torch.embedding(self.table, t) * m).sum([1, 2])",
      {"t"}, {ids}, {others}, {{"table", {4, 2}, {1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F, 7.0F, 9.0F}}});
  const PassResult result = model.multipliers();
  EXPECT_TRUE(result.credits.unplaced.empty());
  // Row 0 differs in its second token, 5 + 6 instead of 7 + 9; row 1 in its first, 5 + 6 instead of none.
  const at::Tensor expected = at::tensor({0.0, -5.0, 0.0, 11.0, 0.0, 0.0}, at::kDouble).reshape({2, 3});
  EXPECT_TRUE(at::allclose(result.credits.by_element, expected)) << result.credits.by_element;
}

TEST(GraphPass, FollowsAMaskThatIsWrittenInPlace) {
  // As nn.MultiheadAttention makes it: what is written is looked at, not what the operation returns.
  const at::Tensor ids = at::tensor({4, 0, 2, 1, 1, 0}, at::kLong).reshape({2, 3});
  const at::Tensor others = at::tensor({4, 3, 2, 1, 0, 0}, at::kLong).reshape({2, 3});
  const at::Tensor a = numbers({2, 3}, 1, at::kFloat);
  const FollowedModel model(
      "def forward(self, a, t):\n  m = torch.zeros([a.size(0), 3])\n  m.masked_fill_(t == 0, -float('inf'))\n"
      "  return (torch.softmax(a + m, 1) * a).sum(1)",
      {"a", "t"}, {a, ids}, {numbers({2, 3}, 2, at::kFloat), others});
  const PassResult result = model.multipliers();
  EXPECT_TRUE(result.credits.unplaced.empty());
  const at::Tensor change = result.x - result.b;
  EXPECT_LT((FollowedModel::total(result) - change).abs().max().item<double>(), 1e-5) << change;
  // The second token of either row is masked on one side only.
  const at::Tensor of_ids = result.credits.by_element.narrow(1, 3, 3).abs();
  EXPECT_GT(of_ids.select(1, 1).min().item<double>(), 1e-4) << of_ids;
  EXPECT_EQ(of_ids.select(1, 0).max().item<double>(), 0.0);
}

TEST(GraphPass, TellsOfBranchesThatLookAtData) {
  const at::Tensor x = at::ones({1, 1}, at::kDouble);
  const FollowedModel model(
      "def forward(self, a):\n  if bool(a.sum() > 0.5):\n    h = a * 2.0\n  else:\n    h = a * 3.0\n  return h", {"a"},
      {x}, {at::zeros({1, 1}, at::kDouble)});
  const PassResult result = model.multipliers();
  EXPECT_TRUE(model.reads_data());
  EXPECT_TRUE(result.parts_ways);
  EXPECT_NEAR(result.credits.by_element.item<double>(), 2.0, 1e-12);
}

TEST(GraphPass, RefusesOperationsWithoutADerivative) {
  const at::Tensor x = numbers({2, 3}, 1);
  const FollowedModel model("def forward(self, a):\n  return torch.histc(a, 4, -1.0, 1.0).sum() + a.sum(1)", {"a"}, {x},
                            {numbers({2, 3}, 2)});
  try {
    model.multipliers();
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("aten::histc: expected an operation with a derivative"), std::string::npos)
        << error.what();
  }
}

TEST(GraphPass, LeavesNoTapeWhereNothingDiffers) {
  const at::Tensor a = numbers({kRows, 6}, 1);
  const FollowedModel model("def forward(self, a, b):\n  return (torch.tanh(a) * torch.relu(b)).sum(1)", {"a", "b"},
                            {a, numbers({kRows, 6}, 2)}, {a, numbers({kRows, 6}, 3)});
  const at::Tensor credits = model.multipliers().credits.by_element;
  EXPECT_EQ(credits.narrow(1, 0, 6).abs().max().item<double>(), 0.0);
  EXPECT_GT(credits.narrow(1, 6, 6).abs().max().item<double>(), 0.0);
}

}  // namespace
}  // namespace modattr::graph_pass_test
