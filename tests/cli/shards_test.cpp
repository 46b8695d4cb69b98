// --shard and modattr merge: several processes give what one gives.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <numeric>
#include <ostream>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "project.h"
#include "sum_project.h"

namespace modattr {
namespace {

/// A command, and what its project adds to the usual one.
struct ShardCase {
  std::string name;
  std::vector<std::string> command;

  friend void PrintTo(const ShardCase& one, std::ostream* stream) { *stream << one.name; }
};

std::vector<ShardCase> shard_cases() {
  return {{"Permute", {"permute", "--repeats", "4", "--per-example"}},
          {"PermuteWithinLabels", {"permute", "--repeats", "3", "--within", "label", "--metric", "log_loss"}},
          {"PermuteExact", {"permute", "--exact", "--examples", "60"}},
          {"Shap", {"shap", "--background", "20", "--by", "label"}},
          {"ShapInteractions", {"shap", "--background", "10", "--interactions", "--examples", "50"}},
          {"ShapOfFeatures", {"shap", "--level", "feature", "--background", "5", "--examples", "40"}},
          {"ShapOfSampledFeatures",
           {"shap", "--level", "feature", "--index", "shapley", "--budget", "300", "--background", "4", "--examples",
            "40", "--method", "leverage"}},
          {"Sage", {"shap", "--sage", "--background", "10", "--examples", "60"}},
          {"Lime", {"lime", "--budget", "120", "--background", "4", "--examples", "40"}},
          {"LimeOfSomeRows", {"lime", "--budget", "90", "--background", "20", "--examples", "20"}},
          {"LimeOfSomeIds", {"lime", "--budget", "60", "--background", "4", "--ids", "1004,1000,1033,1200,1017"}},
          {"Trace", {"trace", "--donors", "20"}},
          {"TraceOfAll", {"trace", "--all", "--donors", "10", "--ids", "1004,1034"}},
          {"Run", {"run"}}};
}

Project shard_project() {
  Project project = sum_project();
  project.config()["runs"] =
      Json::array({{{"engine", "permute"}, {"repeats", 3}},
                   {{"engine", "shap"}, {"background", 10}},
                   {{"engine", "shap"}, {"level", "feature"}, {"background", 4}, {"examples", 30}},
                   {{"engine", "lime"}, {"ids", {1004, "1000", "1250"}}, {"budget", 60}, {"background", 4}},
                   {{"engine", "trace"}, {"donors", 20}}});
  return project;
}

/// The files of a folder without what may differ: times, and counts of evaluations.
std::map<std::string, std::string> comparable_files(const std::filesystem::path& folder) {
  static const std::regex varying(R"re("(seconds|created)": ?("[^"]*"|[0-9.e+-]+)|"evaluations": ?\{[^}]*\})re");
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files[entry.path().filename().string()] = std::regex_replace(read_file(entry.path()), varying, "");
  }
  return files;
}

std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// A run of one process.
ProgramResult run_whole(const Project& project, const std::vector<std::string>& command) {
  return project.run(with(command, {"--reproducible", "--force", "--out", "whole"}));
}

ProgramResult run_one_shard(const Project& project, const std::vector<std::string>& command, std::size_t index,
                            std::size_t count, const std::string& folder = "shards") {
  return project.run(with(command, {"--reproducible", "--shard",
                                    std::to_string(index + 1) + "/" + std::to_string(count), "--out", folder}));
}

/// Runs the shards in this order and merges them.
void merge_in_order(const Project& project, const std::vector<std::string>& command,
                    const std::vector<std::size_t>& order, const std::string& merged) {
  const std::string folder = merged + "-shards";
  for (const std::size_t index : order) {
    const ProgramResult shard = run_one_shard(project, command, index, order.size(), folder);
    ASSERT_EQ(shard.exit_code, 0) << shard.errors;
    EXPECT_EQ(shard.output, "");
  }
  const ProgramResult result = project.run({"merge", folder, "--out", merged});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
}

std::vector<std::size_t> numbers_below(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  return numbers;
}

void expect_same_results(const Project& project, const std::string& merged) {
  const auto expected = comparable_files(project.path("whole"));
  const auto found = comparable_files(project.path(merged));
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [name, content] : expected) EXPECT_EQ(found.at(name), content) << merged << "/" << name;
}

class Shards : public testing::TestWithParam<ShardCase> {
 protected:
  Project project_ = shard_project();
};

TEST_P(Shards, MergeIntoTheResultsOfOneRun) {
  const ProgramResult whole = run_whole(project_, GetParam().command);
  ASSERT_EQ(whole.exit_code, 0) << whole.errors;
  merge_in_order(project_, GetParam().command, {2, 0, 1}, "merged");
  expect_same_results(project_, "merged");
}

