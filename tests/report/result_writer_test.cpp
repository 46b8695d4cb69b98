#include "modattr/report/result_writer.h"

#include <csignal>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "modattr/core/error.h"

namespace modattr {
namespace {

namespace fs = std::filesystem;

/// Every file that this process writes ends at `bytes` while this lives, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit smaller{bytes, limit_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &smaller);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit limit_{};
  void (*handler_)(int);
};

class ResultWriter : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "modattr_result_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string read(const fs::path& file) {
    std::ostringstream content;
    content << std::ifstream(file, std::ios::binary).rdbuf();
    return content.str();
  }

  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_)) found.insert(entry.path().filename().string());
    return found;
  }

  static std::string message_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const OutputError& error) {
      return error.what();
    }
    return "no error";
  }

  fs::path folder_;
};

using Names = std::set<std::string>;

TEST_F(ResultWriter, WritesAFileAndNothingElse) {
  write_atomically(folder_ / "scores.json", std::string("a\0b", 3));
  EXPECT_EQ(read(folder_ / "scores.json"), std::string("a\0b", 3));
  EXPECT_EQ(names(), Names{"scores.json"});
}

TEST_F(ResultWriter, ReplacesAnOlderFile) {
  write_atomically(folder_ / "scores.json", "old and long");
  write_atomically(folder_ / "scores.json", "new");
  EXPECT_EQ(read(folder_ / "scores.json"), "new");
}

TEST_F(ResultWriter, LeavesAnOlderFileWhenTheDiskIsFull) {
  write_atomically(folder_ / "scores.json", "old");
  std::string message;
  {
    const FullDisk disk(1000);
    message = message_of([&] { write_atomically(folder_ / "scores.json", std::string(5000, 'x')); });
  }
  EXPECT_EQ(message, (folder_ / "scores.json").string() + ": expected a writable file, got: File too large");
  EXPECT_EQ(read(folder_ / "scores.json"), "old");
  EXPECT_EQ(names(), Names{"scores.json"});
}

TEST_F(ResultWriter, RefusesAFolderAsTarget) {
  fs::create_directory(folder_ / "scores.json");
  EXPECT_EQ(message_of([&] { write_atomically(folder_ / "scores.json", "x"); }),
            (folder_ / "scores.json").string() + ": expected a writable file, got: Is a directory");
  EXPECT_EQ(names(), Names{"scores.json"});
}

TEST_F(ResultWriter, RefusesToReplaceAPipe) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(message_of([&] { write_atomically(folder_ / "pipe", "x"); }),
            (folder_ / "pipe").string() + ": expected a writable file, got: not a regular file");
  EXPECT_TRUE(fs::is_fifo(folder_ / "pipe"));
}

TEST_F(ResultWriter, RefusesAPathBelowAFile) {
  write_atomically(folder_ / "file", "x");
  EXPECT_EQ(message_of([&] { write_atomically(folder_ / "file" / "scores.json", "x"); }),
            (folder_ / "file" / "scores.json").string() + ": expected a writable file, got: Not a directory");
  EXPECT_EQ(message_of([&] { write_atomically(folder_ / "none" / "scores.json", "x"); }),
            (folder_ / "none" / "scores.json").string() + ": expected a writable file, got: No such file or directory");
}

TEST_F(ResultWriter, GivesFilesTheUsualPermissions) {
  const mode_t mask = ::umask(022);
  write_atomically(folder_ / "scores.json", "x");
  ::umask(mask);
  EXPECT_EQ(fs::status(folder_ / "scores.json").permissions(), fs::perms(0644));
}

using ResultDirectoryTest = ResultWriter;

TEST_F(ResultDirectoryTest, MakesFoldersAndRemovesThemWhenNothingWasWritten) {
  {
    const ResultDirectory directory = ResultDirectory::open(folder_ / "a" / "b" / "");
    EXPECT_TRUE(fs::is_directory(folder_ / "a" / "b"));
    EXPECT_TRUE(fs::is_empty(folder_ / "a" / "b"));
  }
  EXPECT_EQ(names(), Names{});
}

TEST_F(ResultDirectoryTest, AcceptsAPathThatGoesUpAgain) {
  { const ResultDirectory directory = ResultDirectory::open(folder_ / "a" / ".." / "b"); }
  EXPECT_EQ(names(), Names{});
}

TEST_F(ResultDirectoryTest, KeepsAFolderThatWasThereBefore) {
  fs::create_directory(folder_ / "a");
  { const ResultDirectory directory = ResultDirectory::open(folder_ / "a"); }
  EXPECT_TRUE(fs::is_directory(folder_ / "a"));
}

TEST_F(ResultDirectoryTest, KeepsWhatWasWritten) {
  {
    const ResultDirectory directory = ResultDirectory::open(folder_ / "a");
    directory.write(std::vector<NamedContent>{{"scores.json", "{}"}, {"scores.csv", "modality"}});
  }
  EXPECT_EQ(read(folder_ / "a" / "scores.json"), "{}");
  EXPECT_EQ(read(folder_ / "a" / "scores.csv"), "modality");
}

TEST_F(ResultDirectoryTest, CanBeMoved) {
  {
    ResultDirectory first = ResultDirectory::open(folder_ / "a");
    const ResultDirectory second = std::move(first);
    EXPECT_EQ(second.path(), folder_ / "a");
  }
  EXPECT_EQ(names(), Names{});
}

TEST_F(ResultDirectoryTest, OpensARelativeFolder) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  {
    const ResultDirectory directory = ResultDirectory::open("out");
    directory.write(std::vector<NamedContent>{{"scores.json", "{}"}});
    { const ResultDirectory here = ResultDirectory::open("."); }
  }
  fs::current_path(before);
  EXPECT_EQ(read(folder_ / "out" / "scores.json"), "{}");
}

