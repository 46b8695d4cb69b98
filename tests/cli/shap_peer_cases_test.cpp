// Shapley values of the peers' own test suites, replayed through the real program.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "peer_project.h"
#include "shap_project.h"

namespace modattr::shap_peer_cases_test {
namespace {

using Words = std::vector<std::string>;

const Words kOwen = {"--level", "feature", "--index", "owen", "--method", "exact", "--budget", "100000"};
/// One game of all features.
const Words kExact = {"--level", "feature", "--index", "shapley", "--method", "exact", "--budget", "100000"};

Words with(Words words, const Words& others) {
  words.insert(words.end(), others.begin(), others.end());
  return words;
}

/// The sum of the inputs through four units, two outputs.
PeerProject step_project(const std::string& id, const std::string& arguments, const std::string& sum) {
  return PeerProject(id,
                     "def forward(self, " + arguments + "):\n  h = torch.relu((" + sum +
                         ").sum(1, True) + self.bias).sum(1, True)\n  return torch.cat([h - 1.0, h + 1.0], 1)",
                     {{"bias", {4}, {-10.0F, 1.0F, 1.0F, 1.0F}}});
}

class StepCases : public testing::TestWithParam<std::string> {};

TEST_P(StepCases, HaveTheirValues) {
  const std::string& id = GetParam();
  const bool has_three_inputs = id.starts_with("shapley_3in");
  const PeerProject peer = has_three_inputs
                               ? step_project(id, "a, b, c", "a + b + c")
                               : step_project(id, "a", id.ends_with("bool_input") ? "a.float() * 10" : "a");
  peer.expect_players(peer.expected("player_values"), with(kExact, {"--target", "0"}));
  // A single modality is a game of its own.
  peer.expect_players(peer.expected("player_values"), {"--level", "feature", "--index", "owen", "--method", "exact",
                                                       "--budget", "100000", "--target", "0"});
}

INSTANTIATE_TEST_SUITE_P(ShapPeerCases, StepCases,
                         testing::Values("shapley_step_mlp_zero_base", "shapley_step_mlp_vector_base",
                                         "shapley_step_mlp_grouped", "shapley_step_mlp_batch", "shapley_3in_9players",
                                         "shapley_3in_groups_across_inputs", "shapley_3in_batch_row_masks_base",
                                         "shapley_bool_input"),
                         [](const auto& test) { return test.param; });

TEST(ShapPeerCases, EveryOutputHasItsValues) {
  const PeerProject peer = step_project("shapley_all_outputs", "a", "a");
  for (const std::size_t output : {0U, 1U}) {
    peer.expect_players(Json::array({peer.expected("player_values_by_output").at(output)}),
                        with(kExact, {"--target", std::to_string(output)}));
  }
}

TEST(ShapPeerCases, ALinearModelOnABackground) {
  PeerProject peer("shap_linear_background", "def forward(self, a):\n  return a @ self.weight",
                   {{"weight", {3, 1}, {1.0F, 2.0F, 0.0F}}});
  peer.use_background();
  peer.expect_players(peer.expected("player_values"), kExact);
  EXPECT_NEAR(explained_examples(peer.project(), kExact).at(0).at("value_empty").get<double>(),
              peer.expected("expected_value").get<double>(), peer.tolerance());
}

TEST(ShapPeerCases, FeaturesThatEqualTheBackgroundGetNothing) {
  const std::string id = "shap_nonvarying_features_multi_output";
  PeerProject peer(id, "def forward(self, a):\n  s = a.sum(1, True)\n  return torch.cat([s, 2.0 * s], 1)");
  peer.use_background();
  for (const std::size_t output : {0U, 1U}) {
    Json values = Json::array({Json::array()});
    for (const Json& player : peer.expected("player_values_by_player")) values[0].push_back(player.at(output));
    peer.expect_players(values, with(kExact, {"--target", std::to_string(output)}));
  }
}

TEST(ShapPeerCases, OrdersAndTheirReversesAreExactForPairs) {
  const PeerProject peer("shap_permutation_exact_for_second_order",
                         "def forward(self, a):\n"
                         "  return (a[:, 0] * a[:, 2] + a[:, 1] + a[:, 2] + a[:, 2] * a[:, 3]).unsqueeze(1)");
  peer.expect_players(peer.expected("player_values"), kExact);
  const std::vector<Json> lines = explained_examples(
      peer.project(), {"--level", "feature", "--index", "shapley", "--method", "permutation", "--budget", "18"});
  ASSERT_EQ(lines.size(), 4U);
  for (std::size_t example = 0; example < 4; ++example) {
    // Two orders, their reverses, nothing and everything.
    EXPECT_LE(lines[example].at("evaluations").get<int>(), 18);
    for (std::size_t player = 0; player < 5; ++player) {
      EXPECT_NEAR(lines[example].at("players").at(player).at("value").get<double>(),
                  peer.expected("player_values").at(example).at(player).get<double>(), peer.tolerance())
          << example << " " << player;
    }
  }
}

TEST(ShapPeerCases, NoFeatureIsDroppedInSilence) {
  const PeerProject peer("no_silent_feature_dropping_11", "def forward(self, a):\n  return a.sum(1, True)");
  peer.expect_players(peer.expected("player_values"), kExact);
  for (const char* const method : {"auto", "leverage", "gp", "proxy", "permutation"}) {
    const Json line =
        explained_examples(peer.project(), {"--level", "feature", "--index", "shapley", "--method", method}).at(0);
    for (std::size_t player = 0; player < 11; ++player) {
      EXPECT_NEAR(line.at("players").at(player).at("value").get<double>(), static_cast<double>(player + 1),
                  peer.tolerance())
          << method;
    }
  }
}

TEST(ShapPeerCases, AGroupItsSumAndItsOwenValuesDiffer) {
  const Json peer = peer_case("group_vs_sum_vs_owen");
  const Json& expected = peer.at("expected");
  const double tolerance = peer.at("tolerance").at("abs_exact").get<double>();
  Project project("regression", {});
  project.add_modality("A", {"x[0,1,2]"}).add_modality("B", {"x[3]"});
  for (Json& modality : project.config()["modalities"]) {
    modality["removal"] = {{"type", "zero"}};
    modality["players"] = {{"type", "element"}};
  }
  project.model("def forward(self, x):\n  return (6.0 * x[:, 1] * x[:, 2] * x[:, 3]).unsqueeze(1)")
      .data({input_of(peer, 0, "x")});
  const auto expect_line = [&](const Words& arguments, const Json& modalities, const Json& players) {
    const Json line = explained_examples(project, arguments).at(0);
    EXPECT_NEAR(line.at("modalities").at("A").get<double>(), modalities[0].get<double>(), tolerance);
    EXPECT_NEAR(line.at("modalities").at("B").get<double>(), modalities[1].get<double>(), tolerance);
    ASSERT_EQ(line.at("players").size(), players.size());
    for (std::size_t player = 0; player < players.size(); ++player) {
      EXPECT_NEAR(line.at("players")[player].at("value").get<double>(), players[player].get<double>(), tolerance);
      EXPECT_EQ(line.at("players")[player].at("name"), "x[" + std::to_string(player) + "]");
    }
  };
  const Json& groups = expected.at("modality_shapley {a,b,c},{d}");
  expect_line({}, groups, Json::array());
  expect_line(kOwen, groups, expected.at("owen_token_values"));
  expect_line(kExact, expected.at("sum_of_token_shapley_per_modality"), expected.at("token_shapley"));
}

TEST(ShapPeerCases, SageAveragesPredictionsBeforeTheLoss) {
  const Json peer = peer_case("sage_linear_mse");
  const Json& expected = peer.at("expected").at("marginal_imputer_mean_prediction");
  const double tolerance = peer.at("tolerance").at("abs_exact").get<double>();
  Project project("regression", {});
  project.add_modality("0", {"x[0]"}).add_modality("1", {"x[1]"});
  project.model("def forward(self, x):\n  return (2.0 * x[:, 0] + x[:, 1]).unsqueeze(1)")
      .data({input_of(peer, 0, "x"),
             TestArray::of<double>("label", {4}, peer.at("params").at("labels").get<std::vector<double>>())});
  const Words loss = {"--value", "loss", "--background", "0"};
  const Scores modalities = shap(project, loss);
  const Scores features = shap(project, with(loss, kOwen));
  for (const std::size_t column : {0U, 1U}) {
    // v is minus the loss, so that what helps is positive.
    for (const Scores* const scores : {&modalities, &features}) {
      EXPECT_NEAR(scores->value(std::to_string(column), "shapley.mean"), expected.at(column).get<double>(), tolerance);
    }
  }
  const Words sage = {"--sage", "--background", "0"};
  for (const Scores& scores : {shap(project, sage), shap(project, with(sage, {"--level", "feature"}))}) {
    for (const std::size_t column : {0U, 1U}) {
      EXPECT_NEAR(scores.value(std::to_string(column), "sage"), expected.at(column).get<double>(), tolerance);
    }
  }
}

TEST(ShapPeerCases, ThreeModalitiesOfTextImageAndTable) {
  const Json peer = peer_case("trimodal_text_image_table_target0");
  const double tolerance = peer.at("tolerance").at("abs_exact").get<double>();
  Project project("regression", {"ids", "img", "tab"});
  Json& modalities = project.config()["modalities"];
  modalities[0]["removal"] = {{"type", "token"}, {"id", 0}};
  modalities[1]["removal"] = {{"type", "file"}};
  modalities[2]["removal"] = {{"type", "zero"}};
  for (Json& modality : modalities) modality["players"] = {{"type", "whole"}};
  project
      .model(
          "def forward(self, ids, img, tab):\n"
          "  t = self.table[ids].mean(1)\n"
          "  i = img.flatten(1).mean(1)\n"
          "  b = tab[:, 0] - 0.5 * tab[:, 1] + 0.25 * tab[:, 2]\n"
          "  z0 = t[:, 0] + 0.5 * i + b + 2.0 * t[:, 0] * i - i * b + 0.5 * t[:, 0] * i * b\n"
          "  z1 = t[:, 1] - i + 0.5 * b + t[:, 1] * b\n"
          "  return torch.stack([z0, z1], 1)",
          {{"table", {6, 2}, {0, 0, 1, -1, 0.5F, 2, -1.5F, 0.25F, 2, 1, 0.25F, -0.75F}}})
      .data({input_of(peer, 0, "ids"), input_of(peer, 1, "img"), input_of(peer, 2, "tab"),
             array_of(peer.at("baselines").at(1), "img__baseline")});
  const Words names = {"ids", "img", "tab"};
  for (const Words& arguments : {Words{}, kExact, kOwen}) {
    const std::vector<Json> lines = explained_examples(project, with(arguments, {"--target", "0"}));
    ASSERT_EQ(lines.size(), 2U);
    for (std::size_t row = 0; row < 2; ++row) {
      const Json& expected = peer.at("expected").at("rows").at(row);
      EXPECT_NEAR(lines[row].at("value_empty").get<double>(), expected.at("v").at("").get<double>(), tolerance);
      EXPECT_NEAR(lines[row].at("value_full").get<double>(), expected.at("v").at("0,1,2").get<double>(), tolerance);
      for (std::size_t modality = 0; modality < 3; ++modality) {
        EXPECT_NEAR(lines[row].at("modalities").at(names[modality]).get<double>(),
                    expected.at("shapley").at(modality).get<double>(), tolerance);
      }
      if (!arguments.empty()) continue;
      for (const auto& [pair, value] : expected.at("sii_pairs").items()) {
        const std::string name =
            names[static_cast<std::size_t>(pair[0] - '0')] + "|" + names[static_cast<std::size_t>(pair[2] - '0')];
        EXPECT_NEAR(lines[row].at("interactions").at(name).get<double>(), value.get<double>(), tolerance) << pair;
      }
    }
  }
}

}  // namespace
}  // namespace modattr::shap_peer_cases_test
