// Files that are no stores, or damaged ones: an error or the right data, and the file stays as it was.

#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "modattr/core/error.h"
#include "modattr/history/result_store.h"
#include "support/stored_results.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

// Places in the header of an SQLite file.
constexpr std::size_t kWriteFormat = 18;
constexpr std::size_t kUserVersion = 63;
constexpr std::size_t kApplicationId = 68;

std::string file_text(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream stream(path, std::ios::binary);
  stream.write(text.data(), static_cast<std::streamsize>(text.size()));
}

class StoreDamage : public testing::Test {
 protected:
  StoreDamage() {
    append_release(file_, release_files(0.25, 9000), "v1");
    append_release(file_, release_files(0.5, 20), "v2");
    append_release(file_, release_files(0.75, 5000));
    whole_ = file_text(file_);
  }

  /// What opening the file says, as every use of a store opens it; the file must not have changed.
  std::string refusal(const std::string& content) {
    write_text(file_, content);
    const std::string reading = thrown_message<DataError>([&] { return ResultStore::open(file_).results(); });
    const std::string appending =
        thrown_message<DataError>([&] { return append_release(file_, release_files(0.1), "new"); });
    EXPECT_EQ(reading, appending);
    EXPECT_THROW(expect_appendable(file_, "new"), DataError);
    EXPECT_EQ(file_text(file_), content);
    return reading;
  }

  TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_ / "releases.db";
  std::string whole_;
};

TEST_F(StoreDamage, FilesThatAreNoDatabase) {
  EXPECT_TRUE(mentions(refusal("modality,definition\n"),
                       {"releases.db: expected a store of results, got a file that is no SQLite database"}));
  EXPECT_TRUE(mentions(refusal(std::string(10000, 'x')), {"no SQLite database"}));
  EXPECT_TRUE(mentions(refusal(""), {"got an empty file; remove it"}));
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return ResultStore::open(folder_ / "none.db"); }),
                       {"none.db: expected a store of results, got no such file"}));
  for (const auto& open : {ResultStore::open, ResultStore::open_to_append}) {
    EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return open(folder_.path()); }), {"no regular file"}));
    EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return open("/dev/null"); }), {"no regular file"}));
  }
}

TEST_F(StoreDamage, ADatabaseOfAnotherProgram) {
  const std::filesystem::path other = folder_ / "other.db";
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(other.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_exec(database, "CREATE TABLE results (id); INSERT INTO results VALUES (1)", nullptr, nullptr, nullptr),
      SQLITE_OK);
  sqlite3_close(database);
  EXPECT_TRUE(mentions(refusal(file_text(other)), {"got an SQLite database of another program; choose another file"}));
  std::string changed = whole_;
  changed[kApplicationId] = 'M';
  EXPECT_TRUE(mentions(refusal(changed), {"another program"}));
}

TEST_F(StoreDamage, AStoreOfANewerProgram) {
  std::string changed = whole_;
  ASSERT_EQ(changed[kUserVersion], 1);
  changed[kUserVersion] = 2;
  EXPECT_TRUE(mentions(refusal(changed), {"expected a store of schema 1, got schema 2; use a newer modattr"}));
  changed[kUserVersion] = 0;
  EXPECT_TRUE(mentions(refusal(changed), {"damaged", "schema 0"}));
  changed = whole_;
  changed[kWriteFormat] = 3;
  EXPECT_TRUE(mentions(refusal(changed), {"damaged", "format is not known"}));
}

TEST_F(StoreDamage, AStoreThatIsCut) {
  for (const std::size_t size : {std::size_t{50}, std::size_t{100}, std::size_t{4000}, std::size_t{4096},
                                 whole_.size() / 2, whole_.size() - 1}) {
    write_text(file_, whole_.substr(0, size));
    EXPECT_THROW(static_cast<void>(ResultStore::open(file_)), DataError) << size;
    EXPECT_THROW(append_release(file_, release_files(0.1)), DataError) << size;
  }
}

TEST_F(StoreDamage, OtherTables) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "CREATE TRIGGER t AFTER INSERT ON results BEGIN DELETE FROM results; END", nullptr,
                         nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(database);
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return append_release(file_, release_files(0.1)); }),
                       {"damaged", "other tables"}));
}

