// Cases of the peers' gradient and DeepLIFT tests, replayed through the real program.

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "peer_project.h"

namespace modattr {
namespace {

std::vector<std::string> inside(const std::string& method, const std::vector<std::string>& others = {}) {
  std::vector<std::string> words = {"--level", "feature", "--method", method, "--target", "0", "--value", "output"};
  words.insert(words.end(), others.begin(), others.end());
  return words;
}

/// Values of the one example's players.
std::vector<double> player_values(const PeerProject& peer, const std::vector<std::string>& arguments) {
  const std::vector<Json> lines = explained_examples(peer.project(), arguments);
  EXPECT_EQ(lines.size(), 1U);
  std::vector<double> values;
  for (const Json& player : lines.at(0).at("players")) values.push_back(player.at("value").get<double>());
  return values;
}

void expect_near(const std::vector<double>& values, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t place = 0; place < values.size(); ++place) EXPECT_NEAR(values[place], expected[place], tolerance);
}

const char* const kStep =
    "def forward(self, a):\n  h = torch.relu(a.sum(1, True) + self.bias).sum(1, True)\n"
    "  return torch.cat([h - 1.0, h + 1.0], 1)";
const std::vector<ModelParameter> kStepBias = {{"bias", {4}, {-10.0F, 1.0F, 1.0F, 1.0F}}};

TEST(ShapInsidePeerCases, DeepLiftOfTwoRelus) {
  const PeerProject peer("deeplift_two_relu",
                         "def forward(self, a, b):\n  return 2.0 * torch.relu(a) + 2.0 * torch.relu(b - 1.5)");
  expect_near(player_values(peer, inside("deep")), flattened<double>(peer.expected("attribution")), peer.tolerance());
}

TEST(ShapInsidePeerCases, DeepLiftOfTwoTanhs) {
  const PeerProject peer("deeplift_two_tanh",
                         "def forward(self, a, b):\n  return 2.0 * torch.tanh(a) + 2.0 * torch.tanh(b - 1.5)");
  expect_near(player_values(peer, inside("deep")), flattened<double>(peer.expected("attribution")), peer.tolerance());
}

TEST(ShapInsidePeerCases, DeepLiftOfAFunctionalRelu) {
  const PeerProject peer("deeplift_functional_relu", "def forward(self, a):\n  return torch.relu(a - 1.0)");
  expect_near(player_values(peer, inside("deep")), flattened<double>(peer.expected("attribution")), peer.tolerance());
}

TEST(ShapInsidePeerCases, DeepLiftOfAProductIsItsShapleyValue) {
  const PeerProject peer("deeplift_product", "def forward(self, a, b):\n  return a * b");
  expect_near(player_values(peer, inside("deep")), flattened<double>(peer.expected("attribution_midpoint_rule")),
              peer.tolerance());
}

TEST(ShapInsidePeerCases, DeepLiftOfAttentionAddsUp) {
  const PeerProject peer(
      "deeplift_attention_completeness",
      "def forward(self, a):\n  h = torch.layer_norm(a, [2], self.one, self.zero, 0.00001) + 0.5 * a\n"
      "  q = torch.matmul(h, self.q.t())\n  k = torch.matmul(h, self.k.t())\n"
      "  w = torch.softmax(torch.matmul(q, k.transpose(1, 2)) / 1.4142135623730951, -1)\n"
      "  return torch.matmul(torch.matmul(w, torch.matmul(h, self.v.t())).mean(1), self.o.t())",
      {{"one", {2}, {1.0F, 1.0F}},
       {"zero", {2}, {0.0F, 0.0F}},
       {"q", {2, 2}, {0.8F, -0.2F, 0.1F, 0.5F}},
       {"k", {2, 2}, {0.3F, 0.7F, -0.4F, 0.6F}},
       {"v", {2, 2}, {1.0F, 0.5F, -0.5F, 1.0F}},
       {"o", {1, 2}, {1.5F, -1.0F}}});
  double sum = 0.0;
  for (const double value : player_values(peer, inside("deep"))) sum += value;
  EXPECT_NEAR(sum, peer.expected("sum_of_attributions").get<double>(), 1e-5);
}

TEST(ShapInsidePeerCases, IntegratedGradientsOfADifferenceOfRelus) {
  const PeerProject peer("ig_relu_difference",
                         "def forward(self, a, b):\n  return torch.relu(torch.relu(a) - 1.0 - torch.relu(b))");
  const std::vector<double> expected = flattened<double>(peer.expected("attribution"));
  expect_near(player_values(peer, inside("ig")), expected, peer.tolerance());
  expect_near(player_values(peer, inside("ig", {"--ig-steps", "500"})), expected, peer.tolerance());
}

TEST(ShapInsidePeerCases, IntegratedGradientsOfAStep) {
  const PeerProject peer("ig_step_mlp", kStep, kStepBias);
  const std::vector<double> expected = flattened<double>(peer.expected("attribution"));
  expect_near(player_values(peer, inside("ig")), expected, peer.tolerance());
  expect_near(player_values(peer, inside("ig", {"--ig-steps", "1000"})), expected, peer.tolerance());
}

TEST(ShapInsidePeerCases, ExpectedGradientsOverTwoRows) {
  PeerProject peer("gradient_shap_expectation", kStep, kStepBias);
  peer.use_background();
  const std::vector<Json> lines = explained_examples(peer.project(), inside("gradient"));
  ASSERT_EQ(lines.size(), 1U);
  const std::vector<double> expected = flattened<double>(peer.expected("attribution_in_expectation"));
  for (std::size_t player = 0; player < expected.size(); ++player) {
    const Json& score = lines[0].at("players")[player];
    const double error = score.at("std_error").get<double>();
    EXPECT_GT(error, 0.0);
    EXPECT_NEAR(score.at("value").get<double>(), expected[player], 4.0 * error);
  }
}

}  // namespace
}  // namespace modattr
