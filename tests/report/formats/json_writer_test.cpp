#include "modattr/report/formats/json_writer.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "modattr/core/error.h"
#include "report/tables/example_table.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> keys_of(const Json& document) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : document.items()) keys.push_back(key);
  return keys;
}

TEST(JsonWriter, HasTheFieldsOfTheSchemaInOrder) {
  const Json document = Json::parse(to_json(testing::example_table()));
  EXPECT_EQ(keys_of(document),
            (std::vector<std::string>{"schema", "version", "command", "created", "model", "data", "config", "metric",
                                      "score", "score_ci95", "evaluations", "seconds", "rows", "warnings"}));
  EXPECT_EQ(keys_of(document["rows"][0]),
            (std::vector<std::string>{"modality", "definition", "group", "value", "std_error", "ci95", "examples",
                                      "p_value", "p_value_examples"}));
}

TEST(JsonWriter, WritesEveryField) {
  const ScoreTable table = testing::grouped_table();
  const Json document = Json::parse(to_json(table));
  EXPECT_EQ(document["schema"], "modattr.scores/2");
  EXPECT_EQ(document["version"], table.version);
  EXPECT_EQ(document["command"], table.command);
  EXPECT_EQ(document["created"], table.created);
  EXPECT_EQ(document["model"], Json({{"path", table.model.path}, {"sha256", table.model.sha256}}));
  EXPECT_EQ(document["data"],
            Json({{"path", table.data.path}, {"sha256", table.data.sha256}, {"examples", table.example_count}}));
  EXPECT_EQ(document["config"], Json::parse(table.config));
  EXPECT_EQ(document["metric"], table.metric);
  EXPECT_EQ(document["score"], *table.score);
  EXPECT_EQ(document["score_ci95"], Json({0.9221, 0.9378}));
  EXPECT_EQ(document["evaluations"], Json({{"model", 0}, {"encoder", 4400}, {"fusion", 80000}}));
  EXPECT_EQ(document["seconds"], table.seconds);
  EXPECT_EQ(document["warnings"], Json(table.warnings));
  ASSERT_EQ(document["rows"].size(), table.rows.size());
  const Json expected = {
      {"modality", "text"},        {"definition", "permutation.drop"}, {"group", "yes/no"}, {"value", 0.2812},
      {"std_error", 0.0061},       {"ci95", {0.2626, 0.3008}},         {"examples", 1500},  {"p_value", 0.0001},
      {"p_value_examples", 0.0002}};
  EXPECT_EQ(document["rows"][15], expected);
}

TEST(JsonWriter, KeepsTheOrderOfTheConfigurationsKeys) {
  const Json document = Json::parse(to_json(testing::example_table()));
  EXPECT_EQ(keys_of(document["config"]), (std::vector<std::string>{"seed", "model", "metric", "alpha"}));
}

TEST(JsonWriter, KeepsAllDigits) {
  for (const double value : {0.1, 1.0 / 3.0, 0.1 + 0.2, 5e-324, 1.7976931348623157e308, -2.0 / 7.0}) {
    ScoreTable table = testing::example_table();
    table.rows[0].value = value;
    table.score = value;
    const Json document = Json::parse(to_json(table));
    EXPECT_EQ(document["rows"][0]["value"].get<double>(), value);
    EXPECT_EQ(document["score"].get<double>(), value);
  }
}

TEST(JsonWriter, WritesNullForWhatIsNotKnownOrNotANumber) {
  ScoreTable table = testing::example_table();
  table.score = std::nan("");
  table.rows = {{"text", "shapley.mean", {}, {}, std::nan(""), Interval{std::nan(""), 1.0}, 3, {}}};
  table.rows.push_back({"text", "shapley.mean", {}, std::numeric_limits<double>::infinity(), {}, {}, 3, {}});
  const Json document = Json::parse(to_json(table));
  EXPECT_TRUE(document["score"].is_null());
  EXPECT_TRUE(document["rows"][0]["group"].is_null());
  EXPECT_TRUE(document["rows"][0]["value"].is_null());
  EXPECT_TRUE(document["rows"][0]["std_error"].is_null());
  EXPECT_EQ(document["rows"][0]["ci95"], Json::array({nullptr, 1.0}));
  EXPECT_TRUE(document["rows"][0]["p_value"].is_null());
  EXPECT_TRUE(document["rows"][1]["value"].is_null());
  EXPECT_TRUE(document["rows"][1]["ci95"].is_null());
}

TEST(JsonWriter, KeepsHostileNamesAndReplacesBrokenBytes) {
  const ScoreTable table = testing::hostile_table();
  const Json document = Json::parse(to_json(table));
  EXPECT_EQ(document["rows"][0]["modality"], table.rows[0].modality);
  EXPECT_EQ(document["rows"][0]["group"], *table.rows[0].group);
  EXPECT_EQ(document["rows"][10]["modality"], "broken \uFFFD\uFFFD bytes");
}

TEST(JsonWriter, EscapesWhatATerminalWouldObey) {
  ScoreTable table = testing::example_table();
  table.rows[0].modality = "a\x1B\u009B\u202E\x7F";
  EXPECT_NE(to_json(table).find(R"("a\u001b\u009b\u202e\u007f")"), std::string::npos);
}

TEST(JsonWriter, AcceptsAConfigurationWithBrokenBytes) {
  ScoreTable table = testing::example_table();
  table.config = "{\"data\":\"\xFF\"}";
  EXPECT_EQ(Json::parse(to_json(table))["config"]["data"], "\uFFFD");
}

TEST(JsonWriter, WritesAnEmptyConfigurationAsAnObject) {
  ScoreTable table;
  EXPECT_EQ(Json::parse(to_json(table))["config"], Json::object());
  EXPECT_EQ(Json::parse(to_json(table))["rows"], Json::array());
}

TEST(JsonWriter, RefusesAConfigurationThatIsNoObject) {
  for (const char* config : {"[1]", "{", "3"}) {
    ScoreTable table = testing::example_table();
    table.config = config;
    EXPECT_THROW(to_json(table), OutputError);
  }
}

TEST(JsonWriter, WritesOneRowPerLine) {
  const std::string text = to_json(testing::example_table());
  EXPECT_NE(text.find("\n    {\"modality\":\"text\",\"definition\":\"permutation.alone\""), std::string::npos);
  EXPECT_TRUE(text.ends_with("\n}\n"));
}

}  // namespace
}  // namespace modattr
