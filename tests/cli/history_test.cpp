// Results of several runs in one store, and the trends over them.

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/history/result_store.h"
#include "modattr/history/store_reference.h"
#include "project.h"

namespace modattr {
namespace {

class History : public testing::Test {
 protected:
  History() : project_("logits", {"a", "b"}) {
    project_.model("def forward(self, a, b):\n  return a - b")
        .data({TestArray::of<float>("a", {4, 1}, {1, 2, 3, 4}), TestArray::of<float>("b", {4, 1}, {4, 3, 2, 1}),
               TestArray::of<std::int64_t>("label", {4}, {0, 0, 1, 1})});
  }

  std::filesystem::path store() const { return project_.path("releases.db"); }

  ProgramResult permute(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"permute", "--store", "releases.db"});
    return project_.run(arguments);
  }
  ProgramResult history(std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), {"history", "--store", "releases.db"});
    return project_.run(arguments);
  }

  Project project_;
};

TEST_F(History, ShowsTheTrendOverReleases) {
  const ProgramResult first = permute({"--tag", "v1", "--out", "results"});
  ASSERT_EQ(first.exit_code, 0) << first.errors;
  EXPECT_NE(first.errors.find("modattr: stored result 1 (v1) in releases.db\n"), std::string::npos) << first.errors;
  // All answers are the other class now.
  project_.model("def forward(self, a, b):\n  return b - a");
  const ProgramResult second = permute({"--quiet"});
  ASSERT_EQ(second.exit_code, 0) << second.errors;
  EXPECT_EQ(second.errors, "");

  // The store holds what --out has.
  EXPECT_EQ(ResultStore::open(store()).files_of("v1").scores_json, read_file(project_.results() / "scores.json"));

  const ProgramResult table = history();
  EXPECT_EQ(table.exit_code, 0) << table.errors;
  EXPECT_EQ(table.errors, "");
  EXPECT_TRUE(table.output.starts_with("releases.db: 2 results of ")) << table.output;
  // The score falls from 1 to 0.
  EXPECT_NE(table.output.find("  2  1.0000   0.0000  -1.0000  █▁\n"), std::string::npos) << table.output;

  const Json document = Json::parse(history({"--format", "json", "--definition", "score"}).output);
  ASSERT_EQ(document.at("trends").size(), 1U);
  EXPECT_EQ(document.at("trends").at(0).at("points").at(0).at("value"), 1.0);
  EXPECT_EQ(document.at("trends").at(0).at("points").at(1).at("value"), 0.0);
  EXPECT_EQ(document.at("results").at(0).at("tag"), "v1");
  EXPECT_NE(document.at("results").at(0).at("model").at("sha256"),
            document.at("results").at(1).at("model").at("sha256"));
  EXPECT_TRUE(document.at("breaks").empty());

  const std::string csv = history({"--format", "csv", "--limit", "1", "--definition", "score"}).output;
  EXPECT_EQ(std::ranges::count(csv, '\n'), 2) << csv;
  EXPECT_NE(csv.find("\n2,,"), std::string::npos) << csv;
}

TEST_F(History, BreaksATrendWhereTheDataOrTheOptionsChange) {
  ASSERT_EQ(permute({}).exit_code, 0);
  ASSERT_EQ(permute({"--repeats", "20"}).exit_code, 0);
  // Four other rows with the same labels.
  project_.data({TestArray::of<float>("a", {4, 1}, {1, 2, 3, 5}), TestArray::of<float>("b", {4, 1}, {4, 3, 2, 1}),
                 TestArray::of<std::int64_t>("label", {4}, {0, 0, 1, 1})});
  ASSERT_EQ(permute({"--repeats", "20"}).exit_code, 0);
  const Json document =
      Json::parse(history({"--format", "json", "-m", "a", "--definition", "permutation.drop"}).output);
  ASSERT_EQ(document.at("trends").size(), 1U);
  const Json& points = document.at("trends").at(0).at("points");
  EXPECT_EQ(points.at(0).at("segment"), 1);
  EXPECT_EQ(points.at(1).at("segment"), 2);
  EXPECT_EQ(points.at(2).at("segment"), 3);
  ASSERT_EQ(document.at("breaks").size(), 2U);
  EXPECT_EQ(document.at("breaks").at(0).at("what"), "options: repeats from 10 to 20");
  EXPECT_TRUE(document.at("breaks").at(1).at("what").get<std::string>().starts_with("data: sha256 from "));
}