INSTANTIATE_TEST_SUITE_P(OfEngines, Shards, testing::ValuesIn(shard_cases()),
                         [](const auto& instance) { return instance.param.name; });

class ShardCounts : public Shards {};

TEST_P(ShardCounts, ChangeNoResult) {
  const ProgramResult whole = run_whole(project_, GetParam().command);
  ASSERT_EQ(whole.exit_code, 0) << whole.errors;
  for (const std::size_t count : {1U, 2U, 7U, 16U}) {
    std::vector<std::size_t> order = numbers_below(count);
    std::ranges::reverse(order);
    std::ranges::rotate(order, order.begin() + static_cast<std::ptrdiff_t>(count / 3));
    const std::string merged = "merged-" + std::to_string(count);
    merge_in_order(project_, GetParam().command, order, merged);
    expect_same_results(project_, merged);
  }
}

INSTANTIATE_TEST_SUITE_P(OfEngines, ShardCounts, testing::ValuesIn(shard_cases()),
                         [](const auto& instance) { return instance.param.name; });

TEST(ShardFiles, AreEmptyWhereThereAreMoreShardsThanExamples) {
  const Project project = shard_project();
  const std::vector<std::string> command = {"shap", "--background", "5", "--examples", "2"};
  ASSERT_EQ(run_whole(project, command).exit_code, 0);
  const ProgramResult last = run_one_shard(project, command, 3, 4);
  EXPECT_EQ(last.exit_code, 0);
  EXPECT_NE(last.errors.find("shard 4/4: 0 examples"), std::string::npos) << last.errors;
  merge_in_order(project, command, {3, 1, 0, 2}, "merged");
  expect_same_results(project, "merged");
}

TEST(ShardFiles, SayWhatTheyHoldAndPrintNoTable) {
  const Project project = shard_project();
  const ProgramResult result = run_one_shard(project, {"permute"}, 1, 4);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output, "");
  EXPECT_EQ(result.errors, "modattr: shard 2/4: 75 examples\nmodattr: wrote shards/shard-2-of-4.modattr\n");
  EXPECT_FALSE(std::filesystem::exists(project.path("shards/scores.json")));
}

TEST(ShardFiles, LeaveOutExamplesThatAreNotFinite) {
  Project project = shard_project();
  SumData data;
  for (const std::size_t example : {0U, 1U, 2U, 70U}) {
    data.left[example * kSumDigits] = std::numeric_limits<float>::quiet_NaN();
  }
  project.data(data.arrays());
  // The first of three shards has no other examples.
  const std::vector<std::string> chosen = {"--skip-invalid", "--ids", "1000,1001,1002,1003,1070,1100,1101,1102"};
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"shap", "--background", "5"}, std::vector<std::string>{"permute", "--repeats", "2"}}) {
    ASSERT_EQ(run_whole(project, with(command, chosen)).exit_code, 0);
    merge_in_order(project, with(command, chosen), {0, 1, 2}, command.front());
    expect_same_results(project, command.front());
  }
}

TEST(ShardFiles, AgreeUpToRoundingWhereTheInsideOfTheModelIsFollowed) {
  const Project project = shard_project();
  const std::vector<std::string> command = {"shap", "--level",      "feature", "--method",   "deep", "--verify",
                                            "3",    "--background", "6",       "--examples", "20"};
  merge_in_order(project, command, {1, 0}, "merged");
  const Scores merged(project.run({"merge", "merged-shards", "--format", "json"}));
  const Scores whole(project.run(with(command, {"--reproducible", "--format", "json"})));
  const Json& rows = whole.document().at("rows");
  ASSERT_EQ(merged.document().at("rows").size(), rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const Json& found = merged.document().at("rows")[row];
    EXPECT_EQ(found.at("definition"), rows[row].at("definition"));
    EXPECT_EQ(found.at("examples"), rows[row].at("examples"));
    if (rows[row].at("value").is_number()) {
      EXPECT_NEAR(found.at("value").get<double>(), rows[row].at("value").get<double>(), 1e-9) << found;
    }
  }
}

TEST(ShardFiles, AreWholeOrNotThere) {
  const Project project = shard_project();
  ProgramCall call = project.call({"permute", "--examples", "50", "--shard", "1/2", "--out", "shards"});
  call.file_size_limit_bytes = 1000;
  const ProgramResult full = run_program(call);
  EXPECT_EQ(full.exit_code, 3) << full.errors;
  EXPECT_NE(full.errors.find("shards/shard-1-of-2.modattr: expected a writable file"), std::string::npos)
      << full.errors;
  EXPECT_FALSE(std::filesystem::exists(project.path("shards"))) << "a folder that was made for a run goes with it";
}

