#include "modattr/report/formats/json_reader.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "modattr/core/error.h"
#include "modattr/report/formats/json_writer.h"
#include "report/tables/example_table.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

ScoreTable read_back(const ScoreTable& table) {
  return read_scores(to_json(table), "scores.json");
}

void expect_round_trip(const ScoreTable& table) {
  const std::string text = to_json(table);
  EXPECT_EQ(to_json(read_scores(text, "scores.json")), text);
}

TEST(JsonReader, GivesBackTheBytesThatWereWritten) {
  expect_round_trip(testing::example_table());
  expect_round_trip(testing::grouped_table());
  expect_round_trip(testing::shapley_table());
  expect_round_trip(testing::hostile_table());
  expect_round_trip({});
}

TEST(JsonReader, GivesBackTheBytesOfWhatIsNotKnown) {
  ScoreTable table = testing::example_table();
  table.score.reset();
  table.seconds = std::nan("");
  table.rows = {{"", "", {}, {}, {}, {}, 0, {}},
                {"text", "shapley.mean", "", std::nan(""), 0.5, Interval{std::nan(""), 1.0}, 3, 1.0},
                {"text", "x", "g", -0.0, std::numeric_limits<double>::infinity(), Interval{-1e300, 5e-324}, 1, 0.0}};
  table.config =
      R"({"a":[1,-0.0,1e-9,1e22,18446744073709551615,-9223372036854775808,null,{"b":[[]]}],"":{},"k":"\u0000é"})";
  expect_round_trip(table);
  EXPECT_EQ(read_back(table).score, std::nullopt);
  EXPECT_TRUE(std::isnan(read_back(table).seconds));
}

TEST(JsonReader, ReadsEveryField) {
  const ScoreTable written = testing::grouped_table();
  const ScoreTable table = read_back(written);
  EXPECT_EQ(table.version, written.version);
  EXPECT_EQ(table.command, written.command);
  EXPECT_EQ(table.created, written.created);
  EXPECT_EQ(table.model.path, written.model.path);
  EXPECT_EQ(table.model.sha256, written.model.sha256);
  EXPECT_EQ(table.data.path, written.data.path);
  EXPECT_EQ(table.data.sha256, written.data.sha256);
  EXPECT_EQ(table.example_count, written.example_count);
  EXPECT_EQ(table.config, written.config);
  EXPECT_EQ(table.metric, written.metric);
  EXPECT_EQ(table.score, written.score);
  EXPECT_EQ(table.evaluations.model, written.evaluations.model);
  EXPECT_EQ(table.evaluations.encoder, written.evaluations.encoder);
  EXPECT_EQ(table.evaluations.fusion, written.evaluations.fusion);
  EXPECT_EQ(table.seconds, written.seconds);
  EXPECT_EQ(table.warnings, written.warnings);
  ASSERT_EQ(table.rows.size(), written.rows.size());
  const Score& row = table.rows[15];
  EXPECT_EQ(row.modality, "text");
  EXPECT_EQ(row.definition, "permutation.drop");
  EXPECT_EQ(row.group, "yes/no");
  EXPECT_EQ(row.value, 0.2812);
  EXPECT_EQ(row.std_error, 0.0061);
  ASSERT_TRUE(row.ci95.has_value());
  EXPECT_EQ(row.ci95->low, 0.2626);
  EXPECT_EQ(row.ci95->high, 0.3008);
  EXPECT_EQ(row.examples, 1500U);
  EXPECT_EQ(row.p_value, 0.0001);
  EXPECT_EQ(row.p_value_examples, 0.0002);
  ASSERT_TRUE(table.score_ci95);
  EXPECT_EQ(table.score_ci95->low, 0.9221);
  EXPECT_EQ(table.score_ci95->high, 0.9378);
  EXPECT_EQ(table.rows[0].group, std::nullopt);
}

