#include "modattr/history/result_store.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "support/stored_results.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

class ResultStoreTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_ / "releases.db";
};

std::string refused_tag(const std::string& tag) {
  const std::string message = thrown_message<ConfigError>([&] {
    expect_tag(tag);
    return 0;
  });
  return spell_options(message, command_line_option);
}

TEST_F(ResultStoreTest, GivesTheTextsBackByteByByte) {
  const StoredFiles files{.scores_json = to_json(release_table(0.1)),
                          .examples_jsonl = "{\"id\":\"\\u0000 \xC3\xA9\"}\n\n",
                          .trace_jsonl = std::string(300000, 't') + "\n"};
  EXPECT_EQ(append_release(file_, files, "v1"), 1);
  EXPECT_EQ(append_release(file_, release_files(0.2)), 2);
  const StoredFiles read = ResultStore::open(file_).files_of("v1");
  EXPECT_EQ(read.scores_json, files.scores_json);
  EXPECT_EQ(read.examples_jsonl, files.examples_jsonl);
  EXPECT_EQ(read.trace_jsonl, files.trace_jsonl);
  const StoredFiles latest = ResultStore::open(file_).files_of("latest");
  EXPECT_EQ(latest.scores_json, to_json(release_table(0.2)));
  EXPECT_EQ(latest.examples_jsonl, "");
}

TEST_F(ResultStoreTest, ListsWhatScoresJsonSays) {
  ScoreTable table = release_table(-0.0);
  table.rows[0].value = 1e-300;
  append_release(file_, release_files(release_table(0.1)), "v1");
  append_release(file_, release_files(table));
  const std::vector<StoredResult> results = ResultStore::open(file_).results();
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].id, 1);
  EXPECT_EQ(results[0].tag, "v1");
  EXPECT_EQ(results[1].tag, std::nullopt);
  const StoredHead& head = results[0].head;
  EXPECT_EQ(head.version, "0.1.0");
  EXPECT_EQ(head.command, "permute");
  EXPECT_EQ(head.created, "2024-05-01T12:00:00Z");
  EXPECT_EQ(head.model.path, "model.pt");
  EXPECT_EQ(head.model.sha256, std::string(64, 'a'));
  EXPECT_EQ(head.data.path, "val.npz");
  EXPECT_EQ(head.data.sha256, std::string(64, 'b'));
  EXPECT_EQ(head.example_count, 400U);
  EXPECT_EQ(head.metric, "accuracy");
  EXPECT_EQ(head.score, 0.875);
  ASSERT_TRUE(head.score_ci95);
  EXPECT_EQ(head.score_ci95->high, 0.95);
  ASSERT_EQ(results[0].rows.size(), 2U);
  const StoredRow& text = results[0].rows[0];
  EXPECT_EQ(text.run, "permute");
  EXPECT_EQ(text.score.modality, "text");
  EXPECT_EQ(text.score.definition, "permutation.drop");
  EXPECT_EQ(text.score.group, std::nullopt);
  EXPECT_EQ(text.score.value, 0.1);
  EXPECT_EQ(text.score.std_error, 0.01);
  ASSERT_TRUE(text.score.ci95);
  EXPECT_EQ(text.score.ci95->low, 0.1 - 0.1);
  EXPECT_EQ(text.score.examples, 400U);
  const Score& image = results[0].rows[1].score;
  EXPECT_EQ(image.group, "Über, \"alles\"");
  EXPECT_EQ(image.value, 1.0 / 3.0);
  EXPECT_EQ(image.std_error, std::nullopt);
  EXPECT_FALSE(image.ci95);
  EXPECT_EQ(results[1].rows[0].score.value, 1e-300);
}

TEST_F(ResultStoreTest, KeepsARowsRun) {
  StoredFiles files = release_files(0.1);
  const std::string row = "{\"modality\":\"image\"";
  files.scores_json.insert(files.scores_json.find(row) + 1, "\"run\":\"shap-2\",");
  append_release(file_, files);
  const std::vector<StoredResult> results = ResultStore::open(file_).results();
  EXPECT_EQ(results.at(0).rows.at(0).run, "permute");
  EXPECT_EQ(results.at(0).rows.at(1).run, "shap-2");
}

TEST_F(ResultStoreTest, LimitsToTheLastResults) {
  for (int release = 1; release <= 5; ++release) append_release(file_, release_files(release / 10.0));
  const std::vector<StoredResult> results = ResultStore::open(file_).results(2);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].id, 4);
  EXPECT_EQ(results[1].id, 5);
  EXPECT_EQ(ResultStore::open(file_).results(100).size(), 5U);
}