/// Four shards of shap, and what merging them says.
class MergeOfShards : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::size_t index : {0U, 1U, 2U, 3U}) {
      ASSERT_EQ(run_one_shard(project_, command_, index, 4).exit_code, 0);
    }
  }
  std::filesystem::path shard(std::size_t index) const {
    return project_.path("shards/shard-" + std::to_string(index + 1) + "-of-4.modattr");
  }
  void expect_refusal(int exit_code, std::initializer_list<const char*> phrases,
                      const std::vector<std::string>& folders = {"shards"}) const {
    expect_one_line(project_.run(with(with({"merge"}, folders), {"--out", "merged"})), exit_code, phrases);
    EXPECT_FALSE(std::filesystem::exists(project_.path("merged")));
  }

  Project project_ = shard_project();
  std::vector<std::string> command_ = {"shap", "--background", "5", "--examples", "30"};
};

TEST_F(MergeOfShards, NamesThoseThatAreMissing) {
  std::filesystem::remove(shard(1));
  std::filesystem::remove(shard(3));
  expect_refusal(2, {"shards: expected all 4, got 2; missing: 2/4, 4/4"});
}

TEST_F(MergeOfShards, NamesOneThatIsThereTwice) {
  std::filesystem::create_directory(project_.path("more"));
  std::filesystem::copy_file(shard(2), project_.path("more/shard-3-of-4.modattr"));
  expect_refusal(2, {"more/shard-3-of-4.modattr: expected every shard once, got 3/4 again"}, {"shards", "more"});
}

TEST_F(MergeOfShards, RefusesOnesOfOtherOptionsDataOrNumbers) {
  ASSERT_EQ(run_one_shard(project_, with(command_, {"--seed", "5"}), 1, 4, "seed").exit_code, 0);
  std::filesystem::copy_file(project_.path("seed/shard-2-of-4.modattr"), shard(1),
                             std::filesystem::copy_options::overwrite_existing);
  expect_refusal(2, {"shard-2-of-4.modattr: expected --seed none, got 5", "another run than"});

  ASSERT_EQ(run_one_shard(project_, command_, 1, 5, "five").exit_code, 0);
  std::filesystem::rename(project_.path("five/shard-2-of-5.modattr"), shard(1));
  expect_refusal(2, {"expected one of 4 shards, got one of 5"});

  ASSERT_EQ(run_one_shard(project_, {"lime", "--budget", "60", "--background", "2", "--examples", "4"}, 1, 4, "lime")
                .exit_code,
            0);
  std::filesystem::copy_file(project_.path("lime/shard-2-of-4.modattr"), shard(1),
                             std::filesystem::copy_options::overwrite_existing);
  expect_refusal(2, {"expected shap, got lime"});
}

TEST_F(MergeOfShards, RefusesDataThatHasChanged) {
  SumData data;
  data.left[7] += 0.25F;
  project_.data(data.arrays());
  expect_refusal(2, {"shards: expected data file", "which has changed since they ran"});
}

TEST_F(MergeOfShards, RefusesDamagedFiles) {
  const std::string bytes = read_file(shard(2));
  for (const std::size_t place : {std::size_t{3}, bytes.size() / 2, bytes.size() - 3}) {
    std::string damaged = bytes;
    damaged[place] = static_cast<char>(damaged[place] ^ 4);
    write_file(shard(2), damaged);
    expect_refusal(3, {"shard-3-of-4.modattr: expected"});
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{20}, bytes.size() - 1}) {
    write_file(shard(2), bytes.substr(0, size));
    expect_refusal(3, {"shard-3-of-4.modattr: expected"});
  }
}

TEST_F(MergeOfShards, RefusesFoldersWithoutShards) {
  expect_refusal(2, {"results: expected shards, files such as shard-1-of-4.modattr, got none"}, {"results"});
  expect_refusal(2, {"nowhere: expected a folder of shards, got: No such file or directory"}, {"nowhere"});
}

TEST_F(MergeOfShards, TakesFoldersAndFilesInAnyOrder) {
  std::filesystem::create_directory(project_.path("apart"));
  std::filesystem::rename(shard(0), project_.path("apart/shard-1-of-4.modattr"));
  const ProgramResult result =
      project_.run({"merge", "shards/shard-4-of-4.modattr", "apart", "shards/shard-2-of-4.modattr",
                    "shards/shard-3-of-4.modattr", "--format", "json"});
  const ProgramResult whole = project_.run(with(command_, {"--reproducible", "--format", "json"}));
  EXPECT_EQ(Scores(result).row_text(), Scores(whole).row_text());
}

TEST_F(MergeOfShards, CountsWhatTheShardsEvaluated) {
  const Json merged = Scores(project_.run({"merge", "shards", "--format", "json"})).document().at("evaluations");
  const Json whole =
      Scores(project_.run(with(command_, {"--reproducible", "--format", "json"}))).document().at("evaluations");
  // Data that several shards need is encoded by each.
  EXPECT_GE(merged.at("encoder").get<double>(), whole.at("encoder").get<double>());
  EXPECT_GE(merged.at("fusion").get<double>() + merged.at("model").get<double>(),
            whole.at("fusion").get<double>() + whole.at("model").get<double>());
}

