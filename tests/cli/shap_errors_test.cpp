// What modattr shap refuses: one line, the nearest word, exit code 2.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "shap_project.h"

namespace modattr {
namespace {

TEST(ShapErrors, NameTheNearestWord) {
  const Project project = and_project();
  expect_shap_failure(project, 2, {"value: unknown 'probabilty'; did you mean 'probability'?"},
                      {"--value", "probabilty"});
  expect_shap_failure(project, 2,
                      {"--target: expected predicted, label or a class index from 0 on, got 'labl'", "'label'?"},
                      {"--target", "labl"});
  expect_shap_failure(project, 2, {"unknown option '--backgroud'; did you mean '--background'?"}, {"--backgroud", "3"});
  expect_shap_failure(project, 2, {"--modality: unknown 'c'"}, {"--modality", "c"});
  expect_shap_failure(project, 2, {"--by: expected an array of val.npz", "got 'labell'", "'label'?"},
                      {"--by", "labell"});
  expect_shap_failure(project, 2, {"metric: unknown 'acuracy'", "'accuracy'?"}, {"--metric", "acuracy"});
  expect_one_line(project.run({"shapp"}), 2, {"unknown command 'shapp'; did you mean 'shap'?"});
}

TEST(ShapErrors, RefuseATolerance) {
  const Project project = and_project();
  for (const char* const tolerance : {"nan", "0", "-1", "inf"}) {
    expect_shap_failure(project, 2, {"--tolerance: expected a positive number, got '", tolerance},
                        {"--level", "feature", "--tolerance=" + std::string(tolerance)});
  }
}

TEST(ShapErrors, RefuseTargetsThatTheModelDoesNotHave) {
  const Project project = and_project();
  expect_shap_failure(project, 2, {"target: expected a class below 2", "got 7"}, {"--target", "7"});
  expect_shap_failure(project, 2, {"--target: expected predicted, label or a class index from 0 on, got '1.5'"},
                      {"--target", "1.5"});
  expect_shap_failure(project, 2, {"--target", "'99999999999'"}, {"--target", "99999999999"});
  expect_shap_failure(project, 2, {"--target"}, {"--target"});
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--target=-1"}, {"--target", "-1"}}) {
    expect_shap_failure(project, 2, {"class index from 0 on, got '-1'\n"}, words);
  }
}

TEST(ShapErrors, RefuseValuesThatTheOutputDoesNotHave) {
  Project project = and_project();
  for (const char* const value : {"logit", "margin"}) {
    expect_shap_failure(project, 2, {"expected a model of kind logits, got probabilities"}, {"--value", value});
  }
  project.config()["model"]["kind"] = "regression";
  project.data({TestArray::of<float>("a", {4, 1}, {0, 0, 1, 1}), TestArray::of<float>("b", {4, 1}, {0, 1, 0, 1})});
  expect_shap_failure(project, 2, {"value 'probability': expected a classifier, got a regression"},
                      {"--value", "probability"});
  expect_shap_failure(project, 2, {"value 'loss': expected labels, got none"}, {"--value", "loss"});
}

TEST(ShapErrors, RefuseTheLabelOfARegression) {
  Project project = and_project();
  project.config()["model"]["kind"] = "regression";
  const std::vector<TestArray> inputs = {TestArray::of<float>("a", {4, 1}, {0, 0, 1, 1}),
                                         TestArray::of<float>("b", {4, 1}, {0, 1, 0, 1})};
  project.data(inputs);
  expect_shap_failure(project, 2, {"--target: expected predicted or a column", "got 'label'", "value loss"},
                      {"--target", "label"});
  EXPECT_EQ(project.run({"shap", "--target", "predicted"}).exit_code, 0);
  project.config()["target"] = "label";
  expect_shap_failure(project, 2, {"modattr.json: target: expected predicted or a column", "got 'label'"});
  EXPECT_EQ(project.run({"shap", "--target", "0"}).exit_code, 0);
  std::vector<TestArray> labelled = inputs;
  labelled.push_back(TestArray::of<double>("label", {4}, {0, 0, 0, 1}));
  project.data(labelled);
  EXPECT_EQ(project.run({"shap", "--value", "loss"}).exit_code, 0) << "the loss is that of the label";
}

TEST(ShapErrors, NameTheColumnsThatCanCutExamples) {
  const Project project = and_project();
  expect_shap_failure(project, 2, {"--by: expected an array of val.npz", "expected one of label, id\n"},
                      {"--by", "xyzzy"});
}

TEST(ShapErrors, TellWhatTheOutputOfOneLogitIs) {
  const Project project = and_project();
  expect_shap_failure(project, 2,
                      {"--value output: expected --target 0, as the model has one output", "got target predicted"},
                      {"--value", "output"});
  EXPECT_EQ(project.run({"shap", "--value", "output", "--target", "0"}).exit_code, 0);
}

TEST(ShapErrors, RefuseABackgroundThatIsNoNumberOfRows) {
  const Project project = and_project();
  for (const char* const rows : {"many", "-3", "1.5", "99999999999"}) {
    expect_shap_failure(project, 2, {"--background: expected a whole number from 0", rows},
                        {"--background=" + std::string(rows)});
  }
}

TEST(ShapErrors, RefuseAConfigurationWithAWrongWord) {
  Project project = and_project();
  project.config()["value"] = "probabilty";
  expect_shap_failure(project, 2, {"modattr.json", "value", "probabilty", "did you mean 'probability'"});
  project.config()["value"] = "probability";
  project.config()["target"] = "labl";
  expect_shap_failure(project, 2, {"modattr.json: target", "class index", "got \"labl\"; did you mean 'label'?"});
  project.config()["target"] = "lable";
  expect_shap_failure(project, 2, {"got \"lable\"; did you mean 'label'?"});
  project.config()["target"] = 9;
  expect_shap_failure(project, 2, {"target: expected a class below 2", "got 9"});
}

}  // namespace
}  // namespace modattr
