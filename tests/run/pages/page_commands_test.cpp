#include "run/pages/page_commands.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace modattr::page_commands_test {
namespace {

ScoreTable table_of(const std::string& command, const std::string& config) {
  ScoreTable table;
  table.command = command;
  table.config = config;
  return table;
}

TEST(ShellWord, ReadsBackAsItIs) {
  EXPECT_EQ(shell_word("results/a-1_b.json"), "results/a-1_b.json");
  EXPECT_EQ(shell_word("two words"), "'two words'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word("$(rm -rf x); `y`"), "'$(rm -rf x); `y`'");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(PageCommands, NameTheOptionsThatAreNotTheDefaults) {
  const ScoreTable table = table_of(
      "shap",
      R"({"shap": {"level": "feature", "method": "auto", "budget": "32 coalitions per player", "tolerance": null,
                  "target": "predicted", "interactions": true, "sage": false, "background": 100, "examples": 40,
                  "ids": ["a", "7"], "modalities": ["text"], "device": "auto", "no_split": false}})");
  const std::vector<PageCommand> commands = page_commands(table, "my results");
  ASSERT_EQ(commands.size(), 1U);
  // Words about what was in force are no option.
  EXPECT_EQ(commands[0].command,
            "modattr shap --level feature --target predicted --background 100 --interactions --examples 40 --ids a,7 "
            "--modality text --out 'my results'");
}

TEST(PageCommands, OfARunAreItsOwnAndThoseOfItsParts) {
  const ScoreTable table = table_of("run", R"({"seed": 0, "runs": {"permute": {"engine": "permute", "repeats": 30},
      "shap-2": {"engine": "shap", "sage": true}}})");
  const std::vector<PageCommand> commands = page_commands(table, "results");
  ASSERT_EQ(commands.size(), 3U);
  EXPECT_EQ(commands[0].command, "modattr run --out results");
  EXPECT_EQ(commands[1].command, "modattr permute --repeats 30");
  EXPECT_EQ(commands[2].run, "shap-2");
  EXPECT_EQ(commands[2].command, "modattr shap --sage");
}

TEST(PageConfiguration, IsOneThatCommandsTake) {
  const ScoreTable table = table_of("run", R"({"model": {"path": "m.pt"}, "metric": "none", "seed": 3,
      "runs": {"permute": {"engine": "permute", "repeats": 30, "exact": false, "ids": [], "device": "auto"}}})");
  const auto config = nlohmann::ordered_json::parse(page_configuration(table));
  EXPECT_EQ(config["model"]["path"], "m.pt");
  EXPECT_EQ(config["runs"], nlohmann::ordered_json::parse(R"([{"engine": "permute", "repeats": 30}])"));
  EXPECT_FALSE(config.contains("metric"));
  const ScoreTable single = table_of("lime", R"({"seed": 3, "lime": {"top_k": 4}})");
  EXPECT_EQ(nlohmann::ordered_json::parse(page_configuration(single)), nlohmann::ordered_json::parse(R"({"seed": 3})"));
}

}  // namespace
}  // namespace modattr::page_commands_test