TEST(JsonReader, KeepsAllDigits) {
  for (const double value : {0.1, 1.0 / 3.0, 0.1 + 0.2, 5e-324, 1.7976931348623157e308, -2.0 / 7.0}) {
    ScoreTable table = testing::example_table();
    table.rows[0].value = value;
    EXPECT_EQ(read_back(table).rows[0].value, value);
  }
  ScoreTable table = testing::example_table();
  table.evaluations.fusion = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(read_back(table).evaluations.fusion, table.evaluations.fusion);
}

TEST(JsonReader, TakesFromTheConfigurationWhatTheFileHasThereOnly) {
  ScoreTable table = testing::example_table();
  table.config = R"({"seed":7,"modalities":[{"name":"image"},{"name":"te|xt"}],"permute":{"repeats":10}})";
  table.metric = "log_loss";
  const ScoreTable read = read_back(table);
  EXPECT_EQ(read.modalities, (std::vector<std::string>{"image", "te|xt"}));
  EXPECT_EQ(read.seed, 7U);
  EXPECT_EQ(read.repeat_count, 10U);
  EXPECT_EQ(read.orientation, Orientation::kLowerIsBetter);
}

TEST(JsonReader, PutsUpWithAnyConfiguration) {
  for (const char* const config :
       {"{}", R"({"modalities":3})", R"({"modalities":[{"name":"image"},7]})", R"({"modalities":[{"name":1}]})",
        R"({"seed":"x","permute":[]})", R"({"seed":-1,"permute":{"repeats":null}})"}) {
    ScoreTable table = testing::example_table();
    table.config = config;
    const ScoreTable read = read_back(table);
    EXPECT_TRUE(read.modalities.empty()) << config;
    EXPECT_EQ(read.seed, std::nullopt) << config;
    EXPECT_EQ(read.repeat_count, std::nullopt) << config;
  }
}

TEST(JsonReader, LeavesKeysOfLaterVersionsOut) {
  Json document = Json::parse(to_json(testing::example_table()));
  document["colour"] = {1, 2};
  document["rows"][0]["colour"] = nullptr;
  EXPECT_EQ(to_json(read_scores(document.dump(), "scores.json")), to_json(testing::example_table()));
}

/// The message about the written example with `value` in place of what is at `pointer`.
std::string message_with(const char* pointer, const Json& value) {
  Json document = Json::parse(to_json(testing::example_table()));
  document[Json::json_pointer(pointer)] = value;
  return thrown_message<DataError>([&] { read_scores(document.dump(), "a/scores.json"); });
}

TEST(JsonReader, NamesWhatIsOfAnotherType) {
  const std::vector<std::pair<std::pair<const char*, Json>, const char*>> cases = {
      {{"/schema", 1}, "a text at schema, got 1"},
      {{"/version", nullptr}, "a text at version, got null"},
      {{"/model", "m.pt"}, "an object at model, got \"m.pt\""},
      {{"/data/examples", -1}, "a whole number of at least 0 at data.examples, got -1"},
      {{"/data/examples", 4.0}, "a whole number of at least 0 at data.examples, got 4.0"},
      {{"/config", Json::array()}, "an object at config, got a list of 0"},
      {{"/score", "0.93"}, "a number or null at score, got \"0.93\""},
      {{"/evaluations/fusion", true}, "a whole number of at least 0 at evaluations.fusion, got true"},
      {{"/rows", Json::object()}, "a list at rows, got an object"},
      {{"/rows/3", 7}, "an object at rows[3], got 7"},
      {{"/rows/3/value", {1, 2}}, "a number or null at rows[3].value, got a list of 2"},
      {{"/rows/3/group", 1}, "a text or null at rows[3].group, got 1"},
      {{"/rows/0/ci95", {0.1}}, "a list of two numbers or null at rows[0].ci95, got a list of 1"},
      {{"/rows/0/ci95/1", "x"}, "a number or null at rows[0].ci95[1], got \"x\""},
      {{"/warnings/0", 5}, "a text at warnings[0], got 5"}};
  for (const auto& [change, phrase] : cases) {
    const std::string message = message_with(change.first, change.second);
    EXPECT_TRUE(message.starts_with("a/scores.json: expected ")) << message;
    EXPECT_NE(message.find(phrase), std::string::npos) << message;
  }
}