TEST_F(ResultDirectoryTest, RefusesAFileOrAPathBelowOne) {
  write_atomically(folder_ / "file", "x");
  EXPECT_EQ(message_of([&] { ResultDirectory::open(folder_ / "file"); }),
            (folder_ / "file").string() + ": expected a writable folder, got: Not a directory");
  EXPECT_EQ(message_of([&] { ResultDirectory::open(folder_ / "file" / "a" / "b"); }),
            (folder_ / "file" / "a" / "b").string() + ": expected a writable folder, got: Not a directory");
  EXPECT_EQ(names(), Names{"file"});
}

TEST_F(ResultDirectoryTest, RefusesAFolderThatCannotHoldFiles) {
  EXPECT_NE(message_of([&] { ResultDirectory::open("/proc/self"); }).find("/proc/self: expected a writable folder"),
            std::string::npos);
}

TEST_F(ResultDirectoryTest, WritesNoFileWhenTheDiskIsFull) {
  const ResultDirectory directory = ResultDirectory::open(folder_);
  directory.write(std::vector<NamedContent>{{"scores.json", "old"}});
  const std::vector<NamedContent> files = {{"scores.json", "new"}, {"scores.csv", std::string(5000, 'x')}};
  std::string message;
  {
    const FullDisk disk(1000);
    message = message_of([&] { directory.write(files); });
  }
  EXPECT_EQ(message, (folder_ / "scores.csv").string() + ": expected a writable file, got: File too large");
  EXPECT_EQ(read(folder_ / "scores.json"), "old");
  EXPECT_EQ(names(), Names{"scores.json"});
}

TEST_F(ResultDirectoryTest, TakesPlacedFilesBackWhenALaterRenameFails) {
  const ResultDirectory directory = ResultDirectory::open(folder_);
  directory.write(std::vector<NamedContent>{{"scores.json", "old"}});
  // A file cannot be renamed over a folder.
  fs::create_directory(folder_ / "scores.csv");
  const std::vector<NamedContent> files = {{"scores.json", "new"}, {"examples.jsonl", "new"}, {"scores.csv", "new"}};
  EXPECT_NE(message_of([&] { directory.write(files); }).find("Is a directory"), std::string::npos);
  EXPECT_EQ(read(folder_ / "scores.json"), "old");
  EXPECT_EQ(names(), (Names{"scores.csv", "scores.json"}));
}

bool is_mine(std::string_view begin) {
  return begin.starts_with("mine");
}

const std::vector<FormerFile> kFormer = {{"examples.jsonl", is_mine}, {"trace.jsonl", is_mine}};

TEST_F(ResultDirectoryTest, RemovesOnlyItsOwnFilesOfAnEarlierRun) {
  const ResultDirectory directory = ResultDirectory::open(folder_);
  write_atomically(folder_ / "examples.jsonl", "mine, of an earlier run");
  write_atomically(folder_ / "trace.jsonl", "the user's");
  write_atomically(folder_ / "notes.txt", "mine");
  directory.write(std::vector<NamedContent>{{"scores.json", "new"}}, kFormer);
  EXPECT_EQ(names(), (Names{"notes.txt", "scores.json", "trace.jsonl"}));
  directory.write(std::vector<NamedContent>{{"examples.jsonl", "mine"}}, kFormer);
  directory.write(std::vector<NamedContent>{{"examples.jsonl", "mine, again"}}, kFormer);
  EXPECT_EQ(read(folder_ / "examples.jsonl"), "mine, again");
}

TEST_F(ResultDirectoryTest, ShowsWhereAStoppedRunLeftFilesOfTwo) {
  const std::vector<NamedContent> files = {{"scores.json", "new"}, {"examples.jsonl", "new"}};
  EXPECT_FALSE(holds_files_of_two_runs(folder_));
  // As a process that is killed between two renames leaves them.
  write_atomically(folder_ / "scores.json", "new");
  write_atomically(folder_ / "examples.jsonl", "old");
  write_atomically(folder_ / ".scores.json.4711.0.old", "old");
  write_atomically(folder_ / ".examples.jsonl.4711.1.tmp", "new");
  write_atomically(folder_ / ".notes.json.4711.1.tmp", "the user's");
  EXPECT_TRUE(holds_files_of_two_runs(folder_));
  {
    // The next run that writes there cleans up, even where it writes less.
    const ResultDirectory directory = ResultDirectory::open(folder_);
    EXPECT_TRUE(holds_files_of_two_runs(folder_)) << "nothing has been replaced yet";
    directory.write(files, kFormer);
  }
  EXPECT_FALSE(holds_files_of_two_runs(folder_));
  EXPECT_EQ(names(), (Names{".notes.json.4711.1.tmp", "examples.jsonl", "scores.json"}));
}

TEST_F(ResultDirectoryTest, KeepsFilesOfAnEarlierRunWhenTheNewOneCannotBeWritten) {
  const ResultDirectory directory = ResultDirectory::open(folder_);
  write_atomically(folder_ / "examples.jsonl", "mine");
  fs::create_directory(folder_ / "scores.csv");
  const std::vector<NamedContent> files = {{"scores.json", "new"}, {"scores.csv", "new"}};
  EXPECT_NE(message_of([&] { directory.write(files, kFormer); }).find("Is a directory"), std::string::npos);
  EXPECT_EQ(names(), (Names{"examples.jsonl", "scores.csv"}));
}

}  // namespace
}  // namespace modattr
