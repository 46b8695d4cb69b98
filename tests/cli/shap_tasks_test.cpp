// modattr shap: targets, values, kinds of models and data, and the same bytes however it runs.

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "shap_project.h"

namespace modattr::shap_tasks_test {
namespace {

const std::vector<float> kFirstInput = {1, -2, 3, 0.5F, 0, 2, -1};
const std::vector<float> kSecondInput = {0.5F, 1, -1, 2, 3, -0.5F, 0};
const std::vector<std::int64_t> kClasses = {0, 2, 1, 1, 2, 0, 0};

std::vector<TestArray> inputs() {
  return {TestArray::of<float>("a", {7, 1}, kFirstInput), TestArray::of<float>("b", {7, 1}, kSecondInput)};
}

std::vector<TestArray> with(std::vector<TestArray> arrays, TestArray array) {
  arrays.push_back(std::move(array));
  return arrays;
}

/// Logits a, b and a b / 2.
Project three_class_project() {
  Project project("logits", {"a", "b"});
  project.model("def forward(self, a, b):\n  return torch.cat([a, b, a * b / 2], 1)")
      .data(with(inputs(), TestArray::of<std::int64_t>("label", {7}, kClasses)));
  return project;
}

TEST(ShapTasks, ExplainThePredictedTheLabelledOrANamedClass) {
  const Project project = three_class_project();
  const auto targets = [&](const std::vector<std::string>& arguments) {
    std::vector<int> result;
    for (const Json& line : explained_examples(project, arguments)) result.push_back(line.at("target").get<int>());
    return result;
  };
  const std::vector<int> predicted = {0, 1, 0, 1, 1, 0, 1};
  EXPECT_EQ(targets({}), predicted);
  EXPECT_EQ(targets({"--target", "predicted"}), predicted);
  EXPECT_EQ(targets({"--target", "label"}), (std::vector<int>{0, 2, 1, 1, 2, 0, 0}));
  EXPECT_EQ(targets({"--target", "2"}), std::vector<int>(7, 2));
  EXPECT_EQ(shap(project, {"--target", "2"}).document().at("config").at("shap").at("target"), "2");
}

TEST(ShapTasks, TakeTargetAndValueFromTheConfiguration) {
  Project project = three_class_project();
  const Scores expected = shap(project, {"--target", "label", "--value", "logit"});
  project.config()["target"] = "label";
  project.config()["value"] = "logit";
  const Scores scores = shap(project);
  EXPECT_EQ(scores.row_text(), expected.row_text());
  EXPECT_EQ(scores.document().at("config").at("shap").at("target"), "label");
  EXPECT_EQ(scores.document().at("config").at("shap").at("value"), "logit");
  project.config()["target"] = 1;
  EXPECT_EQ(shap(project).document().at("config").at("shap").at("target"), 1);
  EXPECT_NE(shap(project).row_text(), expected.row_text());
}

TEST(ShapTasks, ExplainEveryValue) {
  const Project project = three_class_project();
  const auto full = [&](const std::string& value) {
    return explained_examples(project, {"--target", "label", "--value", value})[2].at("value_full").get<double>();
  };
  // Logits 3, -1 and -1.5 of the label 1.
  const double sum = std::exp(3.0) + std::exp(-1.0) + std::exp(-1.5);
  EXPECT_NEAR(full("logit"), -1.0, 1e-12);
  EXPECT_NEAR(full("probability"), std::exp(-1.0) / sum, 1e-6);
  EXPECT_NEAR(full("log_probability"), -1.0 - std::log(sum), 1e-6);
  EXPECT_NEAR(full("loss"), -1.0 - std::log(sum), 1e-6);
  EXPECT_NEAR(full("margin"), -4.0, 1e-12);
  EXPECT_EQ(full("correct"), 0.0);
  EXPECT_NEAR(full("output"), -1.0, 1e-12);
}

TEST(ShapTasks, TheLossIsThatOfTheLabelAndSaysSo) {
  const Project project = three_class_project();
  const Scores scores = shap(project, {"--value", "loss"});
  EXPECT_EQ(scores.row_text(), shap(project, {"--value", "loss", "--target", "label"}).row_text());
  EXPECT_EQ(scores.document().at("config").at("shap").at("target"), "label");
}

TEST(ShapTasks, ARegressionOfSeveralOutputsIsExplainedByOne) {
  Project project("regression", {"a", "b"});
  project.model("def forward(self, a, b):\n  return torch.cat([a + b, a * b], 1)").data(inputs());
  const Scores usual = shap(project);
  EXPECT_EQ(usual.document().at("warnings").at(0),
            "the model has 2 outputs: that of column 0 is explained; --target chooses another");
  EXPECT_EQ(explained_examples(project, {"--force"})[2].at("target"), 0);
  const std::vector<Json> lines = explained_examples(project, {"--target", "1", "--force"});
  EXPECT_EQ(lines[2].at("value_full"), -3.0);
  EXPECT_EQ(lines[2].at("predicted"), nullptr);
  EXPECT_EQ(lines[2].at("label"), nullptr);
  EXPECT_EQ(lines[2].at("target"), 1);
  const Scores scores = shap(project, {"--target", "1"});
  EXPECT_EQ(scores.document().at("metric"), "none");
  EXPECT_EQ(scores.document().at("score"), nullptr);
  EXPECT_NE(scores.value("a|b", "interaction.mean_abs"), 0.0);
  EXPECT_NEAR(shap(project, {"--target", "0"}).value("a|b", "interaction.mean_abs"), 0.0, 1e-12) << "a sum";
  expect_shap_failure(project, 2, {"target: expected", "below 2", "got 2"}, {"--target", "2"});
}

TEST(ShapTasks, ARegressionOfOneOutputIsExplainedAsItIs) {
  Project project("regression", {"a", "b"});
  project.model("def forward(self, a, b):\n  return 2 * a + b")
      .data(with(inputs(), TestArray::of<float>("label", {7}, kSecondInput)));
  const std::vector<Json> lines = explained_examples(project);
  EXPECT_EQ(lines[1].at("value_full"), -3.0);
  EXPECT_EQ(lines[1].at("label"), 1.0);
  EXPECT_NEAR(lines[1].at("modalities").at("a").get<double>(), -4.0 - 2.0 * 0.5, 1e-6);
  EXPECT_EQ(shap(project).document().at("metric"), "mse");
  EXPECT_EQ(explained_examples(project, {"--value", "loss"})[1].at("value_full"), -16.0);
}

TEST(ShapTasks, DataWithoutLabelsAreExplained) {
  Project project = three_class_project();
  const std::string labelled = read_file(project.path("val.npz"));
  const Scores expected = shap(project);
  project.data(inputs());
  const Scores scores = shap(project);
  EXPECT_EQ(scores.document().at("score"), nullptr);
  EXPECT_EQ(scores.document().at("metric"), "none");
  EXPECT_EQ(scores.value("a", "shapley.mean"), expected.value("a", "shapley.mean"));
  EXPECT_EQ(scores.row_text().find("shape."), std::string::npos) << "no accuracy without labels";
  EXPECT_EQ(explained_examples(project)[0].at("label"), nullptr);
  EXPECT_EQ(explained_examples(project)[0].at("predicted"), 0);
  const ProgramResult table = project.run({"shap"});
  EXPECT_EQ(table.exit_code, 0) << table.errors;
  expect_shap_failure(project, 2, {"target 'label'", "got no labels"}, {"--target", "label"});
  expect_shap_failure(project, 2, {"label", "got no labels"}, {"--value", "loss"});
}

TEST(ShapTasks, InvalidExamplesAreLeftOutOfTheBackgroundToo) {
  std::vector<float> broken = kFirstInput;
  broken[4] = std::numeric_limits<float>::quiet_NaN();
  Project project = three_class_project();
  project.data({TestArray::of<float>("a", {7, 1}, broken), TestArray::of<float>("b", {7, 1}, kSecondInput),
                TestArray::of<std::int64_t>("label", {7}, kClasses)});
  expect_shap_failure(project, 3, {"output for example 4", "input 'a' of example 4", "--skip-invalid"});
  const Scores scores = shap(project, {"--skip-invalid"});
  EXPECT_EQ(scores.document().at("data").at("examples"), 6);
  EXPECT_NE(scores.document().at("warnings").dump().find("1 example was left out"), std::string::npos);
  EXPECT_NE(scores.document().at("warnings").dump().find("rows of the background were left out"), std::string::npos);
  // The same set without the example.
  Project sound = three_class_project();
  const auto drop = [](auto values) {
    values.erase(values.begin() + 4);
    return values;
  };
  sound.data({TestArray::of<float>("a", {6, 1}, drop(kFirstInput)),
              TestArray::of<float>("b", {6, 1}, drop(kSecondInput)),
              TestArray::of<std::int64_t>("label", {6}, drop(kClasses))});
  EXPECT_EQ(scores.row_text(), shap(sound).row_text());
  // Also where the example itself is not one of those explained.
  const std::vector<Json> one = explained_examples(project, {"--skip-invalid", "--ids", "0"});
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0], explained_examples(sound, {"--ids", "0"})[0]);
}

