// modattr shap: closed answers and what its files hold.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "shap_project.h"

namespace modattr {
namespace {

constexpr double kRounding = 1e-12;

TEST(Shap, InterShapOfTwoBitsHasItsClosedForms) {
  const auto expect_share = [](const Project& project, double share) {
    const Scores scores = shap(project);
    EXPECT_EQ(scores.score(), 1.0);
    EXPECT_NEAR(scores.value("all", "interaction.intershap"), share, kRounding);
    EXPECT_NEAR(scores.value("all", "interaction.intershap_local"), share, kRounding);
    EXPECT_EQ(scores.document().at("warnings").size(), 0U);
  };
  expect_share(and_project(), 1.0 / 3.0);
  expect_share(bits_project("a + b - a * b", {0, 1, 1, 1}), 1.0 / 3.0);
  expect_share(bits_project("a + b - 2 * a * b", {0, 1, 1, 0}), 1.0);
  expect_share(bits_project("a + 0 * b", {0, 0, 1, 1}), 0.0);
}

TEST(Shap, ScoresTwoBits) {
  const Scores scores = shap(and_project());
  EXPECT_EQ(scores.document().at("command"), "shap");
  // Of the right class: 3/8 for (1, 1) and (0, 0), -1/8 and 3/8 for the others, less 1/4 in all but the first.
  const std::vector<double> values = {0.125, 0.375, -0.125, 0.375};
  for (const char* const modality : {"a", "b"}) {
    EXPECT_NEAR(scores.value(modality, "shapley.mean"), (0.125 + 0.375 - 0.125 + 0.375) / 4.0, kRounding);
    EXPECT_NEAR(scores.value(modality, "shapley.mean_abs"), 0.25, kRounding);
    EXPECT_NEAR(scores.value(modality, "share.abs"), 0.5, kRounding);
    // With one bit or none the most probable class is always 0.
    EXPECT_NEAR(scores.value(modality, "shape.S"), 0.125, kRounding);
  }
  EXPECT_NEAR(scores.value("a|b", "shape.C"), 0.25, kRounding);
  EXPECT_NEAR(scores.value("a|b", "interaction.mean"), 0.125, kRounding);
  EXPECT_NEAR(scores.value("a|b", "interaction.mean_abs"), 0.25, kRounding);
  EXPECT_EQ(scores.value("all", "shapley.full"), 1.0);
  EXPECT_NEAR(scores.value("all", "shapley.empty"), (3 * 0.75 + 0.25) / 4.0, kRounding);
  EXPECT_NEAR(scores.value("all", "shapley.efficiency_gap"), 0.0, kRounding);
  const Json& options = scores.document().at("config").at("shap");
  EXPECT_EQ(options.at("target"), "predicted");
  EXPECT_EQ(options.at("value"), "probability");
  EXPECT_EQ(options.at("background"), 4) << "no more than there are";
  EXPECT_EQ(options.at("level"), "modality");
}

TEST(Shap, ExplainsEveryExampleInALineOfItsOwn) {
  const Project project = and_project();
  const std::vector<Json> lines = explained_examples(project);
  ASSERT_EQ(lines.size(), 4U);
  std::vector<std::string> keys;
  for (const auto& [key, value] : lines.back().items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"id", "group", "label", "predicted", "target", "value_full", "value_empty",
                                            "efficiency_gap", "modalities", "interactions", "players", "evaluations",
                                            "method"}));
  const Json& last = lines.back();
  EXPECT_EQ(last.at("id"), 13);
  EXPECT_EQ(last.at("label"), 1);
  EXPECT_EQ(last.at("predicted"), 1);
  EXPECT_EQ(last.at("target"), 1);
  EXPECT_EQ(last.at("value_full"), 1.0);
  EXPECT_EQ(last.at("value_empty"), 0.25);
  EXPECT_EQ(last.at("efficiency_gap"), 0.0);
  EXPECT_EQ(last.at("modalities"), Json({{"a", 0.375}, {"b", 0.375}}));
  EXPECT_EQ(last.at("interactions"), Json({{"a|b", 0.25}}));
  EXPECT_EQ(last.at("players"), Json::array());
  EXPECT_EQ(last.at("evaluations"), 1 + 3 * 4);
  EXPECT_EQ(last.at("method"), "exact");
  EXPECT_EQ(lines.front().at("target"), 0);
  EXPECT_EQ(lines.front().at("value_empty"), 0.75);
  EXPECT_EQ(lines[1].at("modalities"), Json({{"a", 0.375}, {"b", -0.125}}));
  for (const char* const file : {"scores.json", "scores.csv"}) {
    EXPECT_TRUE(std::filesystem::exists(project.results() / file)) << file;
  }
}

