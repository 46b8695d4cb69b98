#include "modattr/report/tables/main_definitions.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "example_table.h"
#include "modattr/engines/definitions.h"
#include "modattr/report/tables/text_table.h"

namespace modattr::main_definitions_test {
namespace {

using Words = std::vector<std::string>;

ScoreTable table_of(const Words& definitions) {
  ScoreTable table = testing::shapley_table();
  const std::span<const DefinitionLegend> legends = definition_legends();
  table.legends.assign(legends.begin(), legends.end());
  table.rows.clear();
  for (const std::string& definition : definitions) {
    table.rows.push_back({"text", definition, {}, 0.5, 0.01, {}, 10, {}});
  }
  return table;
}

Words main_definitions_of(const Words& definitions) {
  ScoreTable table = table_of(definitions);
  keep_main_definitions(table);
  Words kept;
  for (const Score& row : table.rows) kept.push_back(row.definition);
  return kept;
}

TEST(MainDefinitions, AreTheValueTheShareAndTheInteraction) {
  EXPECT_EQ(main_definitions_of({"shapley.mean", "shapley.mean_abs", "share.abs", "shape.S", "interaction.mean",
                                 "interaction.mean_abs", "shape.C", "shapley.full", "shapley.empty",
                                 "shapley.efficiency_gap", "interaction.intershap", "interaction.intershap_local"}),
            (Words{"shapley.mean", "share.abs", "interaction.mean"}));
  EXPECT_EQ(main_definitions_of({"share.mm_shap", "share.mm_shap_avg", "share.net", "shapley.full"}),
            Words{"share.mm_shap"});
  EXPECT_EQ(main_definitions_of({"lime.share", "lime.r2", "lime.fidelity_lost"}), (Words{"lime.share", "lime.r2"}));
}

TEST(MainDefinitions, AreAllOfWhatHasNoOther) {
  const Words permutation = {"permutation.drop",
                             "permutation.without",
                             "permutation.alone",
                             "perceptual.model",
                             "perceptual.task",
                             "emap.gap",
                             "sage",
                             "new.engine"};
  EXPECT_EQ(main_definitions_of(permutation), permutation);
  EXPECT_EQ(main_definitions_of({"shapley.full", "shapley.empty"}), (Words{"shapley.full", "shapley.empty"}));
}

TEST(MainDefinitions, LeaveWordsOfWhatIsShown) {
  ScoreTable table = table_of({"shapley.mean", "shapley.mean_abs"});
  keep_main_definitions(table);
  const std::string text = to_text_table(table, {});
  EXPECT_NE(text.find("shapley    mean: what it adds to the value\n"), std::string::npos) << text;
  EXPECT_NE(text.find("not shown  shapley.mean_abs (\"all_definitions\" shows them)\n"), std::string::npos) << text;
}

TEST(MainDefinitions, HaveThePValueOfExamples) {
  ScoreTable table = testing::example_table();
  table.rows[5].p_value_examples.reset();
  keep_main_definitions(table);
  EXPECT_EQ(table.rows[0].p_value, std::nullopt);
  EXPECT_TRUE(table.rows[0].p_value_examples);
  EXPECT_TRUE(table.rows[5].p_value) << "better than none";
}

}  // namespace
}  // namespace modattr::main_definitions_test