TEST_F(ResultStoreTest, TwoConnectionsSeeEachOthersResults) {
  ResultStore one = ResultStore::open_to_append(file_);
  ResultStore other = ResultStore::open_to_append(file_);
  const ResultStore reader = ResultStore::open(file_);
  EXPECT_EQ(one.append(release_files(0.1), "a"), 1);
  EXPECT_EQ(other.append(release_files(0.2), "b"), 2);
  EXPECT_EQ(one.append(release_files(0.3), "c"), 3);
  EXPECT_EQ(reader.results().size(), 3U);
  EXPECT_EQ(one.files_of("b").scores_json, to_json(release_table(0.2)));
  EXPECT_THROW(one.append(release_files(0.4), "b"), ConfigError);
  EXPECT_EQ(other.append(release_files(0.4), "d"), 4);
}

TEST_F(ResultStoreTest, LeavesOneFile) {
  append_release(file_, release_files(0.1));
  static_cast<void>(ResultStore::open(file_).results());
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    EXPECT_EQ(entry.path(), file_);
    ++count;
  }
  EXPECT_EQ(count, 1U);
}

TEST_F(ResultStoreTest, RefusesATagThatIsTaken) {
  append_release(file_, release_files(0.1), "v1");
  const std::string message =
      thrown_message<ConfigError>([&] { return append_release(file_, release_files(0.2), "v1"); });
  EXPECT_TRUE(mentions(spell_options(message, command_line_option),
                       {"--tag: ", "releases.db", "got 'v1', which result 1 has"}));
  EXPECT_THROW(expect_appendable(file_, "v1"), ConfigError);
  EXPECT_NO_THROW(expect_appendable(file_, "v2"));
  EXPECT_EQ(ResultStore::open(file_).results().size(), 1U);
  // Without a tag there is nothing to be taken.
  append_release(file_, release_files(0.2));
  EXPECT_EQ(append_release(file_, release_files(0.3)), 3);
}

TEST_F(ResultStoreTest, RefusesWhatIsNoTag) {
  EXPECT_TRUE(mentions(refused_tag("latest"), {"--tag: expected a name other than latest"}));
  for (const char* const tag : {"a b", "a@b", "a\nb", "\x7F", "a\xC2\xA0"}) {
    EXPECT_TRUE(mentions(refused_tag(tag).substr(0, 30), {"--tag: expected a name without"})) << tag;
  }
  EXPECT_TRUE(mentions(refused_tag(""), {"1 to 100 bytes"}));
  EXPECT_TRUE(mentions(refused_tag(std::string(101, 'v')), {"1 to 100 bytes"}));
  EXPECT_TRUE(mentions(refused_tag("v\xFF"), {"UTF-8"}));
  for (const char* const tag : {"v1.2", "release/2024-05", "später", "1"}) EXPECT_NO_THROW(expect_tag(tag));
}

TEST_F(ResultStoreTest, NamesTheNearestTag) {
  ResultStore store = ResultStore::open_to_append(file_);
  EXPECT_TRUE(
      mentions(thrown_message<DataError>([&] { return store.files_of("latest"); }), {"releases.db", "empty store"}));
  store.append(release_files(0.1), std::nullopt);
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { return store.files_of("v1"); }),
                       {"unknown tag 'v1'", "no result has a tag"}));
  store.append(release_files(0.1), "release-1");
  store.append(release_files(0.1), "release-22");
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { return store.files_of("relaese-22"); }),
                       {"unknown tag 'relaese-22'; did you mean 'release-22'?"}));
}

TEST_F(ResultStoreTest, RefusesWhatIsNoScoresJson) {
  ResultStore store = ResultStore::open_to_append(file_);
  for (const char* const text : {"", "[]", "{}", "{\"schema\": \"other/1\"}", "{\"schema\": \"modattr.scores/2\"}"}) {
    const std::string message = thrown_message<DataError>(
        [&] { return store.append({.scores_json = text, .examples_jsonl = {}, .trace_jsonl = {}}, std::nullopt); });
    EXPECT_TRUE(mentions(message, {"scores.json: expected"})) << text;
  }
  EXPECT_TRUE(store.results().empty());
}

TEST_F(ResultStoreTest, OpensPathsThatMeanSomethingElseToSqlite) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  for (const char* const name : {":memory:", "file:a.db?mode=memory", "50%#?.db"}) {
    append_release(name, release_files(0.1));
    EXPECT_TRUE(std::filesystem::is_regular_file(folder_ / name));
    EXPECT_EQ(ResultStore::open(name).results().size(), 1U) << name;
  }
  std::filesystem::current_path(before);
}

}  // namespace
}  // namespace modattr
