// modattr shap --sage: the loss of the whole set, shared among modalities or features.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "shap_project.h"

namespace modattr {
namespace {

using Words = std::vector<std::string>;

/// A regression of x0 + 2 x1 with labels that are right, both columns at -1 and 1; one modality with the two columns
/// and one that the model hardly reads.
Project columns_project() {
  Project project("regression", {"x", "y"});
  project.model("def forward(self, x, y):\n  return (x[:, 0] + 2.0 * x[:, 1]).unsqueeze(1) + 0.0 * y")
      .data({TestArray::of<float>("x", {4, 2}, {-1, -1, -1, 1, 1, -1, 1, 1}),
             TestArray::of<float>("y", {4, 1}, {0, 0, 0, 0}),
             TestArray::of<double>("label", {4}, {-3.0, 1.0, -1.0, 3.0})});
  for (Json& modality : project.config()["modalities"]) modality["players"] = {{"type", "column"}};
  return project;
}

TEST(ShapSage, ExplainsTheWholeSetPlayerByPlayer) {
  const std::vector<Json> lines =
      explained_examples(columns_project(), {"--sage", "--level", "feature", "--background", "0"});
  ASSERT_EQ(lines.size(), 1U);
  const Json& all = lines.front();
  EXPECT_EQ(all.at("id"), "all");
  EXPECT_TRUE(all.at("label").is_null());
  EXPECT_TRUE(all.at("target").is_null());
  // The variance of w x is what the column explains.
  const std::vector<double> expected = {1.0, 4.0, 0.0};
  ASSERT_EQ(all.at("players").size(), expected.size());
  for (std::size_t player = 0; player < expected.size(); ++player) {
    const Json& entry = all.at("players").at(player);
    EXPECT_NEAR(entry.at("value").get<double>(), expected[player], 1e-5);
    EXPECT_LE(entry.at("ci95").at(0).get<double>(), expected[player] + 1e-5);
    EXPECT_GE(entry.at("ci95").at(1).get<double>(), expected[player] - 1e-5);
  }
  EXPECT_NEAR(all.at("modalities").at("x").get<double>(), 5.0, 1e-5);
  EXPECT_NEAR(all.at("value_empty").get<double>(), -5.0, 1e-5);
}

TEST(ShapSage, ExplainsTheWholeSetModalityByModality) {
  const std::vector<Json> lines = explained_examples(columns_project(), {"--sage", "--background", "0"});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines.front().at("id"), "all");
  EXPECT_NEAR(lines.front().at("modalities").at("x").get<double>(), 5.0, 1e-5);
  EXPECT_NEAR(lines.front().at("value_full").get<double>(), 0.0, 1e-5);
  EXPECT_TRUE(lines.front().at("players").empty());
}

TEST(ShapSage, ShowsTheWholeSetOnATerminal) {
  const ProgramResult result =
      columns_project().run({"shap", "--sage", "--level", "feature", "--background", "0", "--format", "table"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_NE(result.output.find("all examples"), std::string::npos) << result.output;
}

TEST(ShapSage, EqualsTheMeanOfTheLossPerExample) {
  const Project project = bits_project("0.1 + 0.8 * a * b", {0, 1, 0, 1});
  const Scores global = shap(project, {"--sage"});
  const Scores local = shap(project, {"--value", "loss", "--target", "label"});
  for (const char* const modality : {"a", "b"}) {
    EXPECT_NEAR(global.value(modality, "sage"), local.value(modality, "shapley.mean"), 1e-12);
  }
}

TEST(ShapSage, RefusesWhatIsNoLoss) {
  const Project project = and_project();
  expect_shap_failure(project, 2, {"--value: expected loss with --sage, got 'probability'"},
                      {"--sage", "--value", "probability"});
  expect_shap_failure(project, 2, {"--target: expected label", "got 'predicted'"}, {"--sage", "--target", "predicted"});
  expect_shap_failure(project, 2, {"--target: expected label", "got '1'"}, {"--value", "loss", "--target", "1"});
  expect_shap_failure(project, 2, {"--sage: expected no --interactions"}, {"--sage", "--interactions"});
}

TEST(ShapSage, NeedsLabels) {
  Project project = and_project();
  project.data({TestArray::of<float>("a", {4, 1}, {0, 0, 1, 1}), TestArray::of<float>("b", {4, 1}, {0, 1, 0, 1})});
  expect_shap_failure(project, 2, {"expected class labels, got "}, {"--sage"});
}

}  // namespace
}  // namespace modattr