TEST_F(History, IsTheSameFromAnotherFolder) {
  ASSERT_EQ(permute({}).exit_code, 0);
  ASSERT_EQ(permute({"--threads", "1", "--batch-size", "2", "--no-split"}).exit_code, 0);
  ProgramCall call = project_.call({"permute", "--config", "../modattr.json", "--store", "../releases.db"});
  call.folder = project_.results();
  ASSERT_EQ(run_program(call).exit_code, 0);
  const ProgramResult result = history({"--format", "json"});
  EXPECT_TRUE(Json::parse(result.output).at("breaks").empty()) << result.output;
}

TEST_F(History, KeepsTheExamplesOfShap) {
  const ProgramResult result = project_.run({"shap", "--store", "releases.db", "--tag", "v1", "--out", "results"});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const StoredFiles files = read_store_reference("store:" + store().string() + "@v1");
  EXPECT_EQ(files.scores_json, read_file(project_.results() / "scores.json"));
  EXPECT_EQ(files.examples_jsonl, read_file(project_.results() / "examples.jsonl"));
  EXPECT_NE(files.examples_jsonl, "");
  EXPECT_EQ(files.trace_jsonl, "");
  // Definitions that check a run are shown on request.
  EXPECT_EQ(history().output.find("\nshap     all       shapley.full"), std::string::npos);
  EXPECT_NE(history({"--all-definitions"}).output.find("shapley.full"), std::string::npos);
  EXPECT_NE(history({"--format", "csv"}).output.find("shapley.full"), std::string::npos);
}

TEST_F(History, ComparesARunOfSeveralWithACommandOfItsOwn) {
  ASSERT_EQ(permute({}).exit_code, 0);
  project_.config()["runs"] = Json::parse(R"([{"engine": "shap"}, {"engine": "permute"}])");
  const ProgramResult result = project_.run({"run", "--store", "releases.db", "--tag", "all", "--out", "results"});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const StoredFiles files = ResultStore::open(store()).files_of("all");
  EXPECT_EQ(files.scores_json, read_file(project_.results() / "scores.json"));
  EXPECT_EQ(files.examples_jsonl, read_file(project_.results() / "examples.jsonl"));
  const Json document = Json::parse(history({"--format", "json"}).output);
  EXPECT_TRUE(document.at("breaks").empty()) << document.at("breaks");
  std::vector<std::string> runs;
  for (const Json& trend : document.at("trends")) {
    const std::string run = trend.at("run").is_null() ? "" : trend.at("run").get<std::string>();
    if (runs.empty() || runs.back() != run) runs.push_back(run);
    EXPECT_EQ(trend.at("points").size(), run == "shap" ? 1U : 2U) << trend;
  }
  EXPECT_EQ(runs, (std::vector<std::string>{"", "permute", "shap"}));
}

TEST_F(History, TwoProgramsAtOnceLoseNothing) {
  constexpr int kRuns = 3;
  std::vector<ProgramResult> results(2 * kRuns);
  const auto run_all = [&](int first) {
    for (int run = first; run < first + kRuns; ++run) {
      results[static_cast<std::size_t>(run)] =
          run_program({.arguments = {"permute", "--store", "releases.db", "--tag", "v" + std::to_string(run)},
                       .folder = project_.path("")});
    }
  };
  static_cast<void>(project_.call({}));
  std::thread other([&] { run_all(0); });
  run_all(kRuns);
  other.join();
  for (const ProgramResult& result : results) EXPECT_EQ(result.exit_code, 0) << result.errors;
  const std::vector<StoredResult> stored = ResultStore::open(store()).results();
  ASSERT_EQ(stored.size(), results.size());
  for (int run = 0; run < 2 * kRuns; ++run) {
    EXPECT_NE(ResultStore::open(store()).files_of("v" + std::to_string(run)).scores_json, "");
  }
}

