#include "modattr/report/tables/print_table.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "example_table.h"

namespace modattr {
namespace {

std::vector<ColumnKind> kinds_of(const PrintTable& table) {
  std::vector<ColumnKind> kinds;
  for (const PrintColumn& column : table.columns) kinds.push_back(column.kind);
  return kinds;
}

std::vector<std::string> groups_of(const PrintTable& table) {
  std::vector<std::string> groups;
  for (const PrintRow& row : table.rows) groups.push_back(row.group.value_or("(all)"));
  return groups;
}

TEST(ArrangeForPrint, KeepsGroupsTogetherWithAllExamplesFirst) {
  ScoreTable table;
  for (const char* modality : {"image", "text"}) {
    for (const char* group : {"b", "a"}) testing::add_permutation_rows(table, modality, group, {.drop = 0.2});
    testing::add_permutation_rows(table, modality, std::nullopt, {.drop = 0.1});
  }
  const PrintTable print = arrange_for_print(table, {}).permutation;
  EXPECT_EQ(groups_of(print), (std::vector<std::string>{"(all)", "(all)", "b", "b", "a", "a"}));
  EXPECT_EQ(print.columns[0].cells, (std::vector<std::string>{"image", "text", "image", "text", "image", "text"}));
}

TEST(ArrangeForPrint, LeavesOutColumnsOfWhichNothingIsKnown) {
  ScoreTable table;
  table.rows = {{"text", "permutation.drop", {}, 0.5, {}, {}, 10, {}}};
  EXPECT_EQ(kinds_of(arrange_for_print(table, {}).permutation),
            (std::vector<ColumnKind>{ColumnKind::kModality, ColumnKind::kEstimate, ColumnKind::kBar}));
}

TEST(ArrangeForPrint, ScalesBarsToTheLargestMagnitude) {
  const PrintTable print = arrange_for_print(testing::grouped_table(), {}).permutation;
  EXPECT_DOUBLE_EQ(*print.rows[4].bar, 1.0);
  EXPECT_DOUBLE_EQ(*print.rows[2].bar, -0.0312 / 0.5012);
  EXPECT_EQ(print.rows[5].bar, std::nullopt);
  EXPECT_EQ(print.longest_bar, "0.5012");
}

TEST(ArrangeForPrint, GivesEachOtherDefinitionItsOwnScale) {
  const PrintTable print = arrange_for_print(testing::shapley_table(), {}).other;
  EXPECT_DOUBLE_EQ(*print.rows[0].bar, 1.0);
  EXPECT_DOUBLE_EQ(*print.rows[2].bar, 1.0);
  EXPECT_EQ(print.longest_bar, "");
}

TEST(ArrangeForPrint, LeavesTheErrorEmptyWhereItIsNotKnown) {
  const PrintTable print = arrange_for_print(testing::shapley_table(), {}).other;
  EXPECT_EQ(print.columns[2].cells[1], "-0.1212 ± 0.0040");
  EXPECT_EQ(print.columns[2].cells[2], "0.6460         ");
}

TEST(ArrangeForPrint, PrintsNoErrorOfWhatOwesNothingToChance) {
  ScoreTable table = testing::shapley_table();
  for (Score& row : table.rows) row.std_error = 0.0;
  PrintTable print = arrange_for_print(table, {}).other;
  EXPECT_EQ(print.columns[2].title, "value");
  EXPECT_EQ(print.columns[2].cells[0], "0.2212");
  table.rows[1].std_error = 0.004;
  print = arrange_for_print(table, {}).other;
  EXPECT_EQ(print.columns[2].cells[0], "0.2212         ");
  EXPECT_EQ(print.columns[2].cells[1], "-0.1212 ± 0.0040");
}

TEST(ArrangeForPrint, SaysWhereNoPValueOfRepeatsCouldBeLower) {
  ScoreTable table = testing::example_table();
  table.rows[5].p_value = 2.0 / 11.0;
  const auto p_values = [&] { return arrange_for_print(table, {}).permutation.columns.back(); };
  EXPECT_EQ(p_values().kind, ColumnKind::kRepeatPValue);
  EXPECT_EQ(p_values().cells, (std::vector<std::string>{"≤0.091", "0.182"}));
  table.repeat_count.reset();
  EXPECT_EQ(p_values().cells, (std::vector<std::string>{"0.091", "0.182"}));
}

TEST(ArrangeForPrint, PrintsHugeSharesInShort) {
  ScoreTable table = testing::example_table();
  table.rows[3].value = 727194.799;
  const PrintTable print = arrange_for_print(table, {}).permutation;
  const auto model = std::ranges::find(print.columns, ColumnKind::kModelShare, &PrintColumn::kind);
  ASSERT_NE(model, print.columns.end());
  EXPECT_EQ(model->cells, (std::vector<std::string>{"7.3e+07%", "4.4e+01%"}));
}

TEST(ArrangeForPrint, DrawsNoBarsWhenEverythingIsZero) {
  ScoreTable table;
  table.rows = {{"text", "permutation.drop", {}, 0.0, {}, {}, 10, {}}};
  EXPECT_EQ(kinds_of(arrange_for_print(table, {}).permutation),
            (std::vector<ColumnKind>{ColumnKind::kModality, ColumnKind::kEstimate}));
}

TEST(ArrangeForPrint, DrawsNoBarForRounding) {
  ScoreTable table = testing::shapley_table();
  table.rows.push_back({"all", "shapley.efficiency_gap", {}, 2e-3, {}, {}, 4000, {}});
  table.rows.push_back({"a|b", "interaction.mean", {}, 2e-16, {}, {}, 4000, {}});
  const PrintTable print = arrange_for_print(table, {}).other;
  EXPECT_NE(print.rows[3].bar, std::nullopt);
  EXPECT_EQ(print.rows[4].bar, std::nullopt);
  EXPECT_EQ(print.rows[5].bar, std::nullopt);
}

TEST(ArrangeForPrint, ShowsAMeanThatIsRoundingBesideItsIntervalAsZero) {
  ScoreTable table;
  table.rows = {{"a", "shapley.mean", {}, -1.8e-9, {}, Interval{-0.0313, 0.0284}, 600, {}},
                {"b", "shapley.mean", {}, 1.2e-20, {}, Interval{-12.5, 11.25}, 600, {}}};
  const PrintTable print = arrange_for_print(table, {}).other;
  EXPECT_EQ(print.columns[2].cells, (std::vector<std::string>{"0.000", "0.000"}));
  EXPECT_EQ(print.columns[3].cells, (std::vector<std::string>{"[-0.031, 0.028]", "[-12.500, 11.250]"}));
  EXPECT_EQ(print.rows[0].bar, std::nullopt);
  table.rows[0].value = 0.01;
  EXPECT_EQ(arrange_for_print(table, {}).other.columns[2].cells.front(), "0.0100");
}

TEST(ArrangeForPrint, ShowsAGroupOfAllExamplesOnce) {
  ScoreTable table;
  for (const char* modality : {"image", "text"}) {
    testing::add_permutation_rows(table, modality, std::nullopt, {.drop = 0.1, .examples = 1});
    testing::add_permutation_rows(table, modality, "position", {.drop = 0.1, .examples = 1});
  }
  EXPECT_EQ(groups_of(arrange_for_print(table, {}).permutation), (std::vector<std::string>{"(all)", "(all)"}));
  table.rows.back().value = 0.2;
  EXPECT_EQ(groups_of(arrange_for_print(table, {}).permutation).size(), 4U) << "another number";
}

TEST(ArrangeForPrint, MarksIntervalsThatHoldZero) {
  const PrintTable print = arrange_for_print(testing::grouped_table(), {}).permutation;
  EXPECT_TRUE(print.rows[2].interval_holds_zero);
  EXPECT_FALSE(print.rows[3].interval_holds_zero);
  EXPECT_FALSE(print.rows[4].interval_holds_zero);
}

}  // namespace
}  // namespace modattr