TEST(ShapTasks, TheBackgroundIsDrawnOnceForAll) {
  const Project project = three_class_project();
  const Scores three = shap(project, {"--background", "3"});
  EXPECT_EQ(three.document().at("config").at("shap").at("background"), 3);
  EXPECT_EQ(shap(project, {"--background", "3"}).row_text(), three.row_text());
  // Other seeds draw other rows.
  std::set<double> empty_values;
  for (const char* const seed : {"0", "1", "2", "3"}) {
    const Scores one = shap(project, {"--background", "1", "--seed", seed, "--target", "0", "--value", "logit"});
    const double empty = one.value("all", "shapley.empty");
    EXPECT_EQ(std::ranges::count(kFirstInput, static_cast<float>(empty)), 1) << "a row of the set";
    empty_values.insert(empty);
  }
  EXPECT_GT(empty_values.size(), 1U);
  const std::string all = shap(project).row_text();
  EXPECT_NE(three.row_text(), all);
  for (const char* const rows : {"0", "7", "1000"}) EXPECT_EQ(shap(project, {"--background", rows}).row_text(), all);
  // Every example sees the same rows, whichever are explained.
  EXPECT_EQ(explained_examples(project, {"--background", "3", "--ids", "5"})[0],
            explained_examples(project, {"--background", "3"})[5]);
}

