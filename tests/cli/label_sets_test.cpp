// Labels as they are saved for other tasks: floats, one-hot rows, several per example, columns; and masked logits.

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lime_project.h"
#include "shap_project.h"

namespace modattr {
namespace {

const std::vector<float> kA = {2, -1, 0.5F, -1};
const std::vector<float> kB = {-1, 1, -2, -0.5F};

/// Two outputs, a and b.
Project two_outputs(std::string_view kind, const TestArray& label,
                    std::string_view forward = "def forward(self, a, b):\n  return torch.cat([a, b], 1)") {
  Project project(kind, {"a", "b"});
  project.model(forward).data({TestArray::of<float>("a", {4, 1}, kA), TestArray::of<float>("b", {4, 1}, kB), label});
  return project;
}

double sigmoid(double logit) {
  return 1.0 / (1.0 + std::exp(-logit));
}

std::vector<double> full_values(const Project& project, const std::vector<std::string>& arguments) {
  std::vector<double> values;
  for (const Json& line : explained_examples(project, arguments)) values.push_back(line.at("value_full").get<double>());
  return values;
}

void expect_near(const std::vector<double>& values, const std::vector<double>& expected) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t place = 0; place < values.size(); ++place)
    EXPECT_NEAR(values[place], expected[place], 1e-6) << place;
}

std::string warnings_of(const Scores& scores) {
  return scores.document().at("warnings").dump();
}

TEST(LabelSets, WholeFloatsAndOneHotRowsAreClasses) {
  const Project integers = two_outputs("logits", TestArray::of<std::int64_t>("label", {4}, {0, 1, 1, 1}));
  const Scores expected = integers.permute({"--exact"});
  EXPECT_EQ(expected.score(), 0.75);
  const Project floats = two_outputs("logits", TestArray::of<float>("label", {4, 1}, {0, 1, 1, 1}));
  EXPECT_EQ(floats.permute({"--exact"}).row_text(), expected.row_text());
  const Project one_hot = two_outputs("logits", TestArray::of<float>("label", {4, 2}, {1, 0, 0, 1, 0, 1, 0, 1}));
  const Scores scores = one_hot.permute({"--exact"});
  EXPECT_EQ(scores.row_text(), expected.row_text());
  EXPECT_EQ(warnings_of(scores), warnings_of(expected));
}

TEST(LabelSets, OtherRowsOfZerosAndOnesAreCountsWithAWarning) {
  Project project = two_outputs("logits", TestArray::of<std::int64_t>("label", {4, 2}, {1, 0, 0, 1, 1, 1, 0, 1}));
  const Scores scores = project.permute({"--exact"});
  EXPECT_NEAR(scores.score(), 1.0 / 3.0, 1e-12);
  EXPECT_NE(warnings_of(scores).find("for a multilabel model set model.kind to multilabel"), std::string::npos);
  project.config()["metric"] = "vqa_accuracy";
  EXPECT_EQ(warnings_of(project.permute({"--exact"})).find("multilabel"), std::string::npos);
}

/// The first label is true of the examples 0 and 2, the second of 1 and 2; all but the latter are predicted.
Project multilabel_project(std::string_view kind = "multilabel") {
  return two_outputs(kind, TestArray::of<bool>("label", {4, 2}, {true, false, false, true, true, true, false, false}));
}

TEST(LabelSets, AMultilabelModelHasItsOwnMetrics) {
  const Project project = multilabel_project();
  const Scores scores = project.permute({"--repeats", "3"});
  EXPECT_EQ(scores.document().at("metric"), "macro_f1");
  EXPECT_NEAR(scores.score(), (1.0 + 2.0 / 3.0) / 2.0, 1e-12);
  EXPECT_EQ(project.permute({"--exact", "--metric", "subset_accuracy"}).score(), 0.75);
  EXPECT_NEAR(project.permute({"--repeats", "3", "--metric", "micro_f1"}).score(), 6.0 / 7.0, 1e-12);
  EXPECT_NEAR(project.permute({"--repeats", "3", "--metric", "mean_average_precision"}).score(), (1.0 + 0.75) / 2.0,
              1e-12);
  expect_failure(project, 2, {"metric 'accuracy'", "a multilabel model"}, {"--metric", "accuracy"});
  const ProgramResult inspection = project.run({"inspect"});
  EXPECT_NE(inspection.output.find("2 labels, 1 true per example"), std::string::npos) << inspection.output;
}

