// Several processes and threads at one store, and processes that are killed or run out of disk.

#include <atomic>
#include <csignal>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "modattr/core/error.h"
#include "modattr/history/result_store.h"
#include "support/stored_results.h"
#include "support/temporary_folder.h"

namespace modattr {
namespace {

constexpr int kChildFailed = 99;

/// Runs `work` in a process of its own; its exit code is what `work` returns.
pid_t start_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  int code = kChildFailed;
  try {
    code = work();
  } catch (const std::exception& error) {
    static_cast<void>(::write(STDERR_FILENO, error.what(), std::string_view(error.what()).size()));
    static_cast<void>(::write(STDERR_FILENO, "\n", 1));
  }
  ::_exit(code);
}

int exit_code_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::set<std::string> tags_in(const std::filesystem::path& file) {
  std::set<std::string> tags;
  for (const StoredResult& result : ResultStore::open(file).results()) tags.insert(result.tag.value_or(""));
  return tags;
}

class StoreWriters : public testing::Test {
 protected:
  TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_ / "releases.db";
};

TEST_F(StoreWriters, ProcessesLoseNothing) {
  constexpr int kProcesses = 4;
  constexpr int kAppends = 50;
  std::vector<pid_t> children;
  // All begin without a file; half of them open it anew each time, as commands do.
  for (int process = 0; process < kProcesses; ++process) {
    children.push_back(start_child([&] {
      std::optional<ResultStore> store;
      for (int append = 0; append < kAppends; ++append) {
        if (!store || process % 2 == 0) store.emplace(ResultStore::open_to_append(file_));
        store->append(release_files(append, 3000), std::to_string(process) + "-" + std::to_string(append));
        if (process % 2 == 0) store.reset();
      }
      return 0;
    }));
  }
  for (const pid_t child : children) EXPECT_EQ(exit_code_of(child), 0);
  EXPECT_EQ(tags_in(file_).size(), std::size_t{kProcesses * kAppends});
  const std::vector<StoredResult> results = ResultStore::open(file_).results();
  for (std::size_t place = 0; place < results.size(); ++place) {
    EXPECT_EQ(results[place].id, static_cast<std::int64_t>(place + 1));
    // The tag ends in the value that was stored with it.
    const std::string tag = results[place].tag.value_or("");
    EXPECT_EQ(results[place].rows.at(0).score.value, std::stod(tag.substr(tag.find('-') + 1))) << tag;
  }
}

TEST_F(StoreWriters, ThreadsLoseNothing) {
  constexpr int kAppends = 50;
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (const std::string name : {"a", "b"}) {
    threads.emplace_back([&, name] {
      try {
        for (int append = 0; append < kAppends; ++append) {
          append_release(file_, release_files(0.1), name + std::to_string(append));
          static_cast<void>(ResultStore::open(file_).results(1));
        }
      } catch (const std::exception&) {
        ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(tags_in(file_).size(), std::size_t{2 * kAppends});
}

TEST_F(StoreWriters, WaitForOneThatIsAtWork) {
  append_release(file_, release_files(0.1));
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  std::atomic<std::int64_t> id = 0;
  // No process of its own: an open connection must not be taken through a fork.
  std::thread writer([&] { id = append_release(file_, release_files(0.2)); });
  ::usleep(500000);
  // Readers need not wait.
  EXPECT_EQ(ResultStore::open(file_).results().size(), 1U);
  ASSERT_EQ(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
  writer.join();
  EXPECT_EQ(id, 2);
  sqlite3_close(other);
  EXPECT_EQ(ResultStore::open(file_).results().size(), 2U);
}

TEST_F(StoreWriters, OneTagGoesToOneOfThem) {
  std::vector<pid_t> children;
  for (int process = 0; process < 4; ++process) {
    children.push_back(start_child([&] {
      try {
        append_release(file_, release_files(0.1), "v1");
      } catch (const ConfigError&) {
        return 2;
      }
      return 0;
    }));
  }
  std::multiset<int> codes;
  for (const pid_t child : children) codes.insert(exit_code_of(child));
  EXPECT_EQ(codes, (std::multiset<int>{0, 2, 2, 2}));
  EXPECT_EQ(ResultStore::open(file_).results().size(), 1U);
}

TEST_F(StoreWriters, AKilledWriterLeavesWholeResults) {
  append_release(file_, release_files(0.0, 100000), "first");
  for (int round = 0; round < 5; ++round) {
    const pid_t child = start_child([&]() -> int {
      ResultStore store = ResultStore::open_to_append(file_);
      for (;;) store.append(release_files(0.1, 100000), std::nullopt);
    });
    ::usleep(static_cast<useconds_t>(20000 + 7000 * round));
    ::kill(child, SIGKILL);
    EXPECT_EQ(exit_code_of(child), 128 + SIGKILL);
    ResultStore store = ResultStore::open_to_append(file_);
    for (const StoredResult& result : store.results()) EXPECT_EQ(result.rows.size(), 2U);
    EXPECT_EQ(store.files_of("latest").examples_jsonl.size(), 100000U);
  }
  EXPECT_EQ(ResultStore::open(file_).files_of("first").scores_json, to_json(release_table(0.0)));
}

TEST_F(StoreWriters, AFullDiskKeepsWhatIsThere) {
  append_release(file_, release_files(0.1), "v1");
  const auto with_small_disk = [&](const std::filesystem::path& file, rlim_t bytes) {
    return exit_code_of(start_child([&] {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{bytes, bytes};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      try {
        append_release(file, release_files(0.2, 1000000), "v2");
      } catch (const OutputError& error) {
        return std::string_view(error.what()).find("expected a writable store, got: ") != std::string_view::npos ? 3
                                                                                                                 : 4;
      }
      return 0;
    }));
  };
  EXPECT_EQ(with_small_disk(file_, 200000), 3);
  EXPECT_EQ(tags_in(file_), std::set<std::string>{"v1"});
  append_release(file_, release_files(0.3), "v2");
  EXPECT_EQ(tags_in(file_), (std::set<std::string>{"v1", "v2"}));
  // A store that cannot even be made leaves nothing.
  const std::filesystem::path other = folder_ / "made/other.db";
  std::filesystem::create_directory(folder_ / "made");
  EXPECT_EQ(with_small_disk(other, 5000), 3);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "made"));
}

TEST_F(StoreWriters, AStoreThatMayOnlyBeReadIsRead) {
  append_release(file_, release_files(0.1), "v1");
  ::chmod(folder_.path().c_str(), 0755);
  ::chmod(file_.c_str(), 0444);
  // What root may do does not count.
  constexpr uid_t kNobody = 65534;
  const auto as_nobody = [&](const std::function<void()>& work) {
    return exit_code_of(start_child([&] {
      if (::getuid() == 0 && ::setresuid(kNobody, kNobody, kNobody) != 0) return 1;
      try {
        work();
      } catch (const OutputError&) {
        return 3;
      }
      return 0;
    }));
  };
  EXPECT_EQ(as_nobody([&] { append_release(file_, release_files(0.2), "v2"); }), 3);
  EXPECT_EQ(as_nobody([&] { expect_appendable(file_, "v2"); }), 3);
  if (::getuid() == 0) {
    EXPECT_EQ(as_nobody([&] { expect_appendable(folder_ / "new.db", "v2"); }), 3);
    EXPECT_EQ(as_nobody([&] { append_release(folder_ / "new.db", release_files(0.2), "v2"); }), 3);
    // The file could be written, its log could not.
    ::chmod(file_.c_str(), 0666);
    EXPECT_EQ(as_nobody([&] { expect_appendable(file_, "v2"); }), 3);
    EXPECT_EQ(as_nobody([&] { append_release(file_, release_files(0.2), "v2"); }), 3);
    ::chmod(file_.c_str(), 0444);
  }
  EXPECT_EQ(as_nobody([&] {
              const ResultStore store = ResultStore::open(file_);
              if (store.results().size() != 1 || store.files_of("v1").scores_json != to_json(release_table(0.1))) {
                throw OutputError("other results");
              }
            }),
            0);
}

TEST_F(StoreWriters, AFolderThatIsMissingIsNotMade) {
  EXPECT_THROW(expect_appendable(folder_ / "none/releases.db", std::nullopt), OutputError);
  EXPECT_THROW(append_release(folder_ / "none/releases.db", release_files(0.1)), OutputError);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "none"));
  EXPECT_NO_THROW(expect_appendable(file_, "v1"));
  EXPECT_FALSE(std::filesystem::exists(file_)) << "asking makes nothing";
}

}  // namespace
}  // namespace modattr
