#include "modattr/report/tables/text_table.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "example_table.h"
#include "modattr/core/option_name.h"
#include "modattr/report/formats/markdown_writer.h"
#include "modattr/report/tables/main_definitions.h"
#include "modattr/report/text.h"
#include "modattr/report/utf8.h"

namespace modattr {
namespace {

/// Compares with tests/goldens/`name`; MODATTR_UPDATE_GOLDENS=1 rewrites the file.
void expect_golden(const std::string& name, const std::string& text) {
  const std::filesystem::path file = std::filesystem::path(MODATTR_TEST_DIR) / "goldens" / name;
  if (const char* update = std::getenv("MODATTR_UPDATE_GOLDENS");
      update != nullptr && std::string_view(update) == "1") {
    std::ofstream(file, std::ios::binary) << text;
  }
  std::ifstream stream(file, std::ios::binary);
  ASSERT_TRUE(stream) << file;
  std::ostringstream golden;
  golden << stream.rdbuf();
  EXPECT_EQ(text, golden.str());
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(TextTable, ShowsTwoModalities) {
  expect_golden("table_plain.txt", to_text_table(testing::example_table(), {}));
}

TEST(TextTable, ShowsWhatAReaderNeedsFirst) {
  ScoreTable permutation = testing::grouped_table();
  keep_main_definitions(permutation);
  expect_golden("table_main.txt", to_text_table(permutation, {}));
  EXPECT_FALSE(contains(to_text_table(permutation, {}), "p repeats"));
  EXPECT_TRUE(
      contains(to_text_table(testing::example_table(), {.width = 120}), "10 repeats cannot show less than 0.091"));
}

TEST(TextTable, ShowsABlockPerGroup) {
  expect_golden("table_groups.txt", to_text_table(testing::grouped_table(), {}));
}

TEST(TextTable, ColoursNamesBarsAndWarnings) {
  expect_golden("table_colour.txt", to_text_table(testing::grouped_table(), {.color = true}));
}

TEST(TextTable, FallsBackToAscii) {
  const std::string text = to_text_table(testing::grouped_table(), {.unicode = false});
  expect_golden("table_ascii.txt", text);
  for (const char byte : text) EXPECT_LT(static_cast<unsigned char>(byte), 0x80U);
}

TEST(TextTable, LeavesColumnsOutOnNarrowTerminals) {
  expect_golden("table_narrow.txt",
                to_text_table(testing::grouped_table(), {.width = 60, .spell_option = command_line_option}));
  EXPECT_TRUE(contains(to_text_table(testing::grouped_table(), {.width = 60}), "\"format\" csv has all)"));
}

TEST(TextTable, UsesTheRoomOfWideTerminals) {
  expect_golden("table_wide.txt", to_text_table(testing::example_table(), {.width = 140}));
}

TEST(TextTable, ShowsTheScoresOfOtherEngines) {
  expect_golden("table_shapley.txt", to_text_table(testing::shapley_table(), {}));
}

TEST(TextTable, DisarmsHostileNames) {
  const std::string text = to_text_table(testing::hostile_table(), {});
  expect_golden("table_hostile.txt", text);
  EXPECT_EQ(text.find_first_of("\x1B\x07\r\t"), std::string::npos);
  EXPECT_FALSE(contains(text, "\u202E"));
}

TEST(TextTable, ShowsLossesThatRise) {
  ScoreTable table = testing::example_table();
  table.metric = "log_loss";
  table.orientation = Orientation::kLowerIsBetter;
  table.score = 0.21234;
  const std::string text = to_text_table(table, {});
  EXPECT_TRUE(contains(text, "log_loss 0.2123 [0.9221, 0.9378], lower is better"));
  EXPECT_TRUE(contains(text, "rise of log_loss"));
}

TEST(TextTable, HoldsEscapesOnlyInColour) {
  const std::string colour = to_text_table(testing::grouped_table(), {.color = true});
  EXPECT_TRUE(contains(colour, "\x1B[31m"));
  EXPECT_TRUE(contains(colour, "faint bar  \x1B[2mthe interval holds 0"));
  EXPECT_FALSE(contains(to_text_table(testing::grouped_table(), {}), "\x1B"));
}

TEST(TextTable, NeverExceedsTheWidth) {
  for (const ScoreTable& table :
       {testing::example_table(), testing::grouped_table(), testing::shapley_table(), testing::hostile_table()}) {
    for (std::size_t width = 60; width <= 160; width += 5) {
      for (const bool unicode : {true, false}) {
        for (const std::string& line : lines_of(to_text_table(table, {.unicode = unicode, .width = width}))) {
          EXPECT_LE(display_width(line), width) << line;
        }
      }
    }
  }
}

TEST(TextTable, TreatsTinyWidthsAsSixtyCells) {
  EXPECT_EQ(to_text_table(testing::grouped_table(), {.width = 1}),
            to_text_table(testing::grouped_table(), {.width = 60}));
}

TEST(TextTable, AlignsWideNames) {
  ScoreTable table = testing::example_table();
  for (std::size_t row = 0; row < 5; ++row) table.rows[row].modality = "画像";
  std::vector<std::string> rows;
  for (const std::string& line : lines_of(to_text_table(table, {}))) {
    if (line.starts_with("画像") || line.starts_with("text ")) rows.push_back(line);
  }
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(display_width(rows[0].substr(0, rows[0].find("±"))), display_width(rows[1].substr(0, rows[1].find("±"))));
}

TEST(TextTable, ShowsTheDigitsOfAScoreNextToMuchLargerOnes) {
  ScoreTable table = testing::example_table();
  table.orientation = Orientation::kLowerIsBetter;
  table.metric = "mse";
  table.score = 3.8124e-6;
  table.score_ci95 = Interval{3.5e-6, 4.125e-6};
  const std::string text = to_text_table(table, {});
  EXPECT_TRUE(text.starts_with("permute: mse 3.812e-06 [3.500e-06, 4.125e-06], lower is better\n")) << text;
}

TEST(TextTable, ShowsADashForWhatIsNotKnown) {
  ScoreTable table;
  table.command = "permute";
  table.metric = "accuracy";
  testing::add_permutation_rows(table, "text", std::nullopt, {});
  EXPECT_TRUE(contains(to_text_table(table, {}), "permute: accuracy –"));
  EXPECT_TRUE(contains(to_text_table(table, {}), "text         –        –      –      –     –"));
  EXPECT_TRUE(contains(to_text_table(table, {.unicode = false}), "text         -        -      -      -     -"));
}

TEST(TextTable, ShowsEveryGroup) {
  ScoreTable table = testing::example_table();
  for (int group = 0; group < 40; ++group) {
    testing::add_permutation_rows(table, "text", "group " + std::to_string(group),
                                  {.drop = 0.001 * group, .examples = 1});
  }
  const std::string text = to_text_table(table, {});
  for (int group = 0; group < 40; ++group) {
    EXPECT_TRUE(contains(text, "── group " + std::to_string(group) + " · 1 example ─"));
  }
}

TEST(TextTable, CutsNoTitleOfANarrowTable) {
  ScoreTable table;
  table.command = "shap";
  table.metric = "none";
  for (const char* const group : {"label 95", "a group whose name is longer than its table"}) {
    table.rows.push_back({"a", "share", group, 0.0, {}, {}, 5000, {}});
  }
  const std::string text = to_text_table(table, {});
  EXPECT_TRUE(contains(text, "── label 95 · 5000 examples ")) << text;
  EXPECT_TRUE(contains(text, "── a group whose name is longer than its table · 5000 examples ")) << text;
}

TEST(TextTable, ShortensBarsBeforeDefinitions) {
  ScoreTable table = testing::shapley_table();
  table.rows.push_back({"image|text", "interaction.intershap", {}, 0.1, 0.01, Interval{0.0, 0.2}, 4000, {}});
  table.rows.push_back({"image|text", "interaction.intershap_local", {}, 0.1, 0.01, Interval{0.0, 0.2}, 4000, {}});
  for (const std::size_t width : {60U, 80U, 100U}) {
    const std::string text = to_text_table(table, {.width = width});
    EXPECT_TRUE(contains(text, " interaction.intershap ")) << text;
    EXPECT_TRUE(contains(text, " interaction.intershap_local ")) << text;
  }
}

TEST(TextTable, ShowsRowsThatAppearTwice) {
  ScoreTable table = testing::example_table();
  table.rows.push_back(table.rows[0]);
  table.rows.back().value = 0.1234;
  EXPECT_TRUE(contains(to_text_table(table, {}), "permutation.drop  0.1234"));
}

TEST(TextTable, SaysNothingOfAScoreWithoutAMetric) {
  ScoreTable table = testing::shapley_table();
  table.metric = "none";
  table.score.reset();
  table.score_ci95.reset();
  EXPECT_TRUE(to_text_table(table, {}).starts_with("shap\nmodel model.pt")) << to_text_table(table, {});
  EXPECT_TRUE(to_markdown(table).starts_with("**modattr shap**: 4000 examples")) << to_markdown(table);
}

TEST(TextTable, SaysWhenThereIsNoScore) {
  ScoreTable table = testing::example_table();
  table.rows.clear();
  EXPECT_TRUE(contains(to_text_table(table, {}), "no scores"));
}

}  // namespace
}  // namespace modattr
