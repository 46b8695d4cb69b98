#include "modattr/check/result_set.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "check/made_results.h"
#include "modattr/core/error.h"
#include "modattr/report/formats/examples_writer.h"
#include "modattr/report/formats/json_writer.h"
#include "modattr/report/result_writer.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr::result_set_test {
namespace {

ScoreTable whole_table() {
  ScoreTable table = shap_result("made", {{0.1, 0.2}, {0.3, 0.4}}).table;
  table.config = R"({"seed":7,"modalities":[{"name":"image"},{"name":"text"}],"shap":{}})";
  return table;
}

ExampleRecord traced_record() {
  return {.id = "5",
          .label = 1.0,
          .predicted = 0,
          .target = std::nullopt,
          .attribution = {.modalities = {},
                          .interactions = {},
                          .players = {},
                          .method = "trace",
                          .details = {{"right", false}, {"verdict", "image"}, {"evidence", Detail::Object{}}}}};
}

TEST(ResultSet, ReadsAFolder) {
  const TemporaryFolder folder;
  ScoreTable table = whole_table();
  write_atomically(folder / "scores.json", to_json(table));
  write_atomically(folder / "examples.jsonl", to_json_lines(table));
  table.examples = {traced_record()};
  write_atomically(folder / "trace.jsonl", to_trace_lines(table));
  for (const std::filesystem::path& path : {folder.path(), folder / "scores.json"}) {
    const ResultSet set = read_result_set(path);
    EXPECT_EQ(set.name, (folder / "scores.json").string());
    EXPECT_EQ(set.table.rows.size(), 4U);
    EXPECT_EQ(set.table.seed, 7U);
    ASSERT_EQ(set.table.examples.size(), 2U);
    EXPECT_EQ(set.table.examples[1].attribution.modalities, (std::vector<double>{0.3, 0.4}));
    ASSERT_EQ(set.traced.size(), 1U);
    EXPECT_EQ(set.traced[0].id, "5");
  }
}

TEST(ResultSet, IsNoMixtureOfTwoRuns) {
  const TemporaryFolder folder;
  write_atomically(folder / "scores.json", to_json(whole_table()));
  write_atomically(folder / ".scores.json.4711.0.old", "what a run that was stopped leaves");
  EXPECT_EQ(
      thrown_message<DataError>([&] { return read_result_set(folder.path()); }),
      folder.path().string() +
          ": expected the results of one run, got files of two: the later one was stopped while it replaced those "
          "of the other; run it again");
}

TEST(ResultSet, LeavesFilesOfOthersAlone) {
  const TemporaryFolder folder;
  write_atomically(folder / "baseline.json", to_json(whole_table()));
  write_atomically(folder / "examples.jsonl", "not one of ours\n");
  EXPECT_TRUE(read_result_set(folder / "baseline.json").table.examples.empty());
}

TEST(ResultSet, NamesTheFileThatIsWrong) {
  const TemporaryFolder folder;
  const auto message = [&] { return thrown_message<DataError>([&] { return read_result_set(folder.path()); }); };
  const std::string scores = (folder / "scores.json").string();
  EXPECT_EQ(message(), scores + ": expected a result of modattr, got no such file");
  for (const char* const text : {"", "{", "[]", R"({"schema":"modattr.scores/1"})", "\xFF\xFE"}) {
    write_atomically(scores, text);
    EXPECT_TRUE(message().starts_with(scores + ": expected ")) << text << ": " << message();
  }
  const std::string whole = to_json(whole_table());
  for (std::size_t length = 0; length + 2 < whole.size(); length += 97) {
    write_atomically(scores, whole.substr(0, length));
    EXPECT_TRUE(message().starts_with(scores + ": expected ")) << length;
  }
  write_atomically(scores, whole);
  write_atomically(folder / "examples.jsonl", "{\"id\":1}\n");
  EXPECT_TRUE(message().starts_with((folder / "examples.jsonl").string() + ":1: expected label, got no such key"));
  write_atomically(folder / "examples.jsonl", "");
  write_atomically(folder / "trace.jsonl", "{\"id\":1,\n");
  EXPECT_TRUE(message().starts_with((folder / "trace.jsonl").string() + ":1: expected JSON"));
}

TEST(ResultSet, TellsTracedExamplesFromExplainedOnes) {
  ScoreTable table = whole_table();
  table.examples.insert(table.examples.begin() + 1, traced_record());
  const ResultSet set = result_set_of(std::move(table), "made");
  ASSERT_EQ(set.table.examples.size(), 2U);
  EXPECT_EQ(set.table.examples[1].id, "1");
  ASSERT_EQ(set.traced.size(), 1U);
  EXPECT_EQ(set.traced[0].id, "5");
}

}  // namespace
}  // namespace modattr::result_set_test
