// The forms of the results: every field, every row, every selection of examples and modalities.

#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"

namespace modattr {
namespace {

std::vector<std::string> keys_of(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

using Words = std::vector<std::string>;

/// A line of the score, and one CSV line per row of a JSON document, as csv_writer.h defines it.
std::string csv_of(const Json& document) {
  std::string text = "modality,definition,group,value,std_error,ci95_low,ci95_high,examples,p_value,p_value_examples\n";
  text += "all,score,all," + document.at("score").dump() + ",," + document.at("score_ci95").at(0).dump() + "," +
          document.at("score_ci95").at(1).dump() + "," + document.at("data").at("examples").dump() + ",,\n";
  const auto cell = [](const Json& value) {
    return value.is_null() ? "" : value.is_string() ? value.get<std::string>() : value.dump();
  };
  for (const Json& row : document.at("rows")) {
    const Json& interval = row.at("ci95");
    text += cell(row.at("modality")) + "," + cell(row.at("definition")) + "," +
            (row.at("group").is_null() ? "all" : cell(row.at("group"))) + "," + cell(row.at("value")) + "," +
            cell(row.at("std_error")) + "," +
            (interval.is_null() ? "," : cell(interval.at(0)) + "," + cell(interval.at(1))) + "," +
            cell(row.at("examples")) + "," + cell(row.at("p_value")) + "," + cell(row.at("p_value_examples")) + "\n";
  }
  return text;
}

/// The numbers of a CSV text, cell by cell, so that two ways to write a double compare equal.
std::vector<std::vector<std::string>> cells_of(const std::string& csv) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string>& cells = rows.emplace_back();
    std::istringstream text(line + ",");
    for (std::string cell; std::getline(text, cell, ',');) {
      const Json number = Json::parse(cell, nullptr, false);
      cells.push_back(number.is_number() ? Json(number.get<double>()).dump() : cell);
    }
  }
  return rows;
}

/// Two columns, eight examples, regression with the mean squared error.
Project results_project() {
  Project project("regression", {"a", "b"});
  project.model("def forward(self, a, b):\n  return 2 * a + a * b")
      .data({TestArray::of<float>("a", {8, 1}, {1, -2, 3, 0.5F, 0, 2, -1, 4}),
             TestArray::of<float>("b", {8, 1}, {0.5F, 1, -1, 2, 3, -0.5F, 1, 0}),
             TestArray::of<float>("label", {8}, {2, -5, 3, 2, 0, 3, -3, 8}),
             TestArray::of<std::int64_t>("id", {8}, {10, 11, 12, 13, 14, 15, 16, 17}),
             TestArray::of<std::int64_t>("fold", {8}, {1, 1, 1, 0, 0, 0, 0, 0})});
  return project;
}

TEST(Results, JsonHasEveryFieldOfItsSchemaInOrder) {
  const Project project = results_project();
  const Scores scores = project.permute({"--repeats", "3", "--seed", "7", "--no-split"});
  const Json& document = scores.document();
  EXPECT_EQ(keys_of(document), (Words{"schema", "version", "command", "created", "model", "data", "config", "metric",
                                      "score", "score_ci95", "evaluations", "seconds", "rows", "warnings"}));
  EXPECT_EQ(document.at("schema"), "modattr.scores/2");
  EXPECT_EQ(document.at("command"), "permute");
  EXPECT_EQ(document.at("created").get<std::string>().size(), std::string("2000-01-01T00:00:00Z").size());
  EXPECT_EQ(keys_of(document.at("model")), (Words{"path", "sha256"}));
  EXPECT_EQ(document.at("model").at("path"), "model.pt");
  EXPECT_EQ(document.at("model").at("sha256").get<std::string>().size(), 64U);
  EXPECT_EQ(keys_of(document.at("data")), (Words{"path", "sha256", "examples"}));
  EXPECT_EQ(document.at("data").at("examples"), 8);
  EXPECT_EQ(document.at("config").at("seed"), 7);
  EXPECT_EQ(document.at("config").at("permute").at("repeats"), 3);
  EXPECT_EQ(document.at("metric"), "mse");
  EXPECT_TRUE(document.at("score").is_number_float());
  EXPECT_EQ(keys_of(document.at("evaluations")), (Words{"model", "encoder", "fusion"}));
  // One clean run; with two modalities, "without a" is "b alone", so two coalitions per repeat.
  EXPECT_EQ(document.at("evaluations").at("model"), 8 * (1 + 3 * 2));
  EXPECT_GE(document.at("seconds").get<double>(), 0.0);

  const Words definitions = {"permutation.drop", "permutation.without", "permutation.alone", "perceptual.model",
                             "perceptual.task"};
  ASSERT_EQ(document.at("rows").size(), 2 * definitions.size());
  for (std::size_t place = 0; place < document.at("rows").size(); ++place) {
    const Json& row = document.at("rows").at(place);
    EXPECT_EQ(keys_of(row), (Words{"modality", "definition", "group", "value", "std_error", "ci95", "examples",
                                   "p_value", "p_value_examples"}));
    EXPECT_EQ(row.at("modality"), place < definitions.size() ? "a" : "b");
    EXPECT_EQ(row.at("definition"), definitions.at(place % definitions.size()));
    EXPECT_TRUE(row.at("group").is_null());
    EXPECT_EQ(row.at("examples"), 8);
    EXPECT_EQ(row.at("p_value").is_null(), row.at("definition") != "permutation.drop");
    EXPECT_EQ(row.at("p_value_examples").is_null(), row.at("definition") != "permutation.drop");
    // The mean squared error has no best constant score of 1 to compare with.
    EXPECT_EQ(row.at("value").is_null(), row.at("definition") == "perceptual.task");
    EXPECT_EQ(row.at("ci95").is_null(), row.at("value").is_null());
    EXPECT_EQ(row.at("std_error").is_null(), row.at("value").is_null());
  }
  EXPECT_TRUE(document.at("warnings").empty());
}

TEST(Results, FilesHoldTheRowsThatAreShown) {
  const Project project = results_project();
  const ProgramResult shown =
      project.run({"permute", "--repeats", "3", "--format", "csv", "--out", "new/results/", "--examples", "100"});
  ASSERT_EQ(shown.exit_code, 0) << shown.errors;
  EXPECT_NE(shown.errors.find("--examples 100: there are 8"), std::string::npos)
      << "warnings of CSV go to standard error";
  const std::string csv = read_file(project.path("new/results/scores.csv"));
  const Json document = Json::parse(read_file(project.path("new/results/scores.json")));
  EXPECT_EQ(csv, shown.output);
  EXPECT_EQ(cells_of(csv), cells_of(csv_of(document)));
  std::size_t file_count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(project.path("new/results"))) {
    ++file_count;
  }
  EXPECT_EQ(file_count, 2U);

