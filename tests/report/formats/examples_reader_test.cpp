#include "modattr/report/formats/examples_reader.h"

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "modattr/core/error.h"
#include "modattr/report/formats/examples_writer.h"
#include "support/thrown_message.h"

namespace modattr::examples_reader_test {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<ExampleRecord> read_all(const std::string& text, const std::vector<std::string>& modalities) {
  std::istringstream lines(text);
  ExamplesReader reader(lines, "examples.jsonl", modalities);
  std::vector<ExampleRecord> records;
  while (std::optional<ExampleRecord> record = reader.next()) records.push_back(std::move(*record));
  return records;
}

std::string written(std::vector<ExampleRecord> records, const std::vector<std::string>& modalities) {
  ScoreTable table;
  table.modalities = modalities;
  table.examples = std::move(records);
  return to_json_lines(table);
}

void expect_round_trip(const std::vector<ExampleRecord>& records, const std::vector<std::string>& modalities) {
  const std::string text = written(records, modalities);
  EXPECT_EQ(written(read_all(text, modalities), modalities), text);
}

const std::vector<std::string> kModalities = {"image", "text", "sound"};

/// A classifier's example of three modalities, with everything that an example can have.
ExampleRecord full_record() {
  return {.id = "17",
          .label = 3.0,
          .predicted = 5,
          .target = 5,
          .attribution = {
              .example = 0,
              .value_full = 0.91,
              .value_empty = 0.1 + 0.2,
              .efficiency_gap = 1e-17,
              .modalities = {0.31, 0.52, -0.125},
              .interactions = {0.2, -0.0, 5e-324},
              .players = {{.modality = 1, .player = 0, .label = "what", .value = 0.02, .std_error = 0.001},
                          {.modality = 0,
                           .player = 7,
                           .label = "1,3",
                           .value = -0.5,
                           .std_error = {},
                           .ci95 = Interval{-1.0, 0.25},
                           .patch = PatchPlace{.row = 8, .column = 24, .height = 8, .width = 4}},
                          {.modality = 2,
                           .player = 1,
                           .label = "4:6",
                           .value = 0.25,
                           .std_error = {},
                           .time = TimeSpan{.start = 0.1, .end = 0.3}}},
              .evaluation_count = 256,
              .method = "tree",
              .surrogate = SurrogateReport{.kind = "tree",
                                           .intercept = 0.125,
                                           .local_prediction = 0.9,
                                           .r2 = 0.75,
                                           .held_out_count = 102,
                                           .stability = 0.5,
                                           .pairs = {{{0, 3, "1,1"}, {1, 0, "red"}, 0.5, 0.25},
                                                     {{2, 0, "x"}, {2, 1, "y"}, -0.5, std::nullopt}},
                                           .rules = {{"text 'red'", 1.5, 0.5}}},
              .details = {
                  {"verdict", "image"},
                  {"confidence", 0.97},
                  {"rank", std::int64_t{-3}},
                  {"is_sure", true},
                  {"typicality", std::monostate{}},
                  {"empty", Detail::List{}},
                  {"evidence",
                   Detail::Object{
                       {{"image", Detail::Object{{{"blame", 0.6}, {"places", Detail::List{{{"", 1.0}, {"", "a"}}}}}}},
                        {"text", Detail::Object{}}}}}}}};
}

/// The same with nothing that can be left out.
ExampleRecord bare_record() {
  return {.id = std::nullopt,
          .label = std::nullopt,
          .predicted = std::nullopt,
          .target = std::nullopt,
          .attribution = {.value_full = kNan,
                          .value_empty = std::numeric_limits<double>::infinity(),
                          .efficiency_gap = kNan,
                          .modalities = {kNan, 0.0, 1.0},
                          .interactions = {},
                          .players = {},
                          .method = ""}};
}

TEST(ExamplesReader, GivesBackTheBytesThatWereWritten) {
  expect_round_trip({full_record(), bare_record(), full_record()}, kModalities);
  expect_round_trip({}, kModalities);
  expect_round_trip({ExampleRecord{}}, {});
}

TEST(ExamplesReader, GivesBackTheBytesOfNamesAndTexts) {
  ExampleRecord record = full_record();
  record.target_name = "a \"cat\"";
  record.group = "7";
  record.label_names = std::vector<std::string>{"a \"cat\"", "red"};
  record.texts = {{1, "what is\nred"}, {0, ""}};
  expect_round_trip({record}, kModalities);
  const ExampleRecord read = read_all(written({record}, kModalities), kModalities).at(0);
  EXPECT_EQ(read.target_name, record.target_name);
  EXPECT_EQ(read.label_name, std::nullopt);
  EXPECT_EQ(read.group, "7");
  EXPECT_EQ(read.label_names, record.label_names);
  ASSERT_EQ(read.texts.size(), 2U);
  EXPECT_EQ(read.texts[0].text, "what is\nred");
  record.attribution.details.clear();
  EXPECT_TRUE(read_all(written({record}, kModalities), kModalities).at(0).attribution.details.empty());
}

TEST(ExamplesReader, GivesBackTheBytesOfASurrogateWithoutItsQuality) {
  ExampleRecord record = full_record();
  SurrogateReport& surrogate = record.attribution.surrogate.emplace();
  surrogate.kind = "ridge";
  surrogate.intercept = kNan;
  record.attribution.players[1].ci95 = Interval{kNan, kNan};
  expect_round_trip({record}, kModalities);
}

TEST(ExamplesReader, GivesBackTheBytesOfRegions) {
  ExampleRecord record = full_record();
  record.attribution.players[0].region = PixelRegion{.height = 2, .width = 3, .counts = {1, 2, 3}};
  expect_round_trip({record}, kModalities);
  const std::string text = written({record}, kModalities);
  EXPECT_EQ(read_all(text, kModalities).at(0).attribution.players[0].region, record.attribution.players[0].region);
  std::string broken = text;
  broken.replace(broken.find("\"size\":[2,3]"), 12, "\"size\":[2,4]");
  const std::string message = thrown_message<DataError>([&] { read_all(broken, kModalities); });
  EXPECT_NE(message.find("expected COCO's run lengths of a mask of that size at players[0].segmentation.counts"),
            std::string::npos)
      << message;
}

/// An example of shap with the pairs of its two players.
ExampleRecord record_with_pairs() {
  ExampleRecord record = full_record();
  record.attribution.surrogate.reset();
  record.attribution.details.clear();
  record.attribution.players.push_back({.modality = 1, .player = 1, .label = "is\xFF", .value = 0.1, .std_error = {}});
  record.attribution.player_interactions = PlayerInteractions{
      .definition = "pairs.stii",
      .method = "sampled",
      .pairs = {{0, 1, -0.25, 0.125}, {1, 2, 0.1 + 0.2, std::numeric_limits<double>::infinity()}, {0, 2, 0.0, 0.0}}};
  return record;
}

TEST(ExamplesReader, GivesBackTheBytesOfPairsOfPlayers) {
  expect_round_trip({record_with_pairs(), bare_record()}, kModalities);
  const std::vector<ExampleRecord> records = read_all(written({record_with_pairs()}, kModalities), kModalities);
  const PlayerInteractions& pairs = records.at(0).attribution.player_interactions.value();
  EXPECT_EQ(pairs.definition, "pairs.stii");
  EXPECT_EQ(pairs.method, "sampled");
  ASSERT_EQ(pairs.pairs.size(), 3U);
  EXPECT_EQ(pairs.pairs[1].first, 1U);
  EXPECT_EQ(pairs.pairs[1].second, 2U);
  EXPECT_EQ(pairs.pairs[1].value, 0.1 + 0.2);
  EXPECT_EQ(pairs.pairs[1].std_error, std::nullopt);
  EXPECT_EQ(pairs.pairs[0].std_error, 0.125);
  EXPECT_TRUE(records.at(0).attribution.details.empty());
  EXPECT_FALSE(records.at(0).attribution.surrogate.has_value());
}

TEST(ExamplesReader, NamesAPairOfNobody) {
  const Json line = Json::parse(written({record_with_pairs()}, kModalities));
  const std::vector<std::pair<std::pair<const char*, Json>, const char*>> cases = {
      {{"/player_interactions/pairs/1/players/0/player", 8},
       "a player of the example at player_interactions.pairs[1].players[0], got an object"},
      {{"/player_interactions/pairs/0/players", Json::array()},
       "a list of 2 at player_interactions.pairs[0].players, got a list of 0"},
      {{"/player_interactions/pairs/2/value", "much"}, "at player_interactions.pairs[2].value, got \"much\""}};
  for (const auto& [change, phrase] : cases) {
    Json changed = line;
    changed[Json::json_pointer(change.first)] = change.second;
    const std::string message = thrown_message<DataError>([&] { read_all(changed.dump() + "\n", kModalities); });
    EXPECT_NE(message.find(phrase), std::string::npos) << message;
  }
}

TEST(ExamplesReader, GivesBackTheBytesOfEveryKindOfIdAndLabel) {
  for (const char* const id :
       {"0", "-5", "9223372036854775807", "9223372036854775808", "", "007", "1.5", "all", "scan 3"}) {
    for (const double label : {0.0, 3.0, -0.5, 1e300, 9007199254740992.0, kNan}) {
      ExampleRecord record = full_record();
      record.id = id;
      record.label = label;
      expect_round_trip({record}, kModalities);
      record.predicted.reset();
      expect_round_trip({record}, kModalities);
      record.target.reset();
      expect_round_trip({record}, kModalities);
      EXPECT_EQ(read_all(written({record}, kModalities), kModalities).at(0).id.has_value(),
                std::string(id) != "all" || !std::isnan(label));
    }
  }
}

TEST(ExamplesReader, GivesBackTheBytesOfHostileNames) {
  const std::vector<std::string> names = {"a|b",  "c", "a", "b|c", "broken \xFF\xC3", "\x1B[2J\n\u202E\u2028\"\\",
                                          "画像", ""};
  ExampleRecord record = full_record();
  record.id = "a\nb\u2028c\x1B[2J\xFF";
  record.attribution.modalities = {1, 2, 3, 4, 5, 6, 7, 8};
  record.attribution.interactions.assign(28, 0.5);
  record.attribution.players = {{.modality = 4, .player = 0, .label = "x\ny\xC3", .value = 1.0, .std_error = {}},
                                {.modality = 5, .player = 1, .label = "", .value = 1.0, .std_error = {}}};
  record.attribution.details = {{"\x1B\u202E\xFF", "\x7F\xFE"}, {"", Detail::Object{{{"", ""}}}}};
  expect_round_trip({record, record}, names);
}

TEST(ExamplesReader, ReadsEveryField) {
  const std::vector<ExampleRecord> records =
      read_all(written({bare_record(), full_record()}, kModalities), kModalities);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].id, std::nullopt);
  EXPECT_TRUE(std::isnan(records[0].attribution.value_full));
  EXPECT_FALSE(records[0].attribution.surrogate.has_value());
  const ExampleRecord& record = records[1];
  EXPECT_EQ(record.id, "17");
  EXPECT_EQ(record.label, 3.0);
  EXPECT_EQ(record.predicted, 5U);
  EXPECT_EQ(record.target, 5U);
  const ExampleAttribution& attribution = record.attribution;
  EXPECT_EQ(attribution.example, 1U);
  EXPECT_EQ(attribution.value_empty, 0.1 + 0.2);
  EXPECT_EQ(attribution.modalities, (std::vector<double>{0.31, 0.52, -0.125}));
  EXPECT_EQ(attribution.interactions, (std::vector<double>{0.2, -0.0, 5e-324}));
  ASSERT_EQ(attribution.players.size(), 3U);
  EXPECT_EQ(attribution.players[0].ci95.has_value(), false);
  EXPECT_EQ(attribution.players[1].modality, 0U);
  EXPECT_EQ(attribution.players[1].player, 7U);
  EXPECT_EQ(attribution.players[1].ci95->high, 0.25);
  EXPECT_EQ(attribution.evaluation_count, 256U);
  ASSERT_TRUE(attribution.surrogate.has_value());
  EXPECT_EQ(attribution.surrogate->kind, "tree") << "it is the method";
  EXPECT_EQ(attribution.surrogate->held_out_count, 102U);
  EXPECT_EQ(attribution.surrogate->pairs.at(1).second.player, 1U);
  EXPECT_EQ(attribution.surrogate->rules.at(0).condition, "text 'red'");
  ASSERT_EQ(attribution.details.size(), 7U);
  EXPECT_EQ(attribution.details[0].name, "verdict");
  EXPECT_EQ(std::get<std::string>(attribution.details[0].value), "image");
  EXPECT_EQ(std::get<std::int64_t>(attribution.details[2].value), -3);
  EXPECT_EQ(std::get<Detail::Object>(attribution.details[6].value).members.at(1).name, "text");
}

