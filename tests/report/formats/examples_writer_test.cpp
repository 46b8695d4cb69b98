#include "modattr/report/formats/examples_writer.h"

#include <limits>
#include <sstream>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "report/tables/example_table.h"

namespace modattr::examples_writer_test {
namespace {

using Json = nlohmann::ordered_json;

/// A classifier's example of three modalities.
ExampleRecord example_record() {
  return {.id = "17",
          .label = 3.0,
          .predicted = 5,
          .target = 5,
          .attribution = {.example = 4,
                          .value_full = 0.91,
                          .value_empty = 0.08,
                          .efficiency_gap = 1e-17,
                          .modalities = {0.31, 0.52, -0.125},
                          .interactions = {0.2, -0.1, 0.0},
                          .players = {},
                          .evaluation_count = 256,
                          .method = "exact"}};
}

ScoreTable table_of(std::vector<ExampleRecord> records) {
  ScoreTable table = testing::shapley_table();
  table.modalities = {"image", "text", "sound"};
  table.examples = std::move(records);
  return table;
}

Json line_of(const ExampleRecord& record) {
  return Json::parse(to_json_lines(table_of({record})));
}

TEST(ExamplesWriter, WritesTheLineOfTheSchema) {
  const std::string text = to_json_lines(table_of({example_record()}));
  EXPECT_EQ(text, R"({"id":17,"group":null,"label":3,"predicted":5,"target":5,"value_full":0.91,"value_empty":0.08,)"
                  R"("efficiency_gap":1e-17,"modalities":{"image":0.31,"text":0.52,"sound":-0.125},)"
                  R"("interactions":{"image|text":0.2,"image|sound":-0.1,"text|sound":0.0},"players":[],)"
                  R"("evaluations":256,"method":"exact"})"
                  "\n");
}

TEST(ExamplesWriter, TellsTheGroup) {
  ExampleRecord record = example_record();
  record.group = "counting";
  EXPECT_EQ(line_of(record).at("group"), "counting");
  record.group = "7";
  EXPECT_EQ(line_of(record).at("group"), "7") << "a text, as in scores.json";
}

TEST(ExamplesWriter, AddsNamesTextsAndPlacesWhereThereAreSome) {
  ExampleRecord record = example_record();
  record.label_name = "cat";
  record.target_name = "dog";
  record.texts = {{1, "is it red"}};
  record.attribution.players = {{.modality = 0,
                                 .player = 2,
                                 .label = "0,2",
                                 .value = 0.5,
                                 .std_error = {},
                                 .patch = PatchPlace{.row = 0, .column = 16, .height = 8, .width = 4}}};
  const Json line = line_of(record);
  EXPECT_EQ(line.at("label"), 3);
  EXPECT_EQ(line.at("label_name"), "cat");
  EXPECT_TRUE(line.at("predicted_name").is_null());
  EXPECT_EQ(line.at("target_name"), "dog");
  EXPECT_FALSE(line.contains("label_names"));
  record.label_names = std::vector<std::string>{"red", "round"};
  EXPECT_EQ(line_of(record).at("label_names"), Json({"red", "round"}));
  EXPECT_EQ(line.at("texts"), Json::parse(R"({"text": "is it red"})"));
  EXPECT_EQ(line.at("players")[0], Json::parse(R"({"modality": "image", "player": 2, "name": "0,2", "value": 0.5,
                                                   "std_error": null, "row": 0, "column": 16, "height": 8,
                                                   "width": 4})"));
  record.attribution.players = {{.modality = 0,
                                 .player = 1,
                                 .label = "4:6",
                                 .value = 0.5,
                                 .std_error = {},
                                 .time = TimeSpan{.start = 0.5, .end = 0.75}}};
  EXPECT_EQ(line_of(record).at("players")[0],
            Json::parse(R"({"modality": "image", "player": 1, "name": "4:6", "value": 0.5, "std_error": null,
                            "start_seconds": 0.5, "end_seconds": 0.75})"));
}

TEST(ExamplesWriter, WritesALineForEveryExample) {
  ExampleRecord other = example_record();
  other.id = "18";
  std::istringstream text(to_json_lines(table_of({example_record(), other})));
  std::vector<int> ids;
  for (std::string line; std::getline(text, line);) ids.push_back(Json::parse(line).at("id").get<int>());
  EXPECT_EQ(ids, (std::vector<int>{17, 18}));
  EXPECT_EQ(to_json_lines(table_of({})), "");
}

TEST(ExamplesWriter, KnowsItsOwnFiles) {
  EXPECT_TRUE(begins_like_json_lines(to_json_lines(table_of({example_record(), example_record()}))));
  EXPECT_FALSE(begins_like_json_lines(""));
  EXPECT_FALSE(begins_like_json_lines("{\"id\":17,\"question\":\"what\"}\n"));
  EXPECT_FALSE(begins_like_json_lines("{\"id\":17}\n" + to_json_lines(table_of({example_record()}))));
}

TEST(ExamplesWriter, WritesNullForWhatIsNotKnown) {
  ExampleRecord record = example_record();
  record.label.reset();
  record.predicted.reset();
  record.attribution.value_full = std::numeric_limits<double>::quiet_NaN();
  const Json line = line_of(record);
  EXPECT_EQ(line.at("label"), nullptr);
  EXPECT_EQ(line.at("predicted"), nullptr);
  EXPECT_EQ(line.at("value_full"), nullptr);
}

TEST(ExamplesWriter, LeavesInteractionsThatWereNotComputedEmpty) {
  ExampleRecord record = example_record();
  record.attribution.interactions.clear();
  EXPECT_EQ(line_of(record).at("interactions"), Json::object());
}

TEST(ExamplesWriter, KeepsTheLabelOfARegressionANumberWithAPoint) {
  ExampleRecord record = example_record();
  record.predicted.reset();
  record.label = 3.0;
  EXPECT_NE(to_json_lines(table_of({record})).find("\"label\":3.0,"), std::string::npos);
  record.label = 0.1;
  EXPECT_EQ(line_of(record).at("label"), 0.1);
}

TEST(ExamplesWriter, WritesIdsThatAreNumbersAsNumbers) {
  const auto id = [](const std::string& text) {
    ExampleRecord record = example_record();
    record.id = text;
    return line_of(record).at("id");
  };
  EXPECT_EQ(id("0"), 0);
  EXPECT_EQ(id("-5"), -5);
  EXPECT_EQ(id("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  for (const char* const text : {"", "007", "-0", "-", "1.5", "1e3", "+1", "9223372036854775808", "scan 3"}) {
    EXPECT_EQ(id(text), Json(text)) << text;
  }
  EXPECT_EQ(id("broken \xFF"), Json("broken \uFFFD"));
}

TEST(ExamplesWriter, WritesThePlayers) {
  ExampleRecord record = example_record();
  record.attribution.players = {{.modality = 1, .player = 0, .label = "what", .value = 0.02, .std_error = 0.001},
                                {.modality = 0, .player = 7, .label = "(1, 3)", .value = -0.5, .std_error = {}}};
  const Json players = line_of(record).at("players");
  EXPECT_EQ(players,
            Json::array(
                {{{"modality", "text"}, {"player", 0}, {"name", "what"}, {"value", 0.02}, {"std_error", 0.001}},
                 {{"modality", "image"}, {"player", 7}, {"name", "(1, 3)"}, {"value", -0.5}, {"std_error", nullptr}}}));
}

TEST(ExamplesWriter, WritesPairsOfPlayers) {
  ExampleRecord record = example_record();
  record.attribution.players = {{.modality = 0, .player = 7, .label = "1,3", .value = -0.5, .std_error = {}},
                                {.modality = 1, .player = 0, .label = "what", .value = 0.02, .std_error = 0.001}};
  record.attribution.player_interactions =
      PlayerInteractions{.definition = "pairs.k_sii", .method = "sampled", .pairs = {{0, 1, 0.25, 0.5}}};
  const Json first = {{"modality", "image"}, {"player", 7}, {"name", "1,3"}};
  const Json second = {{"modality", "text"}, {"player", 0}, {"name", "what"}};
  const Json pair = {{"players", Json::array({first, second})}, {"value", 0.25}, {"std_error", 0.5}};
  EXPECT_EQ(line_of(record).at("player_interactions"),
            Json({{"definition", "pairs.k_sii"}, {"method", "sampled"}, {"pairs", Json::array({pair})}}));
  EXPECT_FALSE(line_of(example_record()).contains("player_interactions"));
}

TEST(ExamplesWriter, KeepsEveryLineOneLine) {
  ExampleRecord record = example_record();
  record.id = "a\nb\u2028c\x1B[2J";
  record.attribution.players = {{.modality = 1, .player = 0, .label = "x\ny\xC3", .value = 1.0, .std_error = {}}};
  const std::string text = to_json_lines(table_of({record}));
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  EXPECT_EQ(text.find('\x1B'), std::string::npos);
  EXPECT_EQ(text.find("\u2028"), std::string::npos) << "a line break to some";
  EXPECT_EQ(Json::parse(text).at("id"), "a\nb\u2028c\x1B[2J");
}

TEST(ExamplesWriter, KeepsAllDigits) {
  ExampleRecord record = example_record();
  record.attribution.modalities[0] = 0.1 + 0.2;
  EXPECT_EQ(line_of(record).at("modalities").at("image").get<double>(), 0.1 + 0.2);
}

TEST(ExamplesWriter, AddsWhatALocalSurrogateKnows) {
  ExampleRecord record = example_record();
  record.attribution.surrogate = SurrogateReport{.kind = "tree",
                                                 .intercept = 0.125,
                                                 .local_prediction = 0.9,
                                                 .r2 = 0.75,
                                                 .held_out_count = 102,
                                                 .stability = std::nullopt,
                                                 .pairs = {{{0, 3, "1,1"}, {1, 0, "red"}, 0.5, 0.25}},
                                                 .rules = {{"text 'red'", 1.5, 0.5}}};
  const Json line = Json::parse(to_json_lines(table_of({record})));
  EXPECT_EQ(line.at("intercept"), 0.125);
  EXPECT_EQ(line.at("r2"), 0.75);
  EXPECT_EQ(line.at("local_prediction"), 0.9);
  EXPECT_EQ(line.at("stability"), nullptr);
  EXPECT_EQ(line.at("held_out"), 102);
  EXPECT_EQ(line.at("pairs").at(0).at("value"), 0.5);
  EXPECT_EQ(line.at("pairs").at(0).at("players").at(0), Json({{"modality", "image"}, {"player", 3}, {"name", "1,1"}}));
  EXPECT_EQ(line.at("rules").at(0), Json({{"condition", "text 'red'"}, {"value", 1.5}, {"weight", 0.5}}));
  EXPECT_FALSE(Json::parse(to_json_lines(table_of({example_record()}))).contains("intercept"));
}

TEST(ExamplesWriter, AppendsTheDetailsOfAnEngine) {
  ExampleRecord record = example_record();
  record.attribution.details = {
      {"verdict", "image"},
      {"confidence", 0.5},
      {"evidence", Detail::Object{{{"ranks", Detail::List{{{"", std::int64_t{2}}, {"", {}}}}}, {"is_sure", true}}}}};
  EXPECT_TRUE(to_json_lines(table_of({record}))
                  .ends_with(R"("method":"exact","verdict":"image","confidence":0.5,)"
                             R"("evidence":{"ranks":[2,null],"is_sure":true}})"
                             "\n"));
}

TEST(ExamplesWriter, RefusesDetailsWithANameThatIsTaken) {
  for (const char* const name : {"id", "method", "r2", "mine"}) {
    ExampleRecord record = example_record();
    record.attribution.details = {{"mine", 1.0}, {name, 2.0}};
    EXPECT_THROW(to_json_lines(table_of({record})), std::logic_error) << name;
  }
}

}  // namespace
}  // namespace modattr::examples_writer_test