TEST(Shap, PrintsTablesAndFiles) {
  const Project project = and_project();
  const ProgramResult table = project.run({"shap"});
  EXPECT_EQ(table.exit_code, 0) << table.errors;
  EXPECT_EQ(table.errors, "");
  for (const char* phrase : {"shap: accuracy 1.0000", "shapley.mean", "share.abs", "a|b", "interaction.intershap"}) {
    EXPECT_NE(table.output.find(phrase), std::string::npos) << phrase << " in\n" << table.output;
  }
  EXPECT_EQ(table.output.find("\nall  "), std::string::npos) << "no rows of checks and ends";
  const std::string all = project.run({"shap", "--all-definitions"}).output;
  EXPECT_NE(all.find("\nall       shapley.full"), std::string::npos) << all;
  EXPECT_EQ(all.find("±"), std::string::npos) << "nothing is estimated";
  const ProgramResult csv = project.run({"shap", "--format", "csv", "--out", "results"});
  EXPECT_EQ(csv.output, read_file(project.results() / "scores.csv"));
  EXPECT_TRUE(csv.output.starts_with("modality,definition,group,value,std_error")) << csv.output;
  EXPECT_NE(csv.output.find("\na|b,interaction.mean,all,0.125,0,"), std::string::npos) << csv.output;
  const ProgramResult markdown = project.run({"shap", "--format", "markdown"});
  EXPECT_NE(markdown.output.find("**modattr shap**"), std::string::npos) << markdown.output;
  EXPECT_NE(markdown.output.find("a\\|b"), std::string::npos) << "a bar would end the cell";
  const Scores json(project.run({"shap", "--format", "json"}));
  EXPECT_EQ(Json::parse(read_file(project.results() / "scores.json")).at("rows"), json.document().at("rows"));
}

