// Results that cannot be written, and runs that are stopped: nothing half-written.

#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "project.h"

namespace modattr {
namespace {

constexpr const char* kSlowModel =
    "def forward(self, a, b):\n"
    "  x = torch.ones([100, 100])\n"
    "  for i in range(200):\n"
    "    x = torch.tanh(x @ x)\n"
    "  return a - b + 0 * x.sum()";

class BadOutput : public testing::Test {
 protected:
  BadOutput() : project_("logits", {"a", "b"}) {
    project_.model("def forward(self, a, b):\n  return a - b").data(data_);
  }

  const std::vector<TestArray> data_ = {TestArray::of<float>("a", {4, 1}, {1, 2, 3, 4}),
                                        TestArray::of<float>("b", {4, 1}, {4, 3, 2, 1}),
                                        TestArray::of<std::int64_t>("label", {4}, {0, 0, 1, 1})};
  Project project_;
};

/// False in a container without /dev/pts.
bool has_terminals() {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal >= 0) ::close(terminal);
  return terminal >= 0;
}

/// A disk of one page, which holds the names of files and next to nothing of their content; only root can make it.
class SmallDisk {
 public:
  explicit SmallDisk(const std::filesystem::path& folder)
      : folder_(folder), mounted_(::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=4k") == 0) {}
  ~SmallDisk() {
    if (mounted_) ::umount(folder_.c_str());
  }
  bool is_mounted() const { return mounted_; }

 private:
  std::filesystem::path folder_;
  bool mounted_;
};

TEST_F(BadOutput, AFolderBelowAFileCannotBeMade) {
  expect_one_line(project_.run({"permute", "--out", "val.npz/results"}), 3,
                  {"val.npz/results: expected a writable folder, got: Not a directory"});
  expect_one_line(project_.run({"permute", "--out", "val.npz"}), 3, {"val.npz: expected a writable folder"});
}

TEST_F(BadOutput, AnEmptyPathIsWrongUsage) {
  expect_one_line(project_.run({"permute", "--out", ""}), 2, {"permute: --out: expected a folder, got ''"});
  for (const char* const option : {"--config", "--model", "--data"}) {
    expect_one_line(project_.run({"permute", option, ""}), 2, {option, "expected a file, got ''"});
  }
}

TEST_F(BadOutput, AnUnwritableFolderIsNoticedBeforeTheRun) {
  // The model would fail, the folder comes first.
  project_.model("def forward(self, a, b):\n  assert False\n  return a");
  expect_one_line(project_.run({"permute", "--out", "/proc/results"}), 3,
                  {"/proc/results: expected a writable folder"});
}

TEST_F(BadOutput, AFullDiskLeavesNothingBehind) {
  const SmallDisk disk(project_.results());
  ProgramCall call = project_.call({"permute", "--out", "results"});
  if (!disk.is_mounted()) call.file_size_limit_bytes = 512;
  expect_one_line(run_program(call), 3, {"results/scores.", "expected a writable file, got: "});
  EXPECT_TRUE(std::filesystem::is_empty(project_.results()));
}

TEST_F(BadOutput, AFullDiskKeepsOlderResults) {
  ASSERT_EQ(project_.run({"permute", "--out", "results"}).exit_code, 0);
  const std::string older = read_file(project_.results() / "scores.json");
  ProgramCall call = project_.call({"permute", "--out", "results", "--seed", "1"});
  call.file_size_limit_bytes = 512;
  expect_one_line(run_program(call), 3, {"results/scores.json: expected a writable file, got: "});
  EXPECT_EQ(read_file(project_.results() / "scores.json"), older);
}

TEST_F(BadOutput, AFullStandardOutputIsAFailure) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"permute"}, {"inspect"}, {"engines"}, {"completion"}, {"--help"}, {"--version"}}) {
    ProgramCall call = project_.call(arguments);
    call.output_file = "/dev/full";
    expect_one_line(run_program(call), 3, {"standard output: expected ", "No space left on device"});
  }
}

TEST_F(BadOutput, AnUnwritableConfigurationIsAFailure) {
  expect_one_line(project_.run({"init", "--model", "model.pt", "--data", "val.npz", "--config", "val.npz/c.json"}), 3,
                  {"val.npz/c.json: expected a writable file, got: Not a directory"});
}

