// modattr check: rules, refusals, exit codes and files, on results that are written here, and on those of two models.

#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"

namespace modattr {
namespace {

/// A folder with results of `modattr shap` on 40 examples, old and new. The image's share is 0.25, then 0.4.
class Results {
 public:
  Results() {
    write("old", 0.25);
    write("new", 0.4);
  }

  std::filesystem::path path(const std::string& name) const { return folder_ / name; }

  void write(const std::string& name, double share) const {
    std::filesystem::create_directories(path(name));
    Json scores = {{"schema", "modattr.scores/2"},
                   {"version", "0.1.0"},
                   {"command", "shap"},
                   {"created", "2024-05-01T12:00:00Z"},
                   {"model", {{"path", name + ".pt"}, {"sha256", "digest of " + std::to_string(share)}}},
                   {"data", {{"path", "val.npz"}, {"sha256", "0123"}, {"examples", 40}}},
                   {"config",
                    {{"modalities", {{{"name", "image"}}, {{"name", "text"}}}},
                     {"seed", 3},
                     {"shap", {{"background", 50}, {"device", "auto"}}}}},
                   {"metric", "accuracy"},
                   {"score", 1.0},
                   {"score_ci95", {1.0, 1.0}},
                   {"evaluations", {{"model", 0}, {"encoder", 0}, {"fusion", 0}}},
                   {"seconds", 1.0},
                   {"rows", Json::array()},
                   {"warnings", Json::array()}};
    std::ostringstream lines;
    double image = 0.0;
    double all = 0.0;
    for (int example = 0; example < 40; ++example) {
      const double size = 1.0 + 0.1 * (example % 7);
      const double own = size * (share + 0.01 * (example % 3 - 1));
      image += own;
      all += size;
      lines << Json{{"id", example},
                    {"label", 1},
                    {"predicted", 1},
                    {"target", 1},
                    {"value_full", 1.0},
                    {"value_empty", 0.0},
                    {"efficiency_gap", 0},
                    {"modalities", {{"image", own}, {"text", size - own}}},
                    {"interactions", Json::object()},
                    {"players", Json::array()},
                    {"evaluations", 4},
                    {"method", "exact"}}
                   .dump()
            << "\n";
    }
    for (const auto& [modality, value] : {std::pair("image", image / all), std::pair("text", 1.0 - image / all)}) {
      scores["rows"].push_back({{"modality", modality},
                                {"definition", "share.abs"},
                                {"group", nullptr},
                                {"value", value},
                                {"std_error", 0.0},
                                {"ci95", {value - 0.01, value + 0.01}},
                                {"examples", 40},
                                {"p_value", nullptr},
                                {"p_value_examples", nullptr}});
    }
    write_file(path(name) / "scores.json", scores.dump());
    write_file(path(name) / "examples.jsonl", lines.str());
  }

  /// Changes a value of scores.json.
  void change(const std::string& name, const std::string& pointer, const Json& value) const {
    Json scores = Json::parse(read_file(path(name) / "scores.json"));
    scores[Json::json_pointer(pointer)] = value;
    write_file(path(name) / "scores.json", scores.dump());
  }

  ProgramResult check(std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), {"check", "--baseline", "old"});
    return run_program({.arguments = std::move(arguments), .folder = folder_.path()});
  }

 private:
  TemporaryFolder folder_;
};