  const Scores again = project.permute({"--repeats", "3", "--out", "new/results"});
  EXPECT_EQ(again.document().at("rows"), document.at("rows"));
  EXPECT_EQ(read_file(project.path("new/results/scores.json")), again.text());
}

TEST(Results, PathsOfTheConfigurationInForceAreThoseOfTheWorkingFolder) {
  Project project = results_project();
  std::filesystem::create_directories(project.path("sub/words"));
  write_file(project.path("sub/words/vocab.txt"), "red\n");
  Json& config = project.config();
  config["model"]["path"] = "../model.pt";
  config["data"] = {{"path", "../val.npz"}, {"metadata", "meta.jsonl"}};
  config["modalities"][0]["vocab"] = "words/vocab.txt";
  config["modalities"][0]["removal"] = {{"type", "background"}, {"path", "../val.npz"}};
  std::string lines;
  for (int row = 0; row < 8; ++row) lines += "{}\n";
  write_file(project.path("sub/meta.jsonl"), lines);
  write_file(project.path("sub/modattr.json"), config.dump());
  const Json document = project.permute({"--config", "sub/modattr.json", "--repeats", "2"}).document();
  const Json& in_force = document.at("config");
  EXPECT_EQ(in_force.at("model").at("path"), document.at("model").at("path"));
  EXPECT_EQ(in_force.at("model").at("path"), "model.pt");
  EXPECT_EQ(in_force.at("data").at("path"), "val.npz");
  EXPECT_EQ(in_force.at("data").at("metadata"), "sub/meta.jsonl");
  EXPECT_EQ(in_force.at("modalities").at(0).at("vocab"), "sub/words/vocab.txt");
  EXPECT_EQ(in_force.at("modalities").at(0).at("removal").at("path"), "val.npz");
}