/// SQLite sees nothing wrong with these.
TEST_F(StoreDamage, ValuesThatWereChanged) {
  for (const char* const change :
       {"UPDATE results SET score = 0.9 WHERE id = 2", "UPDATE results SET tag = 'v9' WHERE id = 2",
        "UPDATE rows SET value = 0.51 WHERE result = 2 AND place = 0",
        "DELETE FROM rows WHERE result = 2 AND place = 1", "UPDATE results SET config = '{}' WHERE id = 2",
        "UPDATE results SET checksum = 7 WHERE id = 2", "UPDATE results SET examples = 'many' WHERE id = 2"}) {
    write_text(file_, whole_);
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file_.c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, change, nullptr, nullptr, nullptr), SQLITE_OK) << change;
    sqlite3_close(database);
    EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return ResultStore::open(file_).results(); }),
                         {"damaged one (result 2)"}))
        << change;
    EXPECT_EQ(ResultStore::open(file_).files_of("v1").scores_json, to_json(release_table(0.25)));
  }
  write_text(file_, whole_);
  std::string changed = whole_;
  const std::size_t place = changed.find("xxxxxxxxxx");
  ASSERT_NE(place, std::string::npos);
  for (std::size_t at = place; at < changed.size(); ++at) {
    if (changed[at] == 'x') changed[at] = 'y';
  }
  write_text(file_, changed);
  EXPECT_THROW(static_cast<void>(ResultStore::open(file_).files_of("v1")), DataError);
}

/// Damages `content` in one to three places.
std::string damaged(std::string content, std::mt19937& random) {
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  for (std::size_t count = 1 + below(3); count > 0 && !content.empty(); --count) {
    const std::size_t place = below(4) == 0 ? below(std::min<std::size_t>(content.size(), 200)) : below(content.size());
    const std::size_t length = std::min(content.size() - place, std::size_t{1} << below(10));
    switch (below(6)) {
      case 0:
        content[place] = static_cast<char>(content[place] ^ (1 << below(8)));
        break;
      case 1:
        content[place] = static_cast<char>(below(256));
        break;
      case 2:
        content.replace(place, length, length, '\0');
        break;
      case 3:
        for (std::size_t at = place; at < place + length; ++at) content[at] = static_cast<char>(below(256));
        break;
      case 4:
        content.replace(place, length, content.substr(below(content.size() - length + 1), length));
        break;
      default:
        content.resize(place);
        break;
    }
  }
  return content;
}

TEST_F(StoreDamage, AtRandomGivesAnErrorOrTheRightData) {
  std::vector<std::string> results;
  for (const StoredResult& result : ResultStore::open(file_).results()) results.push_back(described(result));
  const StoredFiles first = release_files(0.25, 9000);
  const StoredFiles latest = release_files(0.75, 5000);
  int refused = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    write_text(file_, damaged(whole_, random));
    const auto refuses = [&](const std::function<void()>& use) {
      try {
        use();
      } catch (const DataError& error) {
        EXPECT_TRUE(mentions(error.what(), {"releases.db: expected "}));
        return true;
      }
      return false;
    };
    bool any = refuses([&] {
      const std::vector<StoredResult> read = ResultStore::open(file_).results();
      ASSERT_EQ(read.size(), results.size());
      for (std::size_t place = 0; place < read.size(); ++place) EXPECT_EQ(described(read[place]), results[place]);
    });
    any |= refuses([&] {
      const StoredFiles read = ResultStore::open(file_).files_of("v1");
      EXPECT_EQ(read.scores_json, first.scores_json);
      EXPECT_EQ(read.examples_jsonl, first.examples_jsonl);
    });
    any |=
        refuses([&] { EXPECT_EQ(ResultStore::open(file_).files_of("latest").examples_jsonl, latest.examples_jsonl); });
    refused += any ? 1 : 0;
    if (!refuses([&] { append_release(file_, release_files(0.1), "new"); }) && !any) {
      EXPECT_EQ(ResultStore::open(file_).results().size(), results.size() + 1);
    }
    for (const char* const ending : {"-wal", "-shm", "-journal"}) std::filesystem::remove(file_.string() + ending);
  }
  // Free space and the header hold bytes that say nothing.
  EXPECT_GT(refused, 100);
}

TEST_F(StoreDamage, OfTheLogLosesTheLastResultsAtMost) {
  // The log of a program that was stopped.
  ResultStore store = ResultStore::open_to_append(file_);
  store.append(release_files(0.1), "v4");
  store.append(release_files(0.2), "v5");
  std::vector<std::string> whole;
  for (const StoredResult& result : store.results()) whole.push_back(described(result));
  const std::string main = file_text(file_);
  const std::string log = file_text(file_.string() + "-wal");
  ASSERT_GT(log.size(), 4096U);
  const std::filesystem::path copy = folder_ / "copy.db";
  for (unsigned seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    write_text(copy, main);
    write_text(copy.string() + "-wal", damaged(log, random));
    std::filesystem::remove(copy.string() + "-shm");
    try {
      const std::vector<StoredResult> results = ResultStore::open(copy).results();
      EXPECT_GE(results.size(), 3U);
      ASSERT_LE(results.size(), whole.size());
      for (std::size_t place = 0; place < results.size(); ++place) EXPECT_EQ(described(results[place]), whole[place]);
    } catch (const DataError&) {
      continue;
    }
  }
}

}  // namespace
}  // namespace modattr