TEST(JsonReader, NamesWhatIsMissing) {
  const Json whole = Json::parse(to_json(testing::example_table()));
  std::vector<std::pair<Json::json_pointer, std::string>> keys;
  for (const auto& [key, value] : whole.items()) keys.emplace_back(Json::json_pointer("/" + key), key);
  for (const char* const part : {"model", "data", "evaluations"}) {
    for (const auto& [key, value] : whole.at(part).items()) {
      keys.emplace_back(Json::json_pointer("/" + std::string(part) + "/" + key), std::string(part) + "." + key);
    }
  }
  for (const auto& [key, value] : whole.at("rows").at(3).items()) {
    keys.emplace_back(Json::json_pointer("/rows/3/" + key), "rows[3]." + key);
  }
  EXPECT_EQ(keys.size(), 14U + 8U + 9U);
  for (const auto& [pointer, place] : keys) {
    Json document = whole;
    document.at(pointer.parent_pointer()).erase(pointer.back());
    EXPECT_EQ(thrown_message<DataError>([&] { read_scores(document.dump(), "scores.json"); }),
              "scores.json: expected " + place + ", got no such key");
  }
}

TEST(JsonReader, SaysWhichSchemaItReads) {
  EXPECT_EQ(message_with("/schema", "modattr.scores/1"),
            "a/scores.json: expected \"modattr.scores/2\" at schema, got \"modattr.scores/1\"");
}

TEST(JsonReader, RefusesTextThatIsCutOff) {
  const std::string text = to_json(testing::grouped_table());
  // The last byte is a line break.
  for (std::size_t length = 0; length + 1 < text.size(); length += 1 + length / 50) {
    EXPECT_THROW(read_scores(text.substr(0, length), "scores.json"), DataError) << length;
  }
  EXPECT_THROW(read_scores(text.substr(0, text.size() - 2), "scores.json"), DataError);
}

TEST(JsonReader, RefusesWhatIsNotItsJson) {
  const auto message = [](const std::string& text) {
    return thrown_message<DataError>([&] { read_scores(text, "scores.json"); });
  };
  EXPECT_TRUE(message("").starts_with("scores.json: expected JSON, got a parse error")) << message("");
  EXPECT_EQ(message("[1]"), "scores.json: expected an object, got a list of 1");
  EXPECT_EQ(message("{}"), "scores.json: expected schema, got no such key");
  EXPECT_NE(message("{\"a\x1B\": 1}").find("expected JSON"), std::string::npos);
  EXPECT_EQ(message("{\"a\x1B\": 1}").find('\x1B'), std::string::npos);
  EXPECT_NE(message("{\"schema\": \"\xFF\"}").find("expected JSON"), std::string::npos);
  EXPECT_NE(message("{\"score\": 1e999}").find("expected JSON"), std::string::npos);
  EXPECT_NE(message(to_json(testing::example_table()) + "{}").find("expected JSON"), std::string::npos);
  EXPECT_EQ(message(R"({"a": 1, "b": {"a": 2}, "a": 3})"), "scores.json: expected every key once, got \"a\" twice");
  EXPECT_EQ(message(std::string(100, '[')), "scores.json: expected at most 64 nested levels of JSON, got more");
  std::string keys = "{";
  for (int key = 0; key < 5000; ++key) keys += (key == 0 ? "\"" : ",\"") + std::to_string(key) + "\":0";
  EXPECT_EQ(message(keys + "}"), "scores.json: expected at most 4096 keys of an object, got more");
}

}  // namespace
}  // namespace modattr