TEST_F(History, ATakenTagIsNoticedBeforeTheRun) {
  ASSERT_EQ(permute({"--tag", "v1"}).exit_code, 0);
  // The model would fail, the tag comes first.
  project_.model("def forward(self, a, b):\n  assert False\n  return a");
  expect_one_line(permute({"--tag", "v1", "--out", "results"}), 2,
                  {"--tag: expected a tag that no result of releases.db has, got 'v1'"});
  EXPECT_TRUE(std::filesystem::is_empty(project_.results()));
  expect_one_line(permute({"--tag", "latest"}), 2, {"--tag: expected a name other than latest"});
}

TEST_F(History, ARunThatFailsStoresNothing) {
  project_.model("def forward(self, a, b):\n  assert False\n  return a");
  EXPECT_EQ(permute({}).exit_code, 3);
  EXPECT_FALSE(std::filesystem::exists(store()));
}

TEST_F(History, LeavesOtherFilesAlone) {
  const std::string data = read_file(project_.path("val.npz"));
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"permute", "--store", "val.npz"}, {"history", "--store", "val.npz"}}) {
    expect_one_line(project_.run(arguments), 3,
                    {"val.npz: expected a store of results, got a file that is no SQLite database"});
  }
  EXPECT_EQ(read_file(project_.path("val.npz")), data);
  expect_one_line(project_.run({"permute", "--store", "none/releases.db"}), 3,
                  {"none/releases.db: expected a writable store, got: No such file or directory"});
}

TEST_F(History, AFullDiskKeepsTheStoreAndShowsTheResult) {
  ASSERT_EQ(permute({"--tag", "v1"}).exit_code, 0);
  const std::vector<std::string> arguments = {"permute", "--store", "releases.db", "--tag", "v2"};
  // Not even the log can be made.
  ProgramCall call = project_.call(arguments);
  call.file_size_limit_bytes = 1000;
  expect_one_line(run_program(call), 3, {"releases.db: expected a writable store, got: "});
  // The log can, but does not hold the configuration.
  project_.config()["data"]["classes"] = {std::string(50000, 'n'), "other"};
  call = project_.call(arguments);
  call.file_size_limit_bytes = 40000;
  const ProgramResult result = run_program(call);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_TRUE(result.output.starts_with("permute: accuracy 1.0000")) << result.output;
  EXPECT_TRUE(result.errors.starts_with("modattr: releases.db: expected a writable store, got: ")) << result.errors;
  EXPECT_EQ(std::ranges::count(result.errors, '\n'), 1) << result.errors;
  const std::vector<StoredResult> stored = ResultStore::open(store()).results();
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored[0].tag, "v1");
}

TEST_F(History, AnEmptyStoreIsNoError) {
  static_cast<void>(ResultStore::open_to_append(store()));
  const ProgramResult result = history();
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(result.output, "releases.db: no results yet; --store of a command adds one\n");
  EXPECT_EQ(history({"--definition", "shape.S"}).exit_code, 0);
  EXPECT_EQ(Json::parse(history({"--format", "json"}).output).at("trends"), Json::array());
}

TEST_F(History, NamesWhatIsMeant) {
  ASSERT_EQ(permute({}).exit_code, 0);
  expect_one_line(history({"--definition", "permutation.dorp"}), 2,
                  {"--definition: unknown 'permutation.dorp'; did you mean 'permutation.drop'?"});
  expect_one_line(history({"--modality", "c"}), 2, {"--modality: unknown 'c'"});
  expect_one_line(history({"--limit", "0"}), 2, {"--limit: expected a whole number from 1"});
  expect_one_line(history({"--format", "markdown"}), 2, {"--format: expected table, csv or json, got 'markdown'"});
  expect_one_line(project_.run({"history"}), 2, {"history: --store is required"});
  expect_one_line(project_.run({"history", "--store", ""}), 2, {"expected a file, got ''"});
  expect_one_line(project_.run({"history", "--store", "none.db"}), 3,
                  {"none.db: expected a store of results, got no such file"});
  expect_one_line(project_.run({"permute", "--tag", "v1"}), 2, {"--tag requires --store"});
}

}  // namespace
}  // namespace modattr
