// modattr shap --level feature with methods that look inside of the model, on small models and the demo.

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "shap_project.h"

namespace modattr {
namespace {

using InsideWords = std::vector<std::string>;

/// Two modalities of three columns each that meet in a product and a softmax; removed by so many rows.
Project meeting_project(const std::string& kind = "logits", int background_rows = 2) {
  Project project(kind, {"a", "b"});
  std::vector<float> a;
  std::vector<float> b;
  for (int place = 0; place < 24; ++place) {
    a.push_back(std::sin(1.7F * static_cast<float>(place)));
    b.push_back(std::cos(0.9F * static_cast<float>(place)));
  }
  project
      .model(
          "def forward(self, a, b):\n  h = torch.tanh(a * 1.5) * (b + 0.3)\n"
          "  return torch.cat([h, torch.relu(a - b)], 1)")
      .data({TestArray::of<float>("a", {8, 3}, a), TestArray::of<float>("b", {8, 3}, b),
             TestArray::of<std::int64_t>("label", {8}, {0, 1, 2, 3, 4, 5, 0, 1})});
  for (Json& modality : project.config()["modalities"]) {
    modality["players"] = {{"type", "element"}};
    modality["removal"] = {{"type", "background"}, {"rows", background_rows}};
  }
  return project;
}

InsideWords with_method(const std::string& method, const InsideWords& others = {}) {
  InsideWords words = {"--level", "feature", "--method", method};
  words.insert(words.end(), others.begin(), others.end());
  return words;
}

double sum_of_players(const Json& line, const char* modality) {
  double sum = 0.0;
  for (const Json& player : line.at("players")) {
    if (player.at("modality") == modality) sum += player.at("value").get<double>();
  }
  return sum;
}

TEST(ShapInside, GivesModalitiesTheirShapleyValues) {
  const Project project = meeting_project();
  const std::vector<Json> exact = explained_examples(project);
  const std::vector<Json> deep = explained_examples(project, with_method("deep", {"--force"}));
  ASSERT_EQ(exact.size(), 8U);
  ASSERT_EQ(deep.size(), 8U);
  for (std::size_t example = 0; example < exact.size(); ++example) {
    for (const char* const modality : {"a", "b"}) {
      const double expected = exact[example].at("modalities").at(modality).get<double>();
      EXPECT_NEAR(deep[example].at("modalities").at(modality).get<double>(), expected, 1e-6);
      EXPECT_NEAR(sum_of_players(deep[example], modality), expected, 1e-6);
    }
    EXPECT_NEAR(deep[example].at("efficiency_gap").get<double>(), 0.0, 1e-6);
    EXPECT_EQ(deep[example].at("method"), "deep.owen");
    EXPECT_EQ(deep[example].at("mixed"), 0.0);
  }
}

TEST(ShapInside, DividesAModalityAsItsFeaturesMeet) {
  // Two features that count only together, one of them with twice the weight: the rescale rule gives it twice as much,
  // all orders give both the same.
  Project project("regression", {"a", "b"});
  project.model("def forward(self, a, b): return torch.relu(a[:, 0] + 2.0 * a[:, 1] - 2.5) + b[:, 0] * b[:, 1]")
      .data({TestArray::of<float>("a", {40, 2}, std::vector<float>(80, 1.0F)),
             TestArray::of<float>("b", {40, 2}, std::vector<float>(80, 1.0F)),
             TestArray::of<float>("label", {40}, std::vector<float>(40, 1.5F))});
  for (Json& modality : project.config()["modalities"]) {
    modality["players"] = {{"type", "element"}};
    modality["removal"] = {{"type", "zero"}};
  }
  std::vector<double> sums(4);
  for (const Json& line : explained_examples(project, with_method("deep"))) {
    for (std::size_t player = 0; player < 4; ++player)
      sums[player] += line.at("players")[player].at("value").get<double>();
    // Of 32 orders that give 0 or 1/2.
    EXPECT_NEAR(line.at("players")[0].at("std_error").get<double>(), 0.25 / std::sqrt(31.0), 0.01);
    EXPECT_NEAR(line.at("players")[0].at("value").get<double>() + line.at("players")[1].at("value").get<double>(), 0.5,
                1e-6);
    EXPECT_NEAR(line.at("efficiency_gap").get<double>(), 0.0, 1e-6);
  }
  const std::vector<double> expected = {0.25, 0.25, 0.5, 0.5};
  for (std::size_t player = 0; player < 4; ++player) EXPECT_NEAR(sums[player] / 40.0, expected[player], 0.03) << player;
  const std::vector<Json> joint = explained_examples(project, with_method("deep", {"--force", "--index", "shapley"}));
  EXPECT_NEAR(joint[0].at("players")[0].at("value").get<double>(), 0.5 / 3.0, 1e-6);
  EXPECT_EQ(joint[0].at("players")[0].at("std_error"), 0.0);
}

TEST(ShapInside, LearnsOfRemovedDataFromOtherExamples) {
  // 8 rows of the background: calls of four examples each, the second of which takes what the first one found.
  const Project project = meeting_project("logits", 8);
  const std::vector<Json> exact = explained_examples(project);
  const std::vector<Json> together = explained_examples(project, with_method("deep", {"--force"}));
  ASSERT_EQ(together.size(), 8U);
  for (std::size_t example = 0; example < together.size(); ++example) {
    const std::vector<Json> alone =
        explained_examples(project, with_method("deep", {"--force", "--ids", std::to_string(example)}));
    ASSERT_EQ(alone.size(), 1U);
    for (std::size_t player = 0; player < 6; ++player) {
      EXPECT_NEAR(together[example].at("players")[player].at("value").get<double>(),
                  alone[0].at("players")[player].at("value").get<double>(), 1e-8);
    }
    for (const char* const modality : {"a", "b"}) {
      EXPECT_NEAR(sum_of_players(together[example], modality),
                  exact[example].at("modalities").at(modality).get<double>(), 1e-6);
    }
  }
}

TEST(ShapInside, JointContributionsAddUpWithoutBeingShapleyValues) {
  const Project project = meeting_project();
  const std::vector<Json> exact = explained_examples(project);
  const std::vector<Json> joint = explained_examples(project, with_method("deep", {"--force", "--index", "shapley"}));
  ASSERT_EQ(joint.size(), 8U);
  double distance = 0.0;
  for (std::size_t example = 0; example < joint.size(); ++example) {
    EXPECT_EQ(joint[example].at("method"), "deep.joint");
    EXPECT_NEAR(joint[example].at("efficiency_gap").get<double>(), 0.0, 1e-6);
    distance += std::abs(joint[example].at("modalities").at("a").get<double>() -
                         exact[example].at("modalities").at("a").get<double>());
  }
  EXPECT_GT(distance, 1e-3);
}

TEST(ShapInside, VerifiesAgainstShapleyValues) {
  const Project project = meeting_project();
  const Scores scores = shap(project, with_method("deep", {"--verify", "3"}));
  // Six features of a nearly additive model: close, and not equal.
  EXPECT_GT(scores.value("all", "verify.correlation"), 0.9);
  EXPECT_GT(scores.value("all", "verify.squared_distance"), 0.0);
  EXPECT_LT(scores.value("all", "verify.squared_distance"), 0.2);
  EXPECT_NEAR(scores.value("all", "verify.modality_distance"), 0.0, 1e-5);
  EXPECT_EQ(scores.row("all", "verify.correlation").at("examples"), 3);
}

TEST(ShapInside, AddsUpForAnAdditiveModelExactly) {
  Project project = meeting_project("regression");
  project.model("def forward(self, a, b):\n  return (torch.tanh(a) + torch.relu(b)).sum(1)");
  project.data({TestArray::of<float>("a", {2, 3}, {0.3F, -1.0F, 2.0F, 0.1F, 0.2F, 0.3F}),
                TestArray::of<float>("b", {2, 3}, {1.0F, -1.0F, 0.5F, -0.2F, 0.7F, 0.9F}),
                TestArray::of<float>("label", {2}, {0.0F, 0.0F})});
  const std::vector<Json> lines = explained_examples(project, with_method("deep", {"--background", "0"}));
  ASSERT_EQ(lines.size(), 2U);
  const auto mean = [](double own, double other, auto function) {
    return function(own) - (function(own) + function(other)) / 2.0;
  };
  const auto tanh = [](double z) { return std::tanh(z); };
  const auto relu = [](double z) { return std::max(z, 0.0); };
  EXPECT_NEAR(lines[0].at("players")[0].at("value").get<double>(), mean(0.3, 0.1, tanh), 1e-6);
  EXPECT_NEAR(lines[0].at("players")[2].at("value").get<double>(), mean(2.0, 0.3, tanh), 1e-6);
  EXPECT_NEAR(lines[0].at("players")[3].at("value").get<double>(), mean(1.0, -0.2, relu), 1e-6);
  EXPECT_NEAR(lines[1].at("players")[5].at("value").get<double>(), mean(0.9, 0.5, relu), 1e-6);
}

TEST(ShapInside, IsTheSameBytesHoweverTheModelRuns) {
  const Project project = meeting_project();
  for (const char* const method : {"deep", "ig", "gradient"}) {
    const std::string expected = shap(project, with_method(method, {"--threads", "1"})).row_text();
    EXPECT_EQ(shap(project, with_method(method, {"--threads", "3"})).row_text(), expected) << method;
    EXPECT_EQ(shap(project, with_method(method, {"--batch-size", "5"})).row_text(), expected) << method;
  }
}

TEST(ShapInside, IntegratedGradientsAddUpAndGradientsAlmost) {
  const Project project = meeting_project();
  for (const Json& line : explained_examples(project, with_method("ig"))) {
    const double change = line.at("value_full").get<double>() - line.at("value_empty").get<double>();
    EXPECT_NEAR(line.at("efficiency_gap").get<double>(), 0.0, 2e-3 * std::abs(change) + 1e-4);
  }
  for (const Json& line : explained_examples(project, with_method("gradient", {"--force"}))) {
    EXPECT_NEAR(line.at("efficiency_gap").get<double>(), 0.0, 0.1);
    EXPECT_GT(line.at("players")[0].at("std_error").get<double>(), 0.0);
  }
}

TEST(ShapInside, FollowsADictionaryOfInputs) {
  Project project = meeting_project("regression");
  project.model(
      "def forward(self, inputs: Dict[str, Tensor]):\n"
      "  return (inputs['a'] * inputs['b']).sum(1)");
  project.data({TestArray::of<float>("a", {2, 1}, {3.0F, 1.0F}), TestArray::of<float>("b", {2, 1}, {5.0F, 2.0F}),
                TestArray::of<float>("a__baseline", {1, 1}, {1.0F}),
                TestArray::of<float>("b__baseline", {1, 1}, {2.0F}), TestArray::of<float>("label", {2}, {0.0F, 0.0F})});
  for (Json& modality : project.config()["modalities"]) modality["removal"] = {{"type", "file"}};
  const std::vector<Json> lines = explained_examples(project, with_method("deep"));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NEAR(lines[0].at("modalities").at("a").get<double>(), 7.0, 1e-6);
  EXPECT_NEAR(lines[0].at("modalities").at("b").get<double>(), 6.0, 1e-6);
}

TEST(ShapInside, TellsWhatAnIfHides) {
  Project project = meeting_project("regression");
  project.model(
      "def forward(self, a, b):\n  if bool(a.sum() > 0.0):\n    h = a * 2.0\n  else:\n    h = a * 1.0 - 5.0\n"
      "  return (h + b).sum(1)");
  project.data({TestArray::of<float>("a", {2, 1}, {3.0F, 4.0F}), TestArray::of<float>("b", {2, 1}, {5.0F, 2.0F}),
                TestArray::of<float>("a__baseline", {1, 1}, {-1.0F}),
                TestArray::of<float>("b__baseline", {1, 1}, {2.0F}), TestArray::of<float>("label", {2}, {0.0F, 0.0F})});
  for (Json& modality : project.config()["modalities"]) modality["removal"] = {{"type", "file"}};
  const std::vector<Json> lines = explained_examples(project, with_method("deep", {"--index", "shapley"}));
  ASSERT_EQ(lines.size(), 2U);
  // On x's way a gives 2 * (3 + 1); on its own way the removed data would have answered -6, not -2.
  EXPECT_NEAR(lines[0].at("value_full").get<double>(), 11.0, 1e-6);
  EXPECT_NEAR(lines[0].at("value_empty").get<double>(), -4.0, 1e-6);
  EXPECT_NEAR(lines[0].at("modalities").at("a").get<double>(), 8.0, 1e-6);
  EXPECT_NEAR(lines[0].at("efficiency_gap").get<double>(), 4.0, 1e-6);
  EXPECT_EQ(lines[0].at("largest_operation_gap").at("operation"), "control flow");
  EXPECT_NEAR(lines[0].at("largest_operation_gap").at("gap").get<double>(), 4.0, 1e-6);
}

TEST(ShapInside, RefusesWhatSaysNothing) {
  const Project project = meeting_project();
  expect_shap_failure(project, 2, {"--method deep: expected --level feature, got --level modality"},
                      {"--method", "deep"});
  expect_shap_failure(project, 2, {"--ig-steps: expected --method ig, got deep"},
                      with_method("deep", {"--ig-steps", "50"}));
  expect_shap_failure(project, 2, {"--verify: expected --method deep, ig or gradient, got auto"},
                      with_method("auto", {"--verify", "2"}));
  expect_shap_failure(project, 2, {"--interactions: expected a method that asks coalitions, got --method ig"},
                      with_method("ig", {"--interactions"}));
  expect_shap_failure(project, 2, {"--budget: expected --verify N with --method deep"},
                      with_method("deep", {"--budget", "100"}));
  expect_shap_failure(project, 2, {"--sage: expected a method that asks coalitions, got --method deep"},
                      with_method("deep", {"--sage"}));
  expect_shap_failure(project, 2, {"value 'correct': expected a value with a slope"},
                      with_method("deep", {"--value", "correct", "--target", "label"}));
  expect_shap_failure(project, 2, {"value 'margin': expected logit, probability or output", "--background 1"},
                      with_method("deep", {"--value", "margin"}));
}

TEST(ShapInside, ValuesThatAreNoMeansTakeOneRow) {
  const Project project = meeting_project();
  for (const char* const value : {"margin", "log_probability"}) {
    const InsideWords words = {"--value", value, "--background", "1", "--force"};
    const std::vector<Json> exact = explained_examples(project, words);
    const std::vector<Json> deep = explained_examples(project, with_method("deep", words));
    ASSERT_EQ(deep.size(), exact.size());
    for (std::size_t example = 0; example < deep.size(); ++example) {
      EXPECT_NEAR(deep[example].at("modalities").at("a").get<double>(),
                  exact[example].at("modalities").at("a").get<double>(), 1e-5)
          << value;
      EXPECT_NEAR(deep[example].at("efficiency_gap").get<double>(), 0.0, 1e-5) << value;
    }
  }
}

TEST(ShapInside, NamesQuantisedOperations) {
  Project project = meeting_project("regression");
  project.model(
      "def forward(self, a, b):\n"
      "  return (torch.dequantize(torch.quantize_per_tensor(a, 0.1, 0, 12)) + b).sum(1)");
  expect_shap_failure(project, 3, {"expected a model of floating-point numbers, got the quantised operation aten::"},
                      with_method("deep", {"--value", "output", "--target", "0"}));
}

TEST(ShapInside, ExplainsTheDemo) {
  const TemporaryFolder folder;
  const ProgramResult result =
      run_program({.arguments = {"shap", "--level", "feature", "--method", "deep", "--ids", "17,40", "--background",
                                 "4", "--config", (std::filesystem::path(MODATTR_SOURCE_DIR) / "modattr.json").string(),
                                 "--out", (folder / "out").string()}});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  std::istringstream lines(read_file(folder / "out" / "examples.jsonl"));
  for (std::string text; std::getline(lines, text);) {
    const Json line = Json::parse(text, nullptr, false);
    const double change = line.at("value_full").get<double>() - line.at("value_empty").get<double>();
    EXPECT_NEAR(line.at("efficiency_gap").get<double>(), 0.0, 1e-5 * std::abs(change) + 1e-7);
    EXPECT_GT(line.at("players").size(), 64U);
  }
}

}  // namespace
}  // namespace modattr
