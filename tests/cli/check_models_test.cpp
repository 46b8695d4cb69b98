// modattr check of two models, and of results in a store.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"
#include "sum_project.h"

namespace modattr {
namespace {

/// The model of the project, and one that does not look at the second vector.
Project two_releases() {
  Project project = sum_project();
  save_model(project.path("lazy.pt"),
             "def forward(self, left, right):\n"
             "  return 8.0 * left + 0.0 * right");
  project.config()["runs"] = Json::array({{{"engine", "permute"}}, {{"engine", "shap"}, {"background", 20}}});
  return project;
}

TEST(CheckModels, FindsNoChangeInTheSameModel) {
  const Project project = two_releases();
  const ProgramResult result =
      project.run({"check", "--model", "model.pt", "--against", "model.pt", "--strict", "--format", "json"});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const Json document = Json::parse(result.output, nullptr, false);
  for (const Json& rule : document.at("rules")) {
    for (const Json& number : rule.at("numbers")) {
      if (!number.at("change").is_number()) continue;
      EXPECT_EQ(number.at("change"), 0.0) << number;
      EXPECT_EQ(number.at("interval"), Json::array({0.0, 0.0})) << number;
    }
  }
  EXPECT_TRUE(document.at("right_to_wrong").empty());
}

TEST(CheckModels, CatchesAModelThatStoppedLooking) {
  const Project project = two_releases();
  const ProgramResult result = project.run({"check", "--model", "lazy.pt", "--against", "model.pt"});
  EXPECT_EQ(result.exit_code, 1) << result.errors;
  for (const char* phrase :
       {"check failed", "right.share.abs", "broken", "right became wrong", "baseline  model.pt", "new       lazy.pt"}) {
    EXPECT_NE(result.output.find(phrase), std::string::npos) << phrase << " is missing in: " << result.output;
  }
  // A model that ignores a vector gives it nothing.
  const ProgramResult bound =
      project.run({"check", "--model", "lazy.pt", "--against", "model.pt", "--rule", "right.share.abs <= 0"});
  EXPECT_EQ(bound.exit_code, 0) << bound.output;
}

TEST(CheckModels, ComparesWithAStore) {
  const Project project = two_releases();
  ASSERT_EQ(project.run({"run", "-q", "--store", "releases.db", "--tag", "v1"}).exit_code, 0);
  ASSERT_EQ(project.run({"run", "-q", "--model", "lazy.pt", "--out", "lazy", "--store", "releases.db", "--tag", "v2"})
                .exit_code,
            0);
  for (const char* next : {"lazy", "store:releases.db@latest", "store:releases.db@v2"}) {
    const ProgramResult result = project.run({"check", "--baseline", "store:releases.db@v1", next});
    EXPECT_EQ(result.exit_code, 1) << result.errors;
    EXPECT_NE(result.output.find("paired, 300 examples"), std::string::npos) << result.output;
  }
  EXPECT_EQ(project.run({"check", "--baseline", "store:releases.db@v2", "lazy", "--strict"}).exit_code, 0);
  expect_one_line(project.run({"check", "--baseline", "store:releases.db@v3", "lazy"}), 2, {"v3"});
}

TEST(CheckModels, NeedsTwoOfOneKind) {
  const Project project = two_releases();
  expect_one_line(project.run({"check", "--model", "lazy.pt"}), 2, {"expected two models, got one", "--against"});
  expect_one_line(project.run({"check", "--model", "lazy.pt", "--against", "model.pt", "--baseline", "lazy"}), 2,
                  {"expected two models or two results, got both"});
}

}  // namespace
}  // namespace modattr
