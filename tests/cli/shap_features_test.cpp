// modattr shap --level feature: the demo, and what does not change its numbers.

#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "shap_project.h"

namespace modattr {
namespace {

using Words = std::vector<std::string>;

/// A run on the demo; returns examples.jsonl.
std::string demo_lines(const Words& arguments) {
  const TemporaryFolder folder;
  Words words = {"shap",
                 "--level",
                 "feature",
                 "--config",
                 (std::filesystem::path(MODATTR_SOURCE_DIR) / "modattr.json").string(),
                 "--out",
                 (folder / "out").string(),
                 "--background",
                 "1",
                 "--budget",
                 "600"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const ProgramResult result = run_program({.arguments = words});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  return result.exit_code == 0 ? read_file(folder / "out" / "examples.jsonl") : "";
}

TEST(ShapFeatures, ExplainOneAnswerOfTheDemo) {
  const Json line = Json::parse(demo_lines({"--ids", "17"}), nullptr, false);
  ASSERT_TRUE(line.is_object());
  EXPECT_EQ(line.at("id"), 17);
  std::istringstream estimators(line.at("method").get<std::string>());
  for (std::string estimator; std::getline(estimators, estimator, '+');) {
    EXPECT_TRUE(estimator == "gp" || estimator == "leverage") << line.at("method");
  }
  EXPECT_LE(line.at("evaluations").get<int>(), 600);
  EXPECT_GT(line.at("evaluations").get<int>(), 400);
  double text = 0.0;
  double image = 0.0;
  for (const Json& player : line.at("players")) {
    (player.at("modality") == "text" ? text : image) += player.at("value").get<double>();
    EXPECT_GE(player.at("std_error").get<double>(), 0.0);
    EXPECT_NE(player.at("name"), "");
  }
  EXPECT_NEAR(text, line.at("modalities").at("text").get<double>(), 1e-9);
  EXPECT_NEAR(image, line.at("modalities").at("image").get<double>(), 1e-9);
  EXPECT_NEAR(text + image, line.at("value_full").get<double>() - line.at("value_empty").get<double>(), 1e-9);
  EXPECT_NEAR(line.at("efficiency_gap").get<double>(), 0.0, 1e-9);
}

TEST(ShapFeatures, AreTheSameBytesHoweverTheModelRuns) {
  const std::string expected = demo_lines({"--ids", "17,40"});
  const std::vector<Words> runs = {{"--threads", "1"}, {"--threads", "3"}, {"--batch-size", "7"}};
  for (Words arguments : runs) {
    const std::string name = arguments.front() + " " + arguments.back();
    arguments.insert(arguments.end(), {"--ids", "17,40"});
    EXPECT_EQ(demo_lines(arguments), expected) << name;
  }
}

TEST(ShapFeatures, AreTheSameWhenTheModelRunsWhole) {
  // Up to last digits: some kernels treat rows by their place in a call, which is another one in the whole model.
  const Json cut = Json::parse(demo_lines({"--ids", "17"}), nullptr, false);
  const Json whole = Json::parse(demo_lines({"--ids", "17", "--no-split"}), nullptr, false);
  ASSERT_TRUE(cut.is_object() && whole.is_object());
  EXPECT_NEAR(whole.at("value_full").get<double>(), cut.at("value_full").get<double>(), 1e-6);
  ASSERT_EQ(whole.at("players").size(), cut.at("players").size());
  for (std::size_t player = 0; player < cut.at("players").size(); ++player) {
    EXPECT_EQ(whole.at("players")[player].at("name"), cut.at("players")[player].at("name"));
    for (const char* number : {"value", "std_error"}) {
      EXPECT_NEAR(whole.at("players")[player].at(number).get<double>(),
                  cut.at("players")[player].at(number).get<double>(), 1e-6);
    }
  }
}

TEST(ShapFeatures, ExplainAnExampleAloneAsAmongOthers) {
  for (const Words& options : {Words{}, Words{"--index", "shapley"}, Words{"--tolerance", "0.02"}}) {
    Words alone = {"--ids", "17"};
    Words among = {"--ids", "40,17"};
    alone.insert(alone.end(), options.begin(), options.end());
    among.insert(among.end(), options.begin(), options.end());
    const std::string line = demo_lines(alone);
    EXPECT_FALSE(line.empty());
    EXPECT_NE(demo_lines(among).find(line), std::string::npos);
  }
}

TEST(ShapFeatures, SayWhenTheToleranceIsNotReached) {
  const auto warnings = [](const std::string& tolerance) {
    const std::string config = (std::filesystem::path(MODATTR_SOURCE_DIR) / "modattr.json").string();
    return Scores(run_program(
                      {.arguments = {"shap", "--level", "feature", "--config", config, "--background", "1", "--budget",
                                     "600", "--ids", "17,40", "--format", "json", "--tolerance", tolerance}}))
        .document()
        .at("warnings")
        .dump();
  };
  const std::string words = warnings("1e-9");
  EXPECT_NE(words.find("--tolerance 1e-09 was not reached in 2 of 2 examples: the largest standard error is "),
            std::string::npos)
      << words;
  EXPECT_NE(words.find(" evaluations; raise --budget"), std::string::npos) << words;
  EXPECT_EQ(warnings("10").find("tolerance"), std::string::npos);
}

/// Three columns as players of one modality, four of the other, in products.
Project column_project() {
  Project project("regression", {"a", "b"});
  for (Json& modality : project.config()["modalities"]) {
    modality["players"] = {{"type", "column"}};
    modality["removal"] = {{"type", "zero"}};
  }
  project.model("def forward(self, a, b):\n  return (a[:, 0] * b[:, 0] + a[:, 1] + b.prod(1)).unsqueeze(1)")
      .data({TestArray::of<float>("a", {2, 3}, {1, 2, 3, 4, 5, 6}),
             TestArray::of<float>("b", {2, 4}, {1, 2, 3, 4, 5, 6, 7, 8})});
  return project;
}

TEST(ShapFeatures, HaveTheScoresOfTheirIndex) {
  const Project project = column_project();
  const Scores owen = shap(project, {"--level", "feature"});
  EXPECT_EQ(owen.document().at("config").at("shap").at("index"), "owen");
  EXPECT_NEAR(owen.value("a", "share.owen") + owen.value("b", "share.owen"), 1.0, 1e-12);
  const Scores modalities = shap(project);
  EXPECT_NEAR(owen.value("a", "shapley.mean"), modalities.value("a", "shapley.mean"), 1e-12);
  EXPECT_NEAR(owen.value("b", "share.abs"), modalities.value("b", "share.abs"), 1e-12);
  const Scores plain = shap(project, {"--level", "feature", "--index", "shapley"});
  for (const char* const share : {"share.mm_shap", "share.mm_shap_avg", "share.net"}) {
    EXPECT_NEAR(plain.value("a", share) + plain.value("b", share), 1.0, 1e-12) << share;
  }
  EXPECT_NEAR(plain.value("all", "shapley.efficiency_gap"), 0.0, 1e-9);
}

TEST(ShapFeatures, ScoreTheModalitiesThatAreAskedFor) {
  const Project project = column_project();
  const Scores all = shap(project, {"--level", "feature"});
  const Scores one = shap(project, {"--level", "feature", "--modality", "b"});
  EXPECT_EQ(one.value("b", "share.owen"), all.value("b", "share.owen"));
  for (const Json& row : one.document().at("rows")) EXPECT_NE(row.at("modality"), "a");
}

TEST(ShapFeatures, AddUpToTheModalitiesWhereTextIsSpecialTokensOnly) {
  Project project("probabilities", {"ids", "x"});
  project.model("def forward(self, ids, x):\n  return ids.float().mean(1, True) * x / 10")
      .data({TestArray::of<std::int64_t>("ids", {3, 2}, {1, 5, 1, 0, 1, 8}),
             TestArray::of<float>("x", {3, 1}, {1.0F, 0.5F, 0.25F}),
             TestArray::of<std::int64_t>("label", {3}, {1, 0, 0})});
  project.config().at("modalities")[0].update({{"kind", "tokens"}, {"special_ids", {0, 1}}});
  const std::vector<Json> wholes = explained_examples(project, {"--background", "0"});
  const std::vector<Json> features = explained_examples(project, {"--background", "0", "--level", "feature"});
  ASSERT_EQ(features.size(), 3U);
  EXPECT_EQ(features[1].at("players")[0].at("name"), "ids") << "nothing but special tokens";
  for (std::size_t example = 0; example < features.size(); ++example) {
    for (const char* modality : {"ids", "x"}) {
      EXPECT_NEAR(features[example].at("modalities").at(modality).get<double>(),
                  wholes[example].at("modalities").at(modality).get<double>(), 1e-6);
    }
    EXPECT_NEAR(features[example].at("value_empty").get<double>(), wholes[example].at("value_empty").get<double>(),
                1e-6);
  }
}

TEST(ShapFeatures, RefuseOptionsOfTheOtherLevel) {
  const Project project = column_project();
  expect_shap_failure(project, 2, {"--budget", "--level feature"}, {"--budget", "50"});
  expect_shap_failure(project, 2, {"--tolerance", "--level feature"}, {"--tolerance", "0.1"});
  expect_shap_failure(project, 2, {"--interaction-index", "--level feature"},
                      {"--interactions", "--interaction-index", "stii"});
  expect_shap_failure(project, 2, {"--interaction-index: expected --interactions"},
                      {"--level", "feature", "--interaction-index", "stii"});
  expect_shap_failure(project, 2, {"--sage: expected no --interactions"},
                      {"--level", "feature", "--sage", "--interactions"});
  expect_shap_failure(project, 2, {"--index", "--level feature"}, {"--index", "shapley"});
  expect_shap_failure(project, 2, {"--index", "--level feature"}, {"--sage", "--index", "owen"});
  expect_shap_failure(project, 2,
                      {"--method: expected auto, exact or tree", "12 modalities", "got 'gp'", "--level feature"},
                      {"--method", "gp"});
  EXPECT_EQ(project.run({"shap", "--method", "exact"}).exit_code, 0);
  expect_shap_failure(project, 2, {"--tolerance: expected a method with errors", "--method exact"},
                      {"--level", "feature", "--method", "exact", "--tolerance", "0.1"});
}

TEST(ShapFeatures, NameTheNearestWord) {
  const Project project = column_project();
  expect_shap_failure(project, 2, {"--level", "'featur'", "did you mean 'feature'?"}, {"--level", "featur"});
  expect_shap_failure(project, 2, {"--index", "'shaply'", "did you mean 'shapley'?"},
                      {"--level", "feature", "--index", "shaply"});
  expect_shap_failure(project, 2, {"--method", "'leverag'", "did you mean 'leverage'?"},
                      {"--level", "feature", "--method", "leverag"});
}

TEST(ShapFeatures, RefuseNumbersThatMakeNoSense) {
  const Project project = column_project();
  for (const char* const budget : {"0", "-1", "1.5", "many"}) {
    expect_shap_failure(project, 2, {"--budget", budget}, {"--level", "feature", "--budget=" + std::string(budget)});
  }
  for (const char* const tolerance : {"0", "-1", "small"}) {
    expect_shap_failure(project, 2, {"--tolerance", tolerance},
                        {"--level", "feature", "--tolerance=" + std::string(tolerance)});
  }
  for (const char* const method : {"auto", "exact", "leverage", "gp", "proxy", "permutation"}) {
    for (const char* const budget : {"3", "9"}) {
      expect_shap_failure(project, 2, {"--budget", "7 players"},
                          {"--level", "feature", "--method", method, "--budget", budget});
    }
  }
}

TEST(ShapFeatures, RefusePlayersThatDoNotGoWithTheData) {
  Project project = column_project();
  Json& players = project.config()["modalities"][1]["players"];
  const auto expect_refusal = [&](const Json& value, int exit_code, std::initializer_list<const char*> phrases) {
    players = value;
    expect_shap_failure(project, exit_code, phrases, {"--level", "feature"});
  };
  expect_refusal({{"type", "patch"}}, 2, {"modalities[1].players.type", "height, width", "float32[2, 4]"});
  expect_refusal({{"type", "token"}}, 2, {"modalities[1].players.type", "token ids", "float32[2, 4]"});
  expect_refusal({{"type", "mask"}}, 3, {"val.npz: expected an array 'b__players'", "modality 'b'"});
  expect_refusal({{"type", "colum"}}, 2, {"players.type", "colum", "did you mean 'column'"});
  expect_refusal({{"type", "patch"}, {"size", 0}}, 2, {"players.size"});
}

}  // namespace
}  // namespace modattr