TEST_F(BadOutput, ADumbTerminalGetsNoProgressBar) {
  if (!has_terminals()) GTEST_SKIP() << "this machine has no pseudo-terminals";
  project_.model(kSlowModel);
  ProgramCall call = project_.call({"permute", "--repeats", "1000", "--no-split"});
  call.errors = ErrorStream::kTerminal;
  call.environment = {{"TERM", "xterm"}};
  EXPECT_NE(run_program(call).errors, "") << "the run is long enough for a bar";
  call.environment = {{"TERM", "dumb"}};
  EXPECT_EQ(run_program(call).errors, "");
}

TEST_F(BadOutput, AProgressBarKeepsToItsLineAndLeavesIt) {
  if (!has_terminals()) GTEST_SKIP() << "this machine has no pseudo-terminals";
  // A call takes longer than the bar waits, so that what would be drawn behind a phase's end is.
  project_.model(
      "def forward(self, a, b):\n"
      "  x = torch.ones([300, 300])\n"
      "  for i in range(150):\n"
      "    x = torch.tanh(x @ x)\n"
      "  return a - b + 0 * x.sum()");
  for (const unsigned short width : std::vector<unsigned short>{80, 34, 9}) {
    ProgramCall call = project_.call({"shap", "--level", "feature", "--no-split"});
    call.errors = ErrorStream::kTerminal;
    call.terminal_width = width;
    call.environment = {{"TERM", "xterm"}};
    const ProgramResult result = run_program(call);
    ASSERT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_TRUE(result.output.starts_with("shap: accuracy"));
    // Every line is drawn from the left on an erased one; the last one is erased.
    constexpr std::string_view kErase = "\r\x1b[K";
    ASSERT_TRUE(result.errors.starts_with(kErase)) << result.errors;
    ASSERT_TRUE(result.errors.ends_with(kErase)) << result.errors;
    std::size_t line_count = 0;
    for (std::size_t begin = kErase.size(); begin < result.errors.size();) {
      const std::size_t end = result.errors.find(kErase, begin);
      const std::string line = result.errors.substr(begin, end - begin);
      EXPECT_LT(line.size(), width) << line;
      EXPECT_TRUE(line.empty() || line.find('%') < line.size()) << line;
      if (!line.empty()) ++line_count;
      begin = end == std::string::npos ? result.errors.size() : end + kErase.size();
    }
    EXPECT_GT(line_count, 0U);
  }
}

class Interrupted : public BadOutput, public testing::WithParamInterface<int> {
 protected:
  /// A run that gets the signal once its standard error holds `after`.
  ProgramResult stopped_run(std::vector<std::string> arguments, ErrorStream errors, std::string after) {
    // Long enough to be stopped in the middle on any machine, in calls short enough to be stopped between.
    project_.model(kSlowModel);
    arguments.insert(arguments.begin(), {"permute", "--repeats", "1000000", "--out", "results"});
    ProgramCall call = project_.call(arguments);
    call.errors = errors;
    call.environment = {{"TERM", "xterm"}};
    call.signal = SignalPlan{.signal = GetParam(), .after = std::move(after)};
    ProgramResult result = run_program(call);
    EXPECT_EQ(result.exit_code, 3) << result.errors;
    EXPECT_EQ(result.output, "");
    EXPECT_TRUE(std::filesystem::is_empty(project_.results()));
    return result;
  }
};

constexpr const char* kInterrupted = "modattr: interrupted: expected to finish, got a signal; nothing was written";

TEST_P(Interrupted, ARunThatIsStoppedSaysSoInOneLine) {
  const ProgramResult result = stopped_run({"-v"}, ErrorStream::kPipe, "model runs whole");
  EXPECT_TRUE(result.errors.ends_with(kInterrupted + std::string("\n"))) << result.errors;
}

TEST_P(Interrupted, ARunThatIsStoppedErasesItsProgressBar) {
  if (!has_terminals()) GTEST_SKIP() << "this machine has no pseudo-terminals";
  const ProgramResult result = stopped_run({}, ErrorStream::kTerminal, " left");
  EXPECT_NE(result.errors.find("permute ["), std::string::npos) << "a progress bar was shown";
  EXPECT_TRUE(result.errors.ends_with("\r\x1b[K" + std::string(kInterrupted) + "\r\n")) << result.errors;
}

INSTANTIATE_TEST_SUITE_P(Signals, Interrupted, testing::Values(SIGINT, SIGTERM),
                         [](const auto& parameter) { return parameter.param == SIGINT ? "Int" : "Term"; });

}  // namespace
}  // namespace modattr