TEST(ExamplesReader, TakesALineAtATime) {
  std::istringstream lines(written({full_record()}, kModalities) + "{broken\n");
  ExamplesReader reader(lines, "examples.jsonl", kModalities);
  EXPECT_TRUE(reader.next().has_value());
  EXPECT_THROW(reader.next(), DataError);
}

TEST(ExamplesReader, ReadsALastLineWithoutItsEnd) {
  std::string text = written({full_record()}, kModalities);
  text.pop_back();
  EXPECT_EQ(read_all(text, kModalities).size(), 1U);
}

/// The message about a second line with `value` in place of what is at `pointer`.
std::string message_with(const char* pointer, const Json& value) {
  const std::string text = written({full_record()}, kModalities);
  Json line = Json::parse(text);
  line[Json::json_pointer(pointer)] = value;
  return thrown_message<DataError>([&] { read_all(text + line.dump() + "\n", kModalities); });
}

TEST(ExamplesReader, NamesWhatIsOfAnotherType) {
  const std::vector<std::pair<std::pair<const char*, Json>, const char*>> cases = {
      {{"/id", 1.5}, "a text or a whole number at id, got 1.5"},
      {{"/id", std::numeric_limits<std::uint64_t>::max()}, "below 2^63 at id, got 18446744073709551615"},
      {{"/label", "3"}, "a number or null at label, got \"3\""},
      {{"/predicted", -1}, "a whole number of at least 0 or null at predicted, got -1"},
      {{"/value_full", Json::object()}, "a number or null at value_full, got an object"},
      {{"/modalities", 1}, "an object at modalities, got 1"},
      {{"/modalities/text", "x"}, "a number or null at modalities.text, got \"x\""},
      {{"/modalities/touch", 1.0}, "only modalities of the table at modalities, got an object"},
      {{"/interactions/touch", 1.0}, "only pairs of modalities of the table at interactions"},
      {{"/interactions", {{"image|text", 1.0}}}, "interactions.image|sound, got no such key"},
      {{"/players", nullptr}, "a list at players, got null"},
      {{"/players/1/modality", "touch"}, "a modality of the table at players[1].modality, got \"touch\""},
      {{"/players/1/ci95", nullptr}, "a list of two numbers at players[1].ci95, got null"},
      {{"/evaluations", 2.5}, "a whole number of at least 0 at evaluations, got 2.5"},
      {{"/method", nullptr}, "a text at method, got null"},
      {{"/pairs/0/players", Json::array()}, "a list of 2 at pairs[0].players, got a list of 0"},
      {{"/pairs/0/players/1/player", -1}, "at pairs[0].players[1].player, got -1"},
      {{"/rules/0", "if"}, "an object at rules[0], got \"if\""},
      {{"/more", std::numeric_limits<std::uint64_t>::max()}, "a whole number below 2^63 at more"}};
  for (const auto& [change, phrase] : cases) {
    const std::string message = message_with(change.first, change.second);
    EXPECT_TRUE(message.starts_with("examples.jsonl:2: expected ")) << message;
    EXPECT_NE(message.find(phrase), std::string::npos) << message;
  }
}

