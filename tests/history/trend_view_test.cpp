#include "modattr/history/trend_view.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "modattr/core/option_name.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

StoredResult release(std::int64_t id, double drop, const std::string& repeats,
                     const std::optional<std::string>& tag = std::nullopt) {
  StoredResult result;
  result.id = id;
  result.tag = tag;
  result.head = {.version = "0.1.0",
                 .command = "permute",
                 .created = "2024-05-0" + std::to_string(id) + "T12:00:00Z",
                 .model = {"model.pt", "m" + std::to_string(id)},
                 .data = {"val.npz", "d"},
                 .example_count = 400,
                 .config = R"({"permute": {"repeats": )" + repeats + "}}",
                 .metric = "accuracy",
                 .score = 0.5 + 0.125 * static_cast<double>(id),
                 .score_ci95 = std::nullopt};
  result.rows = {{.run = "permute",
                  .score = {.modality = "text",
                            .definition = "permutation.drop",
                            .group = std::nullopt,
                            .value = drop,
                            .std_error = 0.01,
                            .ci95 = Interval{0.25, 0.75},
                            .examples = 400,
                            .p_value = std::nullopt}},
                 {.run = "permute",
                  .score = {.modality = "text",
                            .definition = "permutation.drop",
                            .group = "=count, or not",
                            .value = std::nullopt,
                            .std_error = std::nullopt,
                            .ci95 = std::nullopt,
                            .examples = 9,
                            .p_value = std::nullopt}}};
  return result;
}

History three_releases() {
  return follow_trends({release(1, 0.5, "10", "v1"), release(2, 0.75, "10"), release(3, 0.25, "20", "v3")}, {});
}

std::string table(const History& history, bool unicode, std::size_t width = 100) {
  const TextStyle style = {.color = false, .unicode = unicode, .width = width, .spell_option = command_line_option};
  return render_history(history, "a.db", OutputFormat::kTable, style);
}

TEST(HistoryTable, ShowsALinePerTrendOfAllExamples) {
  EXPECT_EQ(table(three_releases(), true),
            "a.db: 3 results from 2024-05-01 to 2024-05-03, the latest is 3 (v3)\n"
            "\n"
            "run      modality  definition        results   first  latest   change  trend\n"
            "────────────────────────────────────────────────────────────────────────────\n"
            "model    all       score                   3  0.6250  0.8750  +0.2500  ▁▅█\n"
            "permute  text      permutation.drop        1  0.2500  0.2500        –  ▁█│▄\n"
            "\n"
            "score  accuracy of the model on the untouched data\n"
            "trend  each from its least to its largest value, the latest at the right\n"
            "│      other data or options: numbers of both sides are not to be compared; results, first and\n"
            "       change count from the last one\n"
            "       result 3 (v3), permute: options: repeats from 10 to 20\n");
}

TEST(HistoryTable, IsAsciiWhereItMustBe) {
  const std::string text = table(three_releases(), false);
  for (const char letter : text) EXPECT_LT(static_cast<unsigned char>(letter), 0x80);
  EXPECT_NE(text.find("  .+@\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  .@|=\n"), std::string::npos) << text;
}

TEST(HistoryTable, SaysThatThereIsNothing) {
  EXPECT_EQ(table(follow_trends({}, {}), true), "a.db: no results yet; --store of a command adds one\n");
  const TrendChoice none = {.modalities = {"text"}, .definitions = {"score"}, .details = {}};
  EXPECT_EQ(table(follow_trends({release(1, 0.5, "10")}, none), true),
            "a.db: 1 result of 2024-05-01, the latest is 1\n\nno scores\n");
}

TEST(HistoryTable, ShowsFallsAndStandstills) {
  const History history = follow_trends({release(1, 0.5, "10"), release(2, 0.25, "10")}, {});
  EXPECT_NE(table(history, true).find("  0.5000  0.2500  -0.2500  █▁\n"), std::string::npos) << table(history, true);
  const History same = follow_trends({release(1, 0.5, "10"), release(2, 0.5, "10")}, {});
  EXPECT_NE(table(same, true).find("  0.5000  0.5000        0  ▄▄\n"), std::string::npos) << table(same, true);
}

TEST(HistoryTable, KeepsToTheWidth) {
  StoredResult result = release(1, 0.5, "10", std::string(90, 't'));
  result.rows[0].score.modality = std::string(70, 'm') + "\x1b[31m";
  for (const std::size_t width : {60U, 65U, 70U, 100U}) {
    const std::string text = table(follow_trends({result}, {}), false, width);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
      const std::string line = text.substr(begin, end - begin);
      // A word that is longer than a line stays whole.
      const bool may_be_longer = line.find("tttt") != std::string::npos;
      EXPECT_TRUE(may_be_longer || line.size() <= width) << line;
      begin = end + 1;
    }
  }
}

