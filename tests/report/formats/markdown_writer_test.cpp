#include "modattr/report/formats/markdown_writer.h"

#include <gtest/gtest.h>

#include "report/tables/example_table.h"

namespace modattr {
namespace {

TEST(MarkdownWriter, WritesOneTableOfModalities) {
  EXPECT_EQ(
      to_markdown(testing::example_table()),
      "**modattr permute**: accuracy 0.9300 [0.9221, 0.9378] (higher is better), 4000 examples, 10 repeats, "
      "seed 7\n"
      "\n"
      "| modality | drop ± error | 95 % interval | without | alone | model | task | p | p repeats | examples |\n"
      "|:--|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
      "| image | 0.3120 ± 0.0023 | [0.3025, 0.3225] | 0.6180 | 0.5512 | 33.5% | 62.4% | 0.021 | ≤0.091 | 4000 |\n"
      "| text | 0.4123 ± 0.0041 | [0.3985, 0.4271] | 0.5177 | 0.6011 | 44.3% | 82.5% | <0.001 | ≤0.091 | 4000 |\n");
}

TEST(MarkdownWriter, CountsOneExampleAndOneRepeat) {
  ScoreTable table = testing::example_table();
  table.example_count = 1;
  table.repeat_count = 1;
  EXPECT_NE(to_markdown(table).find(", 1 example, 1 repeat, seed 7\n"), std::string::npos);
}

TEST(MarkdownWriter, AddsAColumnForGroupsAndTheWarnings) {
  const std::string text = to_markdown(testing::grouped_table());
  EXPECT_NE(text.find("| *all* | image |"), std::string::npos);
  EXPECT_NE(text.find("| yes/no | image | -0.0312 ± 0.0012 |"), std::string::npos);
  EXPECT_NE(text.find("| what colour | text | – | – | – | – | – | – | – | – | 1500 |"), std::string::npos) << text;
  EXPECT_NE(text.find("\n- warning: group 'what colour': every"), std::string::npos);
}

TEST(MarkdownWriter, ShowsOtherDefinitions) {
  EXPECT_NE(to_markdown(testing::shapley_table()).find("| text | share.abs | 0.3540 | – | 4000 |"), std::string::npos);
}

TEST(MarkdownWriter, EscapesMarkupAndPutsNamesOnOneLine) {
  ScoreTable table = testing::example_table();
  table.rows.resize(1);
  table.rows[0].modality = "a|b\n<img src=x> `c` *d* [e](f) _g_ \\";
  EXPECT_NE(to_markdown(table).find("| a\\|b \\<img src=x\\> \\`c\\` \\*d\\* \\[e\\](f) \\_g\\_ \\\\ | 0.3120"),
            std::string::npos);
}

TEST(MarkdownWriter, KeepsHostileNamesInTheirCells) {
  const std::string text = to_markdown(testing::hostile_table());
  EXPECT_EQ(text.find('\x1B'), std::string::npos);
  EXPECT_EQ(text.find("\u202E"), std::string::npos);
  EXPECT_NE(text.find("| ab\\|c, \"d\" e | =1+1 |"), std::string::npos);
}

TEST(MarkdownWriter, ExplainsTheDefinitionsThatItHas) {
  const std::string text = to_markdown(testing::shapley_table());
  EXPECT_NE(text.find("\n\n- **shapley**: mean, mean\\_abs: what it adds"), std::string::npos) << text;
  EXPECT_NE(text.find("\n- **share**: its part"), std::string::npos) << text;
  EXPECT_EQ(text.find("**lime**"), std::string::npos);
  EXPECT_EQ(to_markdown(testing::example_table()).find("- **"), std::string::npos);
}

}  // namespace
}  // namespace modattr