TEST(Check, EndsWithOneWhereARuleIsBroken) {
  const Results results;
  const ProgramResult failed = results.check({"new"});
  EXPECT_EQ(failed.exit_code, 1) << failed.errors;
  EXPECT_EQ(failed.errors, "");
  for (const char* const phrase : {"check failed: 1 of 3 rules broken", "change of share.abs <= 0.1", "image.share.abs",
                                   "+0.15", "broken", "paired, 40 examples", "0 right became wrong"}) {
    EXPECT_NE(failed.output.find(phrase), std::string::npos) << phrase << " in\n" << failed.output;
  }
  const ProgramResult passed =
      results.check({"new", "--rule", "change of share.abs <= 0.2", "--rule", "metric >= 0.9"});
  EXPECT_EQ(passed.exit_code, 0) << passed.errors;
  EXPECT_NE(passed.output.find("check passed: 2 rules kept"), std::string::npos) << passed.output;
  EXPECT_EQ(results.check({"new", "--rule", "change of share.abs <= 0.2", "--strict"}).exit_code, 1);
  // A file does as well as its folder.
  EXPECT_EQ(results.check({"new/scores.json"}).output, failed.output);
}

TEST(Check, FindsNothingBetweenEqualResults) {
  const Results results;
  const ProgramResult result = results.check({"old", "--strict", "--format", "json"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  const Json document = Json::parse(result.output);
  EXPECT_EQ(document.at("passed"), true);
  for (const Json& number : document.at("rules").at(1).at("numbers")) {
    EXPECT_EQ(number.at("change"), 0.0);
    EXPECT_EQ(number.at("interval"), Json::array({0.0, 0.0}));
  }
}

TEST(Check, ReadsRulesOfTheConfiguration) {
  const Results results;
  const auto configure = [&](const Json& settings) {
    write_file(results.path("modattr.json"), Json{{"check", settings}}.dump());
  };
  configure({{"rules", {"text.share.abs <= 0.7"}}});
  EXPECT_NE(results.check({"new"}).output.find("passed: 1 rule kept"), std::string::npos);
  configure({{"rules", {"change of share.abs <= 0.2"}}, {"strict", true}});
  EXPECT_EQ(results.check({"new"}).exit_code, 1);
  configure({{"rules", {"change of share.ab <= 0.2"}}});
  expect_one_line(results.check({"new"}), 2, {"expected a definition of the results, got 'share.ab'", "'share.abs'"});
  configure({{"rulse", Json::array()}});
  expect_one_line(results.check({"new"}), 2, {"modattr.json: check: unknown key 'rulse'; did you mean 'rules'?"});
  write_file(results.path("other.json"), R"({"check": {"rules": ["metric >= 2"]}})");
  EXPECT_EQ(results.check({"new", "--config", "other.json"}).exit_code, 1);
}

TEST(Check, RefusesWhatCannotBeCompared) {
  const Results results;
  results.change("new", "/config/shap/background", 20);
  expect_one_line(results.check({"new"}), 2,
                  {"new/scores.json: config.shap.background: expected 50 as in old/scores.json, got 20"});
  results.write("new", 0.25);
  results.change("new", "/config/shap/device", "cuda");
  EXPECT_EQ(results.check({"new"}).exit_code, 0);
  results.change("new", "/data/sha256", "4567");
  expect_one_line(results.check({"new"}), 2, {"data.sha256", "--allow-other-data compares results of other data"});
  const ProgramResult other = results.check({"new", "--allow-other-data", "--format", "json"});
  EXPECT_EQ(other.exit_code, 0) << other.errors;
  EXPECT_NE(other.output.find("unpaired (other data)"), std::string::npos) << other.output;
}

TEST(Check, ToldWrongIsOneLine) {
  const Results results;
  const TemporaryFolder elsewhere;
  expect_one_line(run_program({.arguments = {"check"}, .folder = elsewhere.path()}), 2,
                  {"check: expected the results that are compared with, got none", "--baseline DIR"});
  expect_one_line(results.check(), 2, {"check: expected new results behind the options, got none"});
  expect_one_line(results.check({"new", "--format", "junitt"}), 2, {"--format: unknown 'junitt'", "'junit'"});
  expect_one_line(results.check({"new", "--rule", "change of share.abs"}), 2, {"expected a comparison"});
  expect_one_line(results.check({"new", "--strickt"}), 2, {"unknown option '--strickt'; did you mean '--strict'?"});
  expect_one_line(results.check({"none"}), 3, {"none: expected a result of modattr, got no such file"});
  write_file(results.path("new") / "examples.jsonl", "{\"id\": 1}\n");
  expect_one_line(results.check({"new"}), 3, {"new/examples.jsonl:1: expected label, got no such key"});
  write_file(results.path("new") / "scores.json", "{");
  expect_one_line(results.check({"new"}), 3, {"new/scores.json: expected JSON"});
}

TEST(Check, WritesEveryForm) {
  const Results results;
  const ProgramResult result = results.check(
      {"new", "--json", "check.json", "--markdown", "check.md", "--junit", "check.xml", "--format", "markdown"});
  EXPECT_EQ(result.exit_code, 1) << result.errors;
  EXPECT_EQ(result.errors, "modattr: wrote check.json, check.md, check.xml\n");
  EXPECT_EQ(read_file(results.path("check.md")), result.output);
  EXPECT_EQ(read_file(results.path("check.json")), results.check({"new", "--format", "json"}).output);
  const std::string junit = read_file(results.path("check.xml"));
  EXPECT_EQ(junit, results.check({"new", "--format", "junit"}).output);
  EXPECT_NE(junit.find("tests=\"3\" failures=\"1\" errors=\"0\""), std::string::npos) << junit;
  expect_one_line(results.check({"new", "--junit", "no/such/folder/check.xml"}), 3, {"no/such/folder/check.xml"});
}

TEST(Check, ListsAnswersThatChangedSides) {
  const Results results;
  std::string lines = read_file(results.path("new") / "examples.jsonl");
  lines.replace(lines.find("\"predicted\":1"), 13, "\"predicted\":0");
  write_file(results.path("new") / "examples.jsonl", lines);
  EXPECT_NE(results.check({"new"}).output.find("1 right became wrong, 0 wrong"), std::string::npos);
  EXPECT_NE(results.check({"new", "-v"}).output.find("now wrong: 0"), std::string::npos);
}

// The second model gives the second input three times the weight.
TEST(Check, ComparesTwoModels) {
  Project project("regression", {"a", "b"});
  project.model("def forward(self, a, b):\n  return 2 * a + b")
      .data({TestArray::of<float>("a", {8, 1}, {1, -2, 3, 0.5F, 0, 2, -1, 4}),
             TestArray::of<float>("b", {8, 1}, {0.5F, 1, -1, 2, 3, -0.5F, 1, 0}),
             TestArray::of<float>("label", {8}, {2, -5, 3, 2, 0, 3, -3, 8})});
  save_model(project.path("other.pt"), "def forward(self, a, b):\n  return 2 * a + 3 * b", {});
  ASSERT_EQ(project.run({"shap", "--out", "old"}).exit_code, 0);
  ASSERT_EQ(project.run({"shap", "--model", "other.pt", "--out", "new"}).exit_code, 0);
  const ProgramResult same = project.run({"check", "--baseline", "old", "old", "--strict"});
  EXPECT_EQ(same.exit_code, 0) << same.output << same.errors;
  const ProgramResult result = project.run({"check", "--baseline", "old", "new", "--rule", "a.share.abs >= 0.6"});
  EXPECT_EQ(result.exit_code, 1) << result.output << result.errors;
  EXPECT_NE(result.output.find("a.share.abs"), std::string::npos) << result.output;
  const ProgramResult change =
      project.run({"check", "--baseline", "old", "new", "--rule", "change of share.abs <= 0.05", "--format", "json"});
  const Json numbers = Json::parse(change.output).at("rules").at(0).at("numbers");
  EXPECT_EQ(numbers.at(0).at("basis"), "paired, 8 examples");
  ASSERT_EQ(project.run({"shap", "--background", "3", "--out", "few"}).exit_code, 0);
  expect_one_line(project.run({"check", "--baseline", "old", "few"}), 2,
                  {"config.shap.background: expected 8", "got 3"});
}

}  // namespace
}  // namespace modattr