TEST(LabelSets, ShapExplainsLabelsOfAMultilabelModel) {
  const Project project = multilabel_project();
  expect_near(full_values(project, {"--target", "1"}), {sigmoid(-1), sigmoid(1), sigmoid(-2), sigmoid(-0.5)});
  expect_near(full_values(project, {}), {sigmoid(2), sigmoid(1), sigmoid(0.5), sigmoid(-0.5)});
  expect_near(
      full_values(project, {"--value", "loss"}),
      {(std::log(sigmoid(2)) + std::log(sigmoid(1))) / 2, (std::log(sigmoid(1)) + std::log(sigmoid(1))) / 2,
       (std::log(sigmoid(0.5)) + std::log(sigmoid(-2))) / 2, (std::log(sigmoid(1)) + std::log(sigmoid(0.5))) / 2});
  expect_near(full_values(project, {"--target", "label", "--ids", "0,2"}),
              {sigmoid(2), (sigmoid(0.5) + sigmoid(-2)) / 2});
  expect_shap_failure(project, 2, {"target 'label': expected a label that is true of example 3, got none"},
                      {"--target", "label"});
  expect_shap_failure(project, 2, {"value 'margin'", "labels that do not exclude each other"}, {"--value", "margin"});
  const Json line = explained_examples(project, {"--value", "loss"}).front();
  EXPECT_EQ(line.at("target"), nullptr);
  EXPECT_EQ(line.at("predicted"), 0);
  EXPECT_EQ(line.at("label"), nullptr);
  EXPECT_FALSE(line.contains("label_names"));
}

TEST(LabelSets, ExamplesNameAllTheirLabels) {
  Project project = multilabel_project();
  project.config()["data"]["classes"] = {"red", "round"};
  const std::vector<Json> lines = explained_examples(project, {});
  EXPECT_EQ(lines.at(0).at("label_names"), Json({"red"}));
  EXPECT_EQ(lines.at(2).at("label_names"), Json({"red", "round"}));
  EXPECT_EQ(lines.at(3).at("label_names"), Json::array());
  EXPECT_TRUE(lines.at(0).at("label").is_null());
}

TEST(LabelSets, SageAndLimeExplainLabelSets) {
  Project project = multilabel_project();
  const double loss = project.permute({"--exact", "--metric", "log_loss"}).score();
  const Json all = explained_examples(project, {"--sage", "--background", "0"}).front();
  EXPECT_NEAR(all.at("value_full").get<double>(), -loss, 1e-12);
  EXPECT_TRUE(all.at("target").is_null());
  for (Json& modality : project.config()["modalities"]) modality["players"] = {{"type", "column"}};
  const Json line = lime_examples(project, {"--target", "label", "--ids", "2"}).front();
  EXPECT_NEAR(line.at("value_full").get<double>(), (sigmoid(0.5) + sigmoid(-2)) / 2, 1e-6);
  EXPECT_TRUE(line.at("target").is_null());
  const ProgramResult table = project.run({"shap", "--value", "loss", "--target", "1"});
  EXPECT_EQ(table.exit_code, 0) << table.errors;
  EXPECT_NE(table.output.find("minus the loss of label 1"), std::string::npos) << table.output;
}

/// The logit of class 1 is ruled out where b < -1.5, which is so of example 2 only.
Project masked_project(const std::vector<std::int64_t>& labels) {
  return two_outputs("logits", TestArray::of<std::int64_t>("label", {4}, labels),
                     "def forward(self, a, b):\n"
                     "  return torch.cat([a, b.masked_fill(b < -1.5, float('-inf'))], 1)");
}

TEST(LabelSets, AMaskedLogitIsRefusedOnlyWhereItIsNeeded) {
  const Project project = masked_project({0, 1, 0, 1});
  EXPECT_EQ(project.permute({"--exact"}).score(), 1.0);
  EXPECT_EQ(project.permute({"--exact", "--skip-invalid"}).document().at("data").at("examples"), 4);
  expect_near(full_values(project, {"--target", "1"}), {sigmoid(-3), sigmoid(2), 0.0, sigmoid(0.5)});
  expect_shap_failure(project, 3,
                      {"value 'logit': expected a finite logit of class 1, got -inf; use value probability"},
                      {"--target", "1", "--value", "logit"});
  const Project ruled_out = masked_project({0, 1, 1, 1});
  expect_failure(ruled_out, 3, {"output for example 2: metric 'log_loss': expected a finite logit of class 1"},
                 {"--metric", "log_loss", "--repeats", "2"});
  // Example 2 is left out, and with it all that b rules out.
  const Scores scores = ruled_out.permute({"--exact", "--skip-invalid", "--metric", "log_loss"});
  EXPECT_EQ(scores.document().at("data").at("examples"), 3);
  EXPECT_NEAR(scores.score(), -(std::log(sigmoid(3)) + std::log(sigmoid(2)) + std::log(sigmoid(0.5))) / 3, 1e-6);
}

TEST(LabelSets, ARegressionOfSeveralColumnsHasLabelsOfSeveralColumns) {
  const Project project = two_outputs("regression", TestArray::of<float>("label", {4, 2}, {1, 0, 0, 1, 1, 1, 0, 0}));
  const double first = (1 + 1 + 0.25 + 1) / 4;
  const double second = (1 + 0 + 9 + 0.25) / 4;
  const Scores scores = project.permute({"--exact"});
  EXPECT_EQ(scores.document().at("metric"), "mse");
  EXPECT_NEAR(scores.score(), (first + second) / 2, 1e-6);
  expect_near(full_values(project, {"--target", "1"}), {-1, 1, -2, -0.5});
  expect_near(full_values(project, {"--target", "1", "--value", "loss"}), {-1, 0, -9, -0.25});
  EXPECT_EQ(explained_examples(project, {"--target", "1"})[1].at("label"), 1.0);
}

}  // namespace
}  // namespace modattr