TEST(Shap, SaysWhatItExplains) {
  Project project = and_project();
  project.config()["modalities"][0]["removal"] = {{"type", "value"}, {"value", 0.5}};
  const auto expect_explained = [&](std::vector<std::string> arguments, const std::string& text) {
    arguments.insert(arguments.begin(), "shap");
    const ProgramResult result = project.run(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_NE(result.output.find(text), std::string::npos) << text << " in\n" << result.output;
  };
  expect_explained({}, "\nexplains  probability of the predicted class · auto, 10 evaluations per example");
  expect_explained({"--format", "markdown"}, "\nexplains probability of the predicted class · auto, 10 evaluations");
  expect_explained({"--format", "markdown"}, "a removed by value 0.5, b by 4 rows of the background\n");
  expect_explained({"--background", "3", "--format", "markdown"}, "a and b removed by 3 rows of the background\n");
  expect_explained({"--target", "1", "--value", "log_probability"}, "explains  log probability of class 1 · auto");
  expect_explained({"--target", "label"}, "explains  probability of the label · auto");
  expect_explained({"--sage"}, "explains  minus the loss, mean over the set · auto");
}

TEST(Shap, KeepsTheOptionsInForce) {
  const Project project = and_project();
  const auto options = [&](std::vector<std::string> arguments) {
    return shap(project, std::move(arguments)).document().at("config").at("shap");
  };
  EXPECT_EQ(options({}).at("index"), "shapley");
  EXPECT_EQ(options({}).at("budget"), nullptr) << "every coalition";
  EXPECT_EQ(options({"--level", "feature"}).at("index"), "owen");
  EXPECT_EQ(options({"--level", "feature"}).at("budget"), "32 coalitions per player");
  EXPECT_EQ(options({"--level", "feature", "--budget", "99"}).at("budget"), 99);
  EXPECT_EQ(options({"--sage"}).at("budget"), "512 coalitions per player");
  EXPECT_EQ(options({"--sage"}).at("tolerance"), "0.025 of the range of the values");
}

TEST(Shap, SaysWhereChosenExamplesAreInOtherFormats) {
  const Project project = and_project();
  for (const char* const format : {"json", "csv", "markdown"}) {
    const ProgramResult result = project.run({"shap", "--ids", "13,10", "--format", format});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_NE(result.errors.find("are in examples.jsonl of --out DIR only\n"), std::string::npos) << result.errors;
    EXPECT_EQ(project.run({"shap", "--format", format}).errors, "");
    EXPECT_EQ(project.run({"shap", "--ids", "13", "--format", format, "--out", "results"}).errors,
              "modattr: wrote results/scores.json, results/scores.csv, results/examples.jsonl\n");
    EXPECT_EQ(project.run({"shap", "--ids", "13", "--format", format, "-q"}).errors, "");
  }
}

TEST(Shap, ExplainsChosenExamplesAgainstTheWholeSet) {
  const Project project = and_project();
  const std::vector<Json> all = explained_examples(project);
  const std::vector<Json> some = explained_examples(project, {"--ids", "13,10"});
  ASSERT_EQ(some.size(), 2U);
  EXPECT_EQ(some[0], all[0]);
  EXPECT_EQ(some[1], all[3]) << "its background are all four rows";
  const std::vector<Json> one = explained_examples(project, {"--ids", "13"});
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0], all[3]);
  const Scores scores = shap(project, {"--ids", "13"});
  EXPECT_EQ(scores.row("a", "shapley.mean").at("ci95"), nullptr);
  EXPECT_EQ(scores.row("a", "shapley.mean").at("examples"), 1);
  EXPECT_EQ(explained_examples(project, {"--examples", "3"}).size(), 3U);
}

TEST(Shap, ReadsNamesBetweenCommasAndNamesThatHoldThem) {
  Project project = and_project();
  EXPECT_EQ(shap(project, {"--modality", "a,b"}).row_text(), shap(project).row_text());
  expect_shap_failure(project, 2, {"--modality: unknown 'c'"}, {"--modality", "a,c"});
  EXPECT_EQ(shap(project, {"--ids", "13,10"}).document().at("config").at("shap").at("ids"), Json({"13", "10"}));
  project.config()["data"]["metadata"] = "meta.jsonl";
  project.config()["data"]["id"] = "name";
  write_file(project.path("meta.jsonl"),
             "{\"name\": \"x,y\"}\n{\"name\": \"x\"}\n{\"name\": \"y\"}\n{\"name\": \"z\"}\n");
  const std::vector<Json> exact = explained_examples(project, {"--ids", "x,y"});
  ASSERT_EQ(exact.size(), 1U);
  EXPECT_EQ(exact.front().at("id"), "x,y");
  EXPECT_EQ(explained_examples(project, {"--ids", "y,z"}).size(), 2U);
}