TEST(ShapTasks, TheSameBytesHoweverItRuns) {
  Project project = three_class_project();
  project.config()["model"]["rows_per_call"] = 4;
  project.model(
      "def forward(self, a, b):\n"
      "  x = torch.tanh(a * 3.0 - 0.5)\n"
      "  y = torch.sin(b * 5.0)\n"
      "  return torch.cat([x * y, y - x, torch.relu(y) * x], 1)");
  const auto outputs = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--interactions", "--value", "log_probability"});
    explained_examples(project, arguments);
    const std::string examples = read_file(project.results() / "examples.jsonl");
    return shap(project, arguments).row_text() + examples;
  };
  const std::string expected = outputs({"--threads", "1"});
  EXPECT_GT(expected.size(), 3000U);
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--threads", "3"},
                                                    {"--batch-size", "1"},
                                                    {"--batch-size", "64", "--threads", "2"},
                                                    {"--no-split"},
                                                    {"--cache-mb", "0"},
                                                    {"--no-split", "--threads", "2", "--batch-size", "8"}}) {
    EXPECT_EQ(outputs(arguments), expected) << arguments.front() << " " << arguments.back();
  }
  const Scores cut = shap(project);
  EXPECT_GT(cut.document().at("evaluations").at("fusion").get<int>(), 0) << "else there would be nothing to compare";
}

}  // namespace
}  // namespace modattr::shap_tasks_test
