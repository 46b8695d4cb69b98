// modattr run: several engines at once, and going on with a run that was interrupted.

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"
#include "sum_project.h"

namespace modattr {
namespace {

constexpr const char* kResultFiles[] = {"scores.json", "scores.csv", "examples.jsonl", "trace.jsonl", "run.json"};

Project run_project() {
  Project project = sum_project();
  project.config()["runs"] = Json::array({{{"engine", "permute"}, {"per_example", true}},
                                          {{"engine", "shap"}, {"background", 20}},
                                          {{"engine", "lime"}, {"ids", {1004, "1000"}}, {"budget", 400}},
                                          {{"engine", "trace"}, {"donors", 30}}});
  return project;
}

Json read_json(const std::filesystem::path& file) {
  return Json::parse(read_file(file), nullptr, false);
}

/// The files without times.
std::map<std::string, std::string> files_of(const std::filesystem::path& folder) {
  static const std::regex time(R"re("(seconds|created)": ?("[^"]*"|[0-9.e+-]+))re");
  std::map<std::string, std::string> files;
  for (const char* name : kResultFiles) files[name] = std::regex_replace(read_file(folder / name), time, "");
  return files;
}

double evaluations_of(const Json& counts) {
  return counts.at("model").get<double>() + counts.at("fusion").get<double>();
}

TEST(RunCommand, GivesWhatEachEngineGivesAndAsksTheModelForLess) {
  const Project project = run_project();
  const ProgramResult result = project.run({"run", "--out", "results"});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  for (const char* title : {"permute: accuracy", "shap: accuracy", "lime: accuracy", "trace: accuracy"}) {
    EXPECT_NE(result.output.find(title), std::string::npos) << title;
  }
  const Json joined = read_json(project.results() / "scores.json");
  EXPECT_EQ(joined.at("command"), "run");
  EXPECT_EQ(joined.at("config").at("runs").at("shap").at("background"), 20);
  double apart = 0.0;
  const std::map<std::string, std::vector<std::string>> commands = {
      {"permute", {"permute", "--per-example"}},
      {"shap", {"shap", "--background", "20"}},
      {"lime", {"lime", "--ids", "1004,1000", "--budget", "400"}},
      {"trace", {"trace", "--donors", "30"}}};
  for (const auto& [name, command] : commands) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--format", "json"});
    const Scores single(project.run(arguments));
    apart += evaluations_of(single.document().at("evaluations"));
    std::vector<Json> rows;
    for (const Json& row : joined.at("rows")) {
      if (row.at("run") == name) rows.push_back(row);
    }
    ASSERT_EQ(rows.size(), single.document().at("rows").size()) << name;
    for (std::size_t place = 0; place < rows.size(); ++place) {
      const Json& row = single.document().at("rows")[place];
      EXPECT_EQ(rows[place].at("definition"), row.at("definition"));
      EXPECT_EQ(rows[place].at("modality"), row.at("modality"));
      if (!row.at("value").is_number()) continue;
      EXPECT_NEAR(rows[place].at("value").get<double>(), row.at("value").get<double>(), 1e-6) << row;
    }
  }
  EXPECT_LT(evaluations_of(joined.at("evaluations")), 0.9 * apart);
  const Json run = read_json(project.results() / "run.json");
  EXPECT_EQ(run.at("schema"), "modattr.run/1");
  ASSERT_EQ(run.at("runs").size(), 4U);
  double sum = 0.0;
  for (const Json& each : run.at("runs")) sum += evaluations_of(each.at("evaluations"));
  EXPECT_EQ(sum, evaluations_of(joined.at("evaluations")));
  EXPECT_FALSE(std::filesystem::exists(project.results() / "run.journal"));
}

TEST(RunCommand, AsksTheModelOfTheDemoForLessThanSeventyPercent) {
  const std::filesystem::path demo = MODATTR_SOURCE_DIR;
  const TemporaryFolder folder;
  Json config = read_json(demo / "modattr.json");
  for (const char* const key : {"path", "metadata", "classes"}) {
    config["data"][key] = (demo / config["data"][key].get<std::string>()).string();
  }
  config["model"]["path"] = (demo / config["model"]["path"].get<std::string>()).string();
  config["modalities"][1]["vocab"] = (demo / config["modalities"][1]["vocab"].get<std::string>()).string();
  config["runs"].push_back({{"engine", "lime"}, {"ids", {17}}});
  write_file(folder / "modattr.json", config.dump());
  const auto asked = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--out", "results", "--force"});
    ProgramCall call;
    call.arguments = arguments;
    call.folder = folder.path();
    EXPECT_EQ(run_program(call).exit_code, 0) << arguments.front();
    return evaluations_of(read_json(folder / "results" / "scores.json").at("evaluations"));
  };
  const double apart = asked({"permute"}) + asked({"shap"}) + asked({"trace"}) + asked({"lime", "--ids", "17"});
  EXPECT_LT(asked({"run"}), 0.7 * apart);
}