TEST(HistoryTable, NamesWhatItLeavesOut) {
  const TrendChoice details = {.modalities = {}, .definitions = {}, .details = {"permutation.drop"}};
  const std::string text = table(follow_trends({release(1, 0.5, "10")}, details), true);
  EXPECT_NE(text.find("not shown  permutation.drop (--all-definitions shows them)"), std::string::npos) << text;
}

TEST(HistoryCsv, HasALinePerResultAndValue) {
  EXPECT_EQ(render_history(three_releases(), "a.db", OutputFormat::kCsv, {}),
            "result,tag,created,version,command,model_sha256,data_sha256,run,segment,modality,definition,group,value,"
            "std_error,ci95_low,ci95_high,examples\n"
            "1,v1,2024-05-01T12:00:00Z,0.1.0,permute,m1,d,,1,all,score,all,0.625,,,,400\n"
            "1,v1,2024-05-01T12:00:00Z,0.1.0,permute,m1,d,permute,1,text,permutation.drop,all,0.5,0.01,0.25,0.75,400\n"
            "1,v1,2024-05-01T12:00:00Z,0.1.0,permute,m1,d,permute,1,text,permutation.drop,\"'=count, or not\",,,,,9\n"
            "2,,2024-05-02T12:00:00Z,0.1.0,permute,m2,d,,1,all,score,all,0.75,,,,400\n"
            "2,,2024-05-02T12:00:00Z,0.1.0,permute,m2,d,permute,1,text,permutation.drop,all,0.75,0.01,0.25,0.75,400\n"
            "2,,2024-05-02T12:00:00Z,0.1.0,permute,m2,d,permute,1,text,permutation.drop,\"'=count, or not\",,,,,9\n"
            "3,v3,2024-05-03T12:00:00Z,0.1.0,permute,m3,d,,1,all,score,all,0.875,,,,400\n"
            "3,v3,2024-05-03T12:00:00Z,0.1.0,permute,m3,d,permute,2,text,permutation.drop,all,0.25,0.01,0.25,0.75,400\n"
            "3,v3,2024-05-03T12:00:00Z,0.1.0,permute,m3,d,permute,2,text,permutation.drop,\"'=count, or not\",,,,,9\n");
}

TEST(HistoryJson, HasResultsTrendsAndBreaks) {
  const Json document = Json::parse(render_history(three_releases(), "a.db", OutputFormat::kJson, {}));
  EXPECT_EQ(document.at("schema"), "modattr.history/1");
  EXPECT_EQ(document.at("store"), "a.db");
  ASSERT_EQ(document.at("results").size(), 3U);
  EXPECT_EQ(document.at("results").at(1), Json::parse(R"({"result": 2, "tag": null, "created": "2024-05-02T12:00:00Z",
      "version": "0.1.0", "command": "permute", "model": {"path": "model.pt", "sha256": "m2"},
      "data": {"path": "val.npz", "sha256": "d", "examples": 400}, "metric": "accuracy"})"));
  ASSERT_EQ(document.at("trends").size(), 3U);
  EXPECT_EQ(document.at("trends").at(0).at("run"), nullptr);
  const Json& drop = document.at("trends").at(1);
  EXPECT_EQ(drop.at("run"), "permute");
  EXPECT_EQ(drop.at("group"), nullptr);
  EXPECT_EQ(drop.at("points").at(2), Json::parse(R"({"result": 3, "segment": 2, "value": 0.25, "std_error": 0.01,
      "ci95": [0.25, 0.75], "examples": 400})"));
  EXPECT_EQ(document.at("trends").at(2).at("points").at(0).at("value"), nullptr);
  EXPECT_EQ(document.at("breaks"),
            Json::parse(R"([{"result": 3, "run": "permute", "what": "options: repeats from 10 to 20"}])"));
}

TEST(HistoryJson, OfAnEmptyStoreHasEmptyLists) {
  EXPECT_EQ(render_history(follow_trends({}, {}), "a.db", OutputFormat::kJson, {}),
            "{\n  \"schema\": \"modattr.history/1\",\n  \"store\": \"a.db\",\n  \"results\": [],\n  \"trends\": [],\n"
            "  \"breaks\": []\n}\n");
}

}  // namespace
}  // namespace modattr