TEST_F(MergeOfShards, ReplacesNoResultsOfAnotherCommand) {
  ASSERT_EQ(project_.run({"permute", "--out", "other"}).exit_code, 0);
  const ProgramResult refused = project_.run({"merge", "shards", "--out", "other"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.errors.find("expected results of shap or none, got results of permute"), std::string::npos);
  EXPECT_EQ(project_.run({"merge", "shards", "--out", "other", "--force"}).exit_code, 0);
}

TEST_F(MergeOfShards, KeepsAShardOfAnotherRun) {
  const std::string before = read_file(shard(0));
  expect_one_line(run_one_shard(project_, with(command_, {"--seed", "3"}), 0, 4), 2,
                  {"shard-1-of-4.modattr: expected a shard of this run or none", "--force"});
  EXPECT_EQ(read_file(shard(0)), before);
  EXPECT_EQ(run_one_shard(project_, with(command_, {"--seed", "3", "--force"}), 0, 4).exit_code, 0);
  EXPECT_NE(read_file(shard(0)), before);
}

TEST_F(MergeOfShards, ReplacesAShardOfTheSameRunOrADamagedOne) {
  write_file(shard(0), "maShard");
  EXPECT_EQ(run_one_shard(project_, command_, 0, 4).exit_code, 0);
  EXPECT_EQ(run_one_shard(project_, command_, 0, 4).exit_code, 0);
  EXPECT_EQ(project_.run({"merge", "shards"}).exit_code, 0);
}

TEST(ShardOption, FollowsTheLauncher) {
  const Project project = shard_project();
  ProgramCall call = project.call({"permute", "--examples", "10", "--shard", "auto", "--out", "shards"});
  call.environment = {{"SLURM_ARRAY_TASK_ID", "6"}, {"SLURM_ARRAY_TASK_COUNT", "4"}, {"SLURM_ARRAY_TASK_MIN", "5"}};
  EXPECT_EQ(run_program(call).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(project.path("shards/shard-2-of-4.modattr")));
}

TEST(ShardOption, SaysWhatItNeeds) {
  const Project project = shard_project();
  expect_one_line(project.run({"permute", "--shard", "5/4", "--out", "shards"}), 2,
                  {"--shard: expected i/n with i from 1 to n, such as 3/16, or auto, got '5/4'"});
  expect_one_line(project.run({"permute", "--shard", "auto", "--out", "shards"}), 2,
                  {"--shard auto: expected", "got none"});
  expect_one_line(project.run({"run", "--shard", "1/4"}), 2, {"--shard: expected --out DIR"});
  expect_one_line(project.run({"lime", "--shard", "1/4", "--out", "shards", "--format", "csv"}), 2,
                  {"--shard: expected no --format"});
  expect_one_line(project.run({"lime", "--shard", "1/4", "--out", "shards", "--store", "s.db"}), 2,
                  {"--shard: expected no --store"});
  expect_one_line(project.run({"lime", "--shard", "1/4", "--out", "shards", "--plot", "s.svg"}), 2,
                  {"--shard: expected no --plot"});
  EXPECT_FALSE(std::filesystem::exists(project.path("shards")));
}

/// A lock on a folder, as another run holds it.
class FolderLock {
 public:
  FolderLock(const std::filesystem::path& folder, int kind)
      : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    EXPECT_EQ(::flock(descriptor_, kind | LOCK_NB), 0);
  }
  ~FolderLock() { ::close(descriptor_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

TEST(ResultFolder, IsRefusedWhileAnotherRunWritesIntoIt) {
  const Project project = shard_project();
  {
    const FolderLock lock(project.results(), LOCK_EX);
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"permute", "--examples", "10"}, std::vector<std::string>{"run"},
          std::vector<std::string>{"permute", "--examples", "10", "--shard", "1/2"}}) {
      expect_one_line(project.run(with(command, {"--out", "results"})), 3,
                      {"results: expected a folder that no other run is writing into, got one in use"});
    }
    EXPECT_TRUE(std::filesystem::is_empty(project.results()));
  }
  {
    const FolderLock lock(project.results(), LOCK_SH);
    EXPECT_EQ(run_one_shard(project, {"permute", "--examples", "10"}, 0, 2, "results").exit_code, 0);
    expect_one_line(project.run({"permute", "--examples", "10", "--out", "results"}), 3, {"got one in use"});
  }
  EXPECT_EQ(project.run({"permute", "--examples", "10", "--out", "results"}).exit_code, 0);
}

}  // namespace
}  // namespace modattr