TEST(Results, AFolderDescribesOneRun) {
  const Project project = results_project();
  ASSERT_EQ(project.run({"shap", "--out", "results"}).exit_code, 0);
  ASSERT_TRUE(std::filesystem::exists(project.results() / "examples.jsonl"));
  ASSERT_EQ(project.run({"permute", "--repeats", "2", "--out", "results", "--force"}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(project.results() / "examples.jsonl")) << "of the earlier run";

  write_file(project.results() / "examples.jsonl", "{\"id\":1,\"question\":\"the user's\"}\n");
  ASSERT_EQ(project.run({"permute", "--repeats", "2", "--out", "results"}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(project.results() / "examples.jsonl"));
}

TEST(Results, OfAnotherCommandOrModelAreNotReplacedUnasked) {
  Project project = results_project();
  const ProgramResult written = project.run({"permute", "--repeats", "2", "--out", "results"});
  EXPECT_EQ(written.errors, "modattr: wrote results/scores.json, results/scores.csv\n");
  EXPECT_EQ(project.run({"permute", "--repeats", "2", "--out", "results", "-q"}).errors, "");
  const std::string older = read_file(project.results() / "scores.json");

  expect_one_line(project.run({"shap", "--out", "results"}), 2,
                  {"results: expected results of shap or none, got results of permute; ", "--force"});
  project.model("def forward(self, a, b):\n  return 2 * a");
  expect_one_line(project.run({"permute", "--out", "results"}), 2,
                  {"--out: expected a folder without results of another model than model.pt, got such results; ",
                   "replace them with --force"});
  EXPECT_EQ(read_file(project.results() / "scores.json"), older);
  EXPECT_EQ(project.run({"permute", "--repeats", "2", "--out", "results", "--force"}).exit_code, 0);
  EXPECT_NE(read_file(project.results() / "scores.json"), older);
}

TEST(Results, TableAndMarkdownShowEveryModality) {
  const Project project = results_project();
  const ProgramResult table = project.run({"permute", "--repeats", "2"});
  EXPECT_EQ(table.exit_code, 0);
  EXPECT_EQ(table.errors, "") << "no progress outside a terminal";
  EXPECT_EQ(table.output.find('\x1b'), std::string::npos) << "no colour outside a terminal";
  EXPECT_TRUE(table.output.starts_with("permute: mse "));
  for (const char* line : {"\na ", "\nb ", "model.pt", "val.npz"}) {
    EXPECT_NE(table.output.find(line), std::string::npos) << line;
  }
  const ProgramResult markdown = project.run({"permute", "--repeats", "2", "--format", "markdown", "-q"});
  EXPECT_EQ(markdown.errors, "");
  EXPECT_NE(markdown.output.find("\n| a |"), std::string::npos);
  EXPECT_NE(markdown.output.find("\n| b |"), std::string::npos);
}

TEST(Results, AModalityAloneHasTheNumbersOfTheFullRun) {
  const Json full = permute_config("six-views.json", {"--repeats", "2", "--no-split"}).document();
  const Json some =
      permute_config("six-views.json", {"--repeats", "2", "--no-split", "-m", "zer", "-m", "fou", "kar"}).document();
  Json expected = Json::array();
  for (const Json& row : full.at("rows")) {
    const std::string modality = row.at("modality");
    if (modality == "fou" || modality == "kar" || modality == "zer") expected.push_back(row);
  }
  EXPECT_EQ(some.at("rows"), expected) << "in the order of the configuration";
  EXPECT_EQ(full.at("evaluations").at("model"), 600 * (1 + 2 * 12));
  EXPECT_EQ(some.at("evaluations").at("model"), 600 * (1 + 2 * 6));
}

TEST(Results, IdsSelectExamples) {
  const Project project = results_project();
  const Scores by_ids = project.permute({"--ids", "15,11,13", "--exact"});
  EXPECT_EQ(by_ids.document().at("data").at("examples"), 3);
  Project small = results_project();
  small.data({TestArray::of<float>("a", {3, 1}, {-2, 0.5F, 2}), TestArray::of<float>("b", {3, 1}, {1, 2, -0.5F}),
              TestArray::of<float>("label", {3}, {-5, 2, 3})});
  EXPECT_EQ(by_ids.row_text(), small.permute({"--exact"}).row_text());
}

TEST(Results, TheSeedFixesTheSubsetAndThePermutations) {
  const Scores first = permute_config("six-views.json", {"--repeats", "2", "--examples", "100"});
  const Scores again = permute_config("six-views.json", {"--repeats", "2", "--examples", "100", "--seed", "0"});
  const Scores other = permute_config("six-views.json", {"--repeats", "2", "--examples", "100", "--seed", "1"});
  EXPECT_EQ(first.document().at("data").at("examples"), 100);
  EXPECT_EQ(first.row_text(), again.row_text());
  EXPECT_NE(first.row_text(), other.row_text());
  const Project project = results_project();
  const Json exact = project.permute({"--exact", "--examples", "4"}).document();
  EXPECT_EQ(exact.at("rows"), project.permute({"--exact", "--examples", "4"}).document().at("rows"));
  EXPECT_NE(exact.at("score"), project.permute({"--exact", "--examples", "4", "--seed", "5"}).document().at("score"));
  EXPECT_EQ(project.permute({"--exact", "--examples", "99"}).document().at("data").at("examples"), 8);
}

TEST(Results, SkipInvalidLeavesOutWhatIsNotFinite) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Project project("regression", {"a", "b"});
  const char* forward = "def forward(self, a, b):\n  return a + b";
  project.model(forward).data({TestArray::of<float>("a", {4, 1}, {1, nan, 3, -2}),
                               TestArray::of<float>("b", {4, 1}, {5, 6, -7, 8}),
                               TestArray::of<float>("label", {4}, {6, 6, -4, 5})});
  const Scores skipped = project.permute({"--exact", "--skip-invalid", "--metric", "mae"});
  EXPECT_EQ(skipped.document().at("data").at("examples"), 3);
  EXPECT_NE(skipped.document().at("warnings").dump().find("1 example was left out"), std::string::npos);
  project.data({TestArray::of<float>("a", {3, 1}, {1, 3, -2}), TestArray::of<float>("b", {3, 1}, {5, -7, 8}),
                TestArray::of<float>("label", {3}, {6, -4, 5})});
  EXPECT_EQ(skipped.row_text(), project.permute({"--exact", "--metric", "mae"}).row_text());
}

}  // namespace
}  // namespace modattr