TEST(Shap, BreaksItsRowsDown) {
  Project project = and_project();
  const Scores by_label = shap(project, {"--by", "label"});
  EXPECT_NEAR(by_label.value("a", "shapley.mean", "label 1"), 0.375, kRounding);
  EXPECT_NEAR(by_label.value("a", "shapley.mean", "label 0"), (0.125 + 0.375 - 0.125) / 3.0, kRounding);
  EXPECT_EQ(by_label.row("a", "shapley.mean", "label 0").at("examples"), 3);
  EXPECT_EQ(by_label.document().at("config").at("shap").at("by"), "label");
  project.data({TestArray::of<float>("a", {4, 1}, {0, 0, 1, 1}), TestArray::of<float>("b", {4, 1}, {0, 1, 0, 1}),
                TestArray::of<std::int64_t>("label", {4}, {0, 0, 0, 1}),
                TestArray::of<std::int64_t>("colour", {4}, {7, 8, 7, 8})});
  EXPECT_NEAR(shap(project, {"--by", "colour"}).value("a", "shapley.mean", "colour 8"), 0.375, kRounding);
  project.config()["data"]["group"] = "colour";
  const Scores both = shap(project, {"--by", "label"});
  EXPECT_NEAR(both.value("a", "shapley.mean", "8"), 0.375, kRounding) << "the configuration's groups stay";
  EXPECT_NEAR(both.value("a", "shapley.mean", "label 1"), 0.375, kRounding);
}

TEST(Shap, ReportsOnlyTheModalitiesAskedFor) {
  const Project project = and_project();
  const Scores all = shap(project);
  const Scores one = shap(project, {"--modality", "b"});
  EXPECT_EQ(one.value("b", "share.abs"), all.value("b", "share.abs")) << "all of them play";
  for (const Json& row : one.document().at("rows")) EXPECT_NE(row.at("modality"), "a");
}

TEST(Shap, ShowsTheGapToTheAdditiveProjectionOfPermute) {
  const Project project = and_project();
  for (const char* const metric : {"accuracy", "log_loss"}) {
    const Scores permuted = project.permute({"--exact", "--metric", metric});
    const Scores scores = shap(project, {"--interactions", "--metric", metric});
    for (const char* const modality : {"a", "b"}) {
      EXPECT_EQ(scores.row(modality, "emap.gap"), permuted.row(modality, "emap.gap"));
    }
    EXPECT_EQ(scores.score(), permuted.score());
  }
  const std::string without = shap(project).row_text();
  EXPECT_EQ(without.find("emap.gap"), std::string::npos);
}

TEST(Shap, OfOneModalityIsTheWholeEffect) {
  Project project("probabilities", {"a"});
  project.model("def forward(self, a):\n  return 0.1 + 0.8 * a")
      .data({TestArray::of<float>("a", {2, 1}, {0, 1}), TestArray::of<std::int64_t>("label", {2}, {0, 1})});
  const Scores scores = shap(project, {"--interactions"});
  EXPECT_NEAR(scores.value("a", "shapley.mean"), 0.4, 1e-7);
  EXPECT_EQ(scores.value("a", "share.abs"), 1.0);
  const std::vector<Json> lines = explained_examples(project);
  EXPECT_EQ(lines.front().at("interactions"), Json::object());
}

TEST(Shap, OfAModelThatIsAlwaysTheSameHasNoShares) {
  // Sums of one probability over seven rows round; what never changes is still nothing.
  Project project("logits", {"a", "b"});
  project.model("def forward(self, a, b):\n  return 0.3 + 0 * a * b")
      .data({TestArray::of<float>("a", {7, 1}, {1, 2, 3, 4, 5, 6, 7}),
             TestArray::of<float>("b", {7, 1}, {1, 2, 3, 4, 5, 6, 7}),
             TestArray::of<std::int64_t>("label", {7}, {0, 0, 1, 0, 0, 1, 0})});
  const Scores scores = shap(project);
  for (const char* const modality : {"a", "b"}) {
    EXPECT_EQ(scores.value(modality, "shapley.mean"), 0.0);
    EXPECT_EQ(scores.row(modality, "share.abs").at("value"), nullptr);
  }
  EXPECT_EQ(scores.row("all", "interaction.intershap").at("value"), nullptr);
  EXPECT_EQ(scores.row("all", "interaction.intershap_local").at("value"), nullptr);
  EXPECT_EQ(scores.document().at("warnings").size(), 3U);
  EXPECT_EQ(scores.document().at("warnings").at(0),
            "share.abs is not defined for all examples: every Shapley value is 0");
}

}  // namespace
}  // namespace modattr