TEST(ExamplesReader, NamesWhatIsMissing) {
  const Json whole = Json::parse(written({full_record()}, kModalities));
  std::size_t key_count = 0;
  for (const auto& [key, value] : whole.items()) {
    if (key == "verdict") break;
    Json line = whole;
    line.erase(key);
    if (key == "group") {
      // Files of older versions have none.
      EXPECT_EQ(read_all(line.dump(), kModalities).front().group, std::nullopt);
      continue;
    }
    EXPECT_EQ(thrown_message<DataError>([&] { read_all(line.dump(), kModalities); }),
              "examples.jsonl:1: expected " + key + ", got no such key");
    ++key_count;
  }
  EXPECT_EQ(key_count, 12U + 7U);
}

TEST(ExamplesReader, RefusesLinesThatAreCutOffOrEmpty) {
  const std::string text = written({full_record()}, kModalities);
  for (std::size_t length = 1; length + 1 < text.size(); length += 7) {
    EXPECT_THROW(read_all(text.substr(0, length), kModalities), DataError) << length;
  }
  for (const char* const line : {"\n", "3\n", "[]\n", "null", "\xFF\n"}) {
    EXPECT_THROW(read_all(text + line, kModalities), DataError) << line;
  }
  EXPECT_THROW(read_all(text, {"image", "text"}), DataError) << "another table's modalities";
}

TEST(ExamplesReader, SaysThatAFileCannotBeRead) {
  for (const char* const path : {"/no/such/file", "/"}) {
    std::ifstream file(path);
    ExamplesReader reader(file, path, kModalities);
    EXPECT_EQ(thrown_message<DataError>([&] { reader.next(); }).find("expected a file that can be read"),
              std::string(path).size() + 4);
  }
}

}  // namespace
}  // namespace modattr::examples_reader_test