TEST(RunCommand, WritesTheDropOfEveryExample) {
  const Project project = run_project();
  ASSERT_EQ(project.run({"run", "--out", "results", "-q"}).exit_code, 0);
  double sum = 0.0;
  double right = 0.0;
  std::size_t count = 0;
  std::istringstream lines(read_file(project.results() / "examples.jsonl"));
  for (std::string text; std::getline(lines, text);) {
    const Json line = Json::parse(text, nullptr, false);
    if (line.at("run") != "permute") continue;
    sum += line.at("modalities").at("left").get<double>();
    right += line.at("value_full").get<double>();
    ++count;
  }
  EXPECT_EQ(count, kSumCount);
  const Json joined = read_json(project.results() / "scores.json");
  EXPECT_NEAR(right / static_cast<double>(count), joined.at("score").get<double>(), 1e-12);
  for (const Json& row : joined.at("rows")) {
    if (row.at("definition") != "permutation.drop" || row.at("modality") != "left") continue;
    EXPECT_NEAR(sum / static_cast<double>(count), row.at("value").get<double>(), 1e-12);
  }
}

TEST(RunCommand, NumbersRunsOfOneEngine) {
  Project project = sum_project();
  project.config()["runs"] = Json::array({{{"engine", "shap"}}, {{"engine", "shap"}, {"value", "logit"}}});
  const Scores scores(project.run({"run", "--format", "json"}));
  const Json& runs = scores.document().at("config").at("runs");
  EXPECT_EQ(runs.at("shap").at("value"), "probability");
  EXPECT_EQ(runs.at("shap-2").at("value"), "logit");
  EXPECT_EQ(scores.document().at("rows").back().at("run"), "shap-2");
}

TEST(RunCommand, GoesOnWhereItWasKilled) {
  const Project project = run_project();
  ASSERT_EQ(project.run({"run", "--out", "results", "-q"}).exit_code, 0);
  const std::map<std::string, std::string> whole = files_of(project.results());
  for (const char* moment : {"run shap", "run lime", "run trace"}) {
    std::filesystem::remove_all(project.path("other"));
    ProgramCall call = project.call({"run", "--out", "other", "-v"});
    call.signal = SignalPlan{.signal = SIGKILL, .after = moment};
    EXPECT_EQ(run_program(call).exit_code, 128 + SIGKILL);
    ASSERT_TRUE(std::filesystem::exists(project.path("other") / "run.journal"));
    expect_one_line(project.run({"run", "--out", "other"}), 2,
                    {"run.journal: expected a folder without an interrupted run", "--resume", "--force"});
    const ProgramResult rest = project.run({"run", "--out", "other", "--resume", "--threads", "1"});
    ASSERT_EQ(rest.exit_code, 0) << rest.errors;
    EXPECT_NE(rest.errors.find("goes on with an interrupted run"), std::string::npos) << rest.errors;
    EXPECT_EQ(files_of(project.path("other")), whole) << moment;
    EXPECT_FALSE(std::filesystem::exists(project.path("other") / "run.journal"));
  }
}

