// A compiled package through the real program, beside the TorchScript file of the same network: built where there is a
// PyTorch that makes packages.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"

namespace modattr {
namespace {

using Words = std::vector<std::string>;

const std::filesystem::path kPackages = MODATTR_PACKAGES;
constexpr double kRounding = 1e-6;

Project package_project(const std::string& model) {
  Project project("logits", {"text", "table"});
  for (const std::string& file : {model, std::string("val.npz")}) {
    std::filesystem::copy_file(kPackages / file, project.path(file));
  }
  project.config()["model"]["path"] = model;
  project.config()["modalities"][0]["kind"] = "tokens";
  project.config()["modalities"][1]["kind"] = "columns";
  return project;
}

/// Numbers that differ by more than rounding, and other differences, as a text.
std::string difference(const Json& left, const Json& right, const std::string& where = "") {
  if (left.is_number() && right.is_number()) {
    const bool is_near = std::abs(left.get<double>() - right.get<double>()) < kRounding;
    return is_near ? "" : where + ": " + left.dump() + " and " + right.dump() + "\n";
  }
  if (left.type() != right.type() || left.size() != right.size()) return where + ": other values\n";
  std::string text;
  if (left.is_object()) {
    for (const auto& [key, value] : left.items()) {
      text += right.contains(key) ? difference(value, right.at(key), where + "/" + key) : where + ": no " + key + "\n";
    }
    return text;
  }
  for (std::size_t place = 0; left.is_array() && place < left.size(); ++place) {
    text += difference(left[place], right[place], where + "/" + std::to_string(place));
  }
  if (!left.is_array() && left != right) text += where + ": " + left.dump() + " and " + right.dump() + "\n";
  return text;
}

void expect_same_scores(const Project& package, const Words& arguments) {
  Words words = arguments;
  words.insert(words.begin() + 1, {"--format", "json", "--quiet"});
  const Scores compiled(package.run(words));
  words.emplace_back("--no-split");
  const Scores whole(package_project("model.pt").run(words));
  ASSERT_FALSE(compiled.document().at("rows").empty());
  EXPECT_EQ(difference(compiled.document().at("rows"), whole.document().at("rows")), "") << arguments.front();
  EXPECT_NEAR(compiled.score(), whole.score(), kRounding);
}

const std::vector<Words> kRuns = {{"permute", "--repeats", "3"},
                                  {"shap", "--background", "20"},
                                  {"shap", "--level", "feature", "--examples", "4", "--background", "10"},
                                  {"shap", "--sage", "--background", "10"},
                                  {"lime", "--ids", "3", "--budget", "256"}};

TEST(Packages, ScoreAsTheTorchScriptModelDoes) {
  const Project package = package_project("named.pt2");
  for (const Words& run : kRuns) expect_same_scores(package, run);
}

TEST(Packages, ScoreInCallsOfAFixedBatchSize) {
  Project package = package_project("fixed.pt2");
  package.config()["model"]["arguments"] = {"text", "table"};
  for (const Words& run : kRuns) expect_same_scores(package, run);
  package.config()["model"]["rows_per_call"] = 8;
  expect_same_scores(package, kRuns.front());
}

TEST(Packages, DictionariesGoByName) {
  Project package = package_project("dictionary.pt2");
  package.config()["model"]["output"] = "logits";
  expect_same_scores(package, kRuns.front());
}

TEST(Packages, TracesWrongAnswers) {
  const Words words = {"trace", "--format", "json", "--quiet"};
  const ProgramResult compiled = package_project("named.pt2").run(words);
  const ProgramResult whole = package_project("model.pt").run({"trace", "--format", "json", "--quiet", "--no-split"});
  ASSERT_EQ(compiled.exit_code, 0) << compiled.errors;
  ASSERT_EQ(whole.exit_code, 0) << whole.errors;
  EXPECT_EQ(difference(Json::parse(compiled.output).at("rows"), Json::parse(whole.output).at("rows")), "");
}

TEST(Packages, ARunOfOneIsComparedWithTheTorchScriptModel) {
  Project package = package_project("named.pt2");
  std::filesystem::copy_file(kPackages / "model.pt", package.path("model.pt"));
  package.config()["runs"] = {{{"engine", "permute"}, {"repeats", 3}}};
  package.config()["check"] = {{"rules", Json::array({"change of permutation.drop <= 0.000001"})}};
  const ProgramResult made = package.run({"run", "--out", "results/package"});
  EXPECT_EQ(made.exit_code, 0) << made.errors;
  const ProgramResult checked = package.run({"check", "--model", "named.pt2", "--against", "model.pt"});
  EXPECT_EQ(checked.exit_code, 0) << checked.output << checked.errors;
}

TEST(Packages, RunWholeAndSayWhy) {
  const ProgramResult result = package_project("named.pt2").run({"inspect"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_NE(result.output.find("a compiled package has no graph to split"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("forward(table: Tensor, text: Tensor)"), std::string::npos) << result.output;
}

TEST(Packages, HaveNoInside) {
  const Project package = package_project("named.pt2");
  for (const std::string method : {"deep", "ig", "gradient", "input-x-gradient"}) {
    expect_one_line(package.run({"shap", "--level", "feature", "--method", method, "--examples", "2"}), 3,
                    {"named.pt2: expected a TorchScript model", method.c_str(), "--method auto takes others"});
  }
}

TEST(Packages, AreGuessedByInit) {
  const Project package = package_project("named.pt2");
  std::filesystem::remove(package.path("modattr.json"));
  const ProgramResult result =
      package.run({"init", "--model", "named.pt2", "--data", "val.npz", "--config", "guessed.json"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(package.run({"permute", "--config", "guessed.json"}).exit_code, 0);
  expect_one_line(package_project("fixed.pt2").run({"init", "--model", "fixed.pt2", "--data", "val.npz", "--force"}), 2,
                  {"model.arguments: expected the names of the 2 tensors"});
}

TEST(Packages, AreRefusedInOneLine) {
  Project package = package_project("named.pt2");
  expect_one_line(package.run({"permute", "--device", "cuda"}), 2, {"--device: expected cpu or auto", "packages"});
  package.config()["model"]["kind"] = "causal_lm";
  expect_one_line(package.run({"permute"}), 2, {"model.kind", "causal_lm takes TorchScript only"});
  Project exported = package_project("exported.pt2");
  expect_one_line(exported.run({"permute"}), 3, {"exported.pt2", "an exported program that is not compiled"});
  Project wide = package_project("named.pt2");
  wide.config()["modalities"] = {{{"name", "text"}, {"inputs", {"text"}}},
                                 {{"name", "other"}, {"inputs", {"expected"}}}};
  expect_one_line(wide.run({"permute"}), 2, {"expected the inputs of forward()", "table, text"});
}

}  // namespace
}  // namespace modattr
