// Configurations and command lines that are wrong: exit code 2 and one line that names the place.

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"

namespace modattr {
namespace {

/// A sound project of four examples with one input of three columns; tests break its configuration.
class BadConfig : public testing::Test {
 protected:
  BadConfig() : project_("logits", {"x"}) {
    project_.model("def forward(self, x):\n  return x[:, 0] - x[:, 1]")
        .data({TestArray::of<float>("x", {4, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}),
               TestArray::of<std::int64_t>("label", {4}, {1, 0, 1, 1})});
  }

  /// Runs permute on a file that holds this text.
  void expect_text_failure(const std::string& text, std::initializer_list<const char*> phrases) {
    write_file(project_.path("broken.json"), text);
    expect_failure(project_, 2, phrases, {"--config", "broken.json"});
  }

  Project project_;
};

TEST_F(BadConfig, AFileThatIsNotThereIsNamed) {
  expect_failure(project_, 2, {"none.json: expected a configuration file, got none", "modattr init"},
                 {"--config", "none.json"});
  expect_failure(project_, 2, {"results: expected a configuration file, got a folder"}, {"--config", "results"});
  const TemporaryFolder empty;
  expect_one_line(run_program({.arguments = {"permute"}, .folder = empty.path()}), 2,
                  {"configuration: expected a modattr.json in this folder or above, got none", "--config FILE"});
}

TEST_F(BadConfig, TextThatIsNotJsonIsLocated) {
  expect_text_failure("", {"broken.json: expected JSON, got "});
  expect_text_failure("{\"model\": {\"path\": \"a\"},\n \"data\": }", {"broken.json: expected JSON, got ", "line 2"});
  expect_text_failure("[1, 2]", {"broken.json: expected an object {...}, got [1,2]"});
  expect_text_failure(std::string("{\"model\": \"\xff\xfe\"}"), {"broken.json: expected JSON, got "});
}

TEST_F(BadConfig, DuplicateKeysAreAnError) {
  expect_text_failure(R"({"seed": 1, "model": {"path": "a", "path": "b"}})",
                      {"broken.json: expected distinct keys, got 'path' twice"});
}

TEST_F(BadConfig, DeepNestingIsAnError) {
  expect_text_failure("{\"model\": " + std::string(100000, '[') + std::string(100000, ']') + "}",
                      {"broken.json: expected at most 32 nested levels of JSON, got more"});
}

TEST_F(BadConfig, UnknownKeysNameTheNearest) {
  project_.config()["modle"] = 1;
  expect_failure(project_, 2, {"modattr.json: unknown key 'modle'; did you mean 'model'?"});
  project_.config().erase("modle");
  project_.config()["data"]["labels"] = "label";
  expect_failure(project_, 2, {"modattr.json: data: unknown key 'labels'; did you mean 'label'?"});
  project_.config()["data"].erase("labels");
  project_.config()["modalities"][0]["input"] = "x";
  expect_failure(project_, 2, {"modalities[0]: unknown key 'input'; did you mean 'inputs'?"});
}

TEST_F(BadConfig, UnknownWordsNameTheNearest) {
  project_.config()["model"]["kind"] = "logit";
  expect_failure(project_, 2, {"modattr.json: model.kind: expected ", "got \"logit\"; did you mean 'logits'?"});
  project_.config()["model"]["kind"] = "logits";
  project_.config()["modalities"][0]["kind"] = "picture";
  expect_failure(project_, 2, {"modalities[0].kind: expected ", "got \"picture\"", "image"});
  project_.config()["modalities"][0].erase("kind");
  project_.config()["metric"] = "acuracy";
  expect_failure(project_, 2, {"metric: unknown 'acuracy'; did you mean 'accuracy'?"});
}

TEST_F(BadConfig, MissingKeysAreNamed) {
  project_.config()["model"].erase("path");
  expect_failure(project_, 2, {"modattr.json: model.path: expected a value, got none"});
  project_.config().erase("model");
  expect_failure(project_, 2, {"modattr.json: model: expected a value, got none"});
}

TEST_F(BadConfig, WrongTypesAreShown) {
  const std::vector<std::pair<std::string, Json>> wrong = {{"/seed", -1},
                                                           {"/seed", 1.5},
                                                           {"/model/path", 3},
                                                           {"/model/output", -1},
                                                           {"/model/rows_per_call", 0},
                                                           {"/modalities", "x"},
                                                           {"/data", "val.npz"},
                                                           {"/target", "wrong"},
                                                           {"/runs", 3},
                                                           {"/metric", Json::array()},
                                                           {"/modalities/0/inputs", "x"},
                                                           {"/modalities/0/special_ids", {1.5}}};
  const Json sound = project_.config();
  for (const auto& [place, value] : wrong) {
    project_.config() = sound;
    project_.config()[Json::json_pointer(place)] = value;
    const ProgramResult result = project_.run({"permute"});
    expect_one_line(result, 2, {"modattr.json: ", "expected ", "got "});
    EXPECT_NE(result.errors.find("got " + value.dump()), std::string::npos) << result.errors;
  }
}

TEST_F(BadConfig, ModalitiesMustBeThere) {
  project_.config()["modalities"] = Json::array();
  expect_failure(project_, 2, {"modattr.json: modalities: expected a list of at least one modality, got []"});
}

TEST_F(BadConfig, NamesOfModalitiesAreDistinct) {
  project_.config()["modalities"] = Json::array();
  project_.add_modality("text", {"x[0]"}).add_modality("text", {"x[1]"});
  expect_failure(project_, 2, {"modalit", "expected ", "'text'"});
}

TEST_F(BadConfig, ColumnsMustNotOverlap) {
  project_.config()["modalities"] = Json::array();
  project_.add_modality("left", {"x[0:2]"}).add_modality("right", {"x[1,2]"});
  expect_failure(project_, 2, {"expected parts of input 'x' that do not overlap", "'left' and 'right'"});
}

TEST_F(BadConfig, ColumnsMustExist) {
  project_.config()["modalities"] = Json::array();
  project_.add_modality("left", {"x[0:4]"});
  expect_failure(project_, 2, {"modality 'left': expected columns of 'x' float32[4, 3], got x[0:4]"});
  project_.config()["modalities"][0]["inputs"] = {"x[2:1]"};
  expect_failure(project_, 2, {"modalities[0].inputs: expected names such as", "x[2:1]"});
}

TEST_F(BadConfig, OptionsAreChecked) {
  const std::vector<std::pair<std::vector<std::string>, const char*>> wrong = {
      {{"--repeats", "0"}, "--repeats: expected a whole number from 1 to 1000000, got '0'"},
      {{"--repeats", "-1"}, "--repeats: expected a whole number from 1 to 1000000, got '-1'"},
      {{"--repeats", "abc"}, "--repeats: expected a whole number from 1 to 1000000, got 'abc'"},
      {{"--repeats"}, "--repeats: expected a value, got none"},
      {{"--examples", "0"}, "--examples: expected a whole number from 1 to "},
      {{"--examples", "2.5"}, "--examples: expected a whole number from 1 to "},
      {{"--seed", "99999999999999999999"}, "--seed: expected a whole number from 0 to 18446744073709551615"},
      {{"--batch-size", "0"}, "--batch-size: expected auto or a whole number from 1 to 1048576, got '0'"},
      {{"--threads", "0"}, "--threads: expected a whole number from 1 to 1024, got '0'"},
      {{"--format", "yaml"}, "--format: unknown 'yaml'; expected one of csv, json, markdown, table"},
      {{"--format", "jsn"}, "--format: unknown 'jsn'; did you mean 'json'?"},
      {{"--reapeats", "3"}, "unknown option '--reapeats'; did you mean '--repeats'?"},
      {{"--exact", "--repeats", "3"}, "expected no --repeats"},
      {{"-q", "-v"}, "excludes"},
      {{"more"}, "unknown word 'more'"}};
  for (const auto& [arguments, phrase] : wrong) expect_failure(project_, 2, {"permute: ", phrase}, arguments);
}

TEST_F(BadConfig, OptionsAreCheckedAgainstModelAndData) {
  expect_failure(project_, 2, {"--modality: unknown 'y'", "x"}, {"--modality", "y"});
  expect_failure(project_, 2, {"metric: unknown 'acc'", "accuracy"}, {"--metric", "acc"});
  expect_failure(project_, 2, {"--ids: expected ids of val.npz, got '9'; the first one is '0'"}, {"--ids", "1,9"});
  expect_failure(project_, 2,
                 {"metric 'mse': expected model.kind \"regression\", got a classifier; use a metric of classes such as "
                  "accuracy or log_loss"},
                 {"--metric", "mse"});
  expect_failure(project_, 2, {"metric 'vqa_accuracy': expected answer counts", "got class labels"},
                 {"--metric", "vqa_accuracy"});
  expect_failure(project_, 2, {"--exact: expected a metric that is a mean over examples, got 'macro_f1'"},
                 {"--exact", "--metric", "macro_f1"});
  expect_failure(project_, 2, {"--within: expected ", "got 'labl'; did you mean 'label'?"}, {"--within", "labl"});
}

TEST_F(BadConfig, StrataNeedClassLabels) {
  project_.config()["model"]["kind"] = "regression";
  expect_failure(project_, 2, {"strata by 'label': expected class labels, got "}, {"--within", "label"});
}

TEST_F(BadConfig, RSquaredIsNoMeanOverExamples) {
  project_.config()["model"]["kind"] = "regression";
  expect_failure(project_, 2, {"--exact: expected a metric that is a mean over examples, got 'r2'; use --repeats"},
                 {"--exact", "--metric", "r2"});
}

TEST_F(BadConfig, DevicesAreChecked) {
  expect_failure(project_, 2, {"--device: expected cpu, cuda, cuda:0 ... or auto, got 'foo'"}, {"--device", "foo"});
  // More than any machine has.
  expect_failure(project_, 2,
                 {"--device: expected a device that libtorch has", "CUDA devices", "got 'cuda:99'; use --device cpu"},
                 {"--device", "cuda:99"});
  EXPECT_EQ(project_.run({"permute", "--device", "cpu"}).exit_code, 0);
}

}  // namespace
}  // namespace modattr