/// Kills and full disks at many places of the journal.
TEST(RunResumes, GivesTheSameBytesFromAnyMoment) {
  const Project project = run_project();
  ASSERT_EQ(project.run({"run", "--out", "results", "-q"}).exit_code, 0);
  const std::map<std::string, std::string> whole = files_of(project.results());
  std::size_t interrupted = 0;
  for (std::size_t moment = 0; moment < 20; ++moment) {
    std::filesystem::remove_all(project.path("other"));
    ProgramCall call = project.call({"run", "--out", "other", "-q"});
    if (moment % 2 == 0) {
      call.file_size_limit_bytes = 3000 + 11000 * moment;
    } else {
      const ProgramCall modattr = call;
      call.arguments = {"-s", "KILL", std::to_string(0.2 + 0.11 * static_cast<double>(moment)),
                        test_program().string()};
      call.arguments.insert(call.arguments.end(), modattr.arguments.begin(), modattr.arguments.end());
    }
    const ProgramResult first = moment % 2 == 0 ? run_program(call) : run_process("/usr/bin/timeout", call);
    if (first.exit_code != 0) ++interrupted;
    if (moment % 2 == 0 && first.exit_code != 0) {
      EXPECT_EQ(first.exit_code, 3);
      EXPECT_NE(first.errors.find("other/"), std::string::npos) << first.errors;
    }
    const ProgramResult rest = project.run({"run", "--out", "other", "--resume", "--force"});
    ASSERT_EQ(rest.exit_code, 0) << rest.errors;
    EXPECT_EQ(files_of(project.path("other")), whole) << moment;
  }
  EXPECT_GT(interrupted, 5U);
}

TEST(RunCommand, RefusesToGoOnWithAnotherRun) {
  Project project = run_project();
  ProgramCall call = project.call({"run", "--out", "other", "-v"});
  call.signal = SignalPlan{.signal = SIGKILL, .after = "run shap"};
  run_program(call);
  expect_one_line(project.run({"run", "--out", "other", "--resume", "--seed", "5"}), 2,
                  {"expected the interrupted run, got another: --seed was none and is 5", "--force"});
  project.config()["runs"][1]["background"] = 10;
  expect_one_line(project.run({"run", "--out", "other", "--resume"}), 2, {"got another: runs was [", "--force"});
  project.config()["runs"][1]["background"] = 20;
  project.model("def forward(self, left, right):\n  return left + right");
  expect_one_line(project.run({"run", "--out", "other", "--resume"}), 2, {"got another: model file was "});
}

TEST(RunCommand, SaysWhatIsWrongWithTheRuns) {
  Project project = sum_project();
  expect_one_line(project.run({"run"}), 2, {"modattr.json: runs: expected engines to run, got none"});
  project.config()["runs"] = Json::array({{{"engine", "shapp"}}});
  expect_one_line(project.run({"run"}), 2, {"runs[0].engine: unknown 'shapp'; did you mean 'shap'?"});
  project.config()["runs"] = Json::array({{{"engine", "lime"}, {"ids", 17}}});
  expect_one_line(project.run({"run"}), 2, {"runs[0].ids: expected a list of ids"});
  project.config()["runs"] = Json::array({{{"engine", "lime"}, {"examples", 0}}});
  expect_one_line(project.run({"run"}), 2, {"runs[0].examples: expected a whole number above 0"});
  project.config()["runs"] = Json::array({{{"engine", "permute"}, {"exact", true}, {"repeats", 3}}});
  expect_one_line(project.run({"run"}), 2, {"runs[0]."});
  project.config()["runs"] = Json::array({{{"engine", "permute"}}});
  expect_one_line(project.run({"run", "--resume"}), 2, {"--resume: expected --out DIR"});
}

}  // namespace
}  // namespace modattr
