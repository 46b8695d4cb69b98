#include "modattr/report/figures/score_charts.h"

#include <gtest/gtest.h>

#include "modattr/core/error.h"

namespace modattr::score_charts_test {
namespace {

ScoreTable table_of(std::vector<Score> rows, std::vector<std::string> modalities = {"image", "text"}) {
  ScoreTable table;
  table.metric = "accuracy";
  table.modalities = std::move(modalities);
  table.rows = std::move(rows);
  return table;
}

Score row(const std::string& modality, const std::string& definition, double value,
          const std::optional<std::string>& group = std::nullopt) {
  Score score;
  score.modality = modality;
  score.definition = definition;
  score.group = group;
  score.value = value;
  score.examples = 10;
  return score;
}

TEST(ScoreCharts, ShowEachDefinitionByModality) {
  const ScoreTable table =
      table_of({row("image", "permutation.drop", 0.5), row("text", "permutation.drop", 0.25),
                row("image", "permutation.without", 0.4), row("image", "permutation.drop", 0.7, "a")});
  EXPECT_EQ(charted_definitions(table, ""), std::vector<std::string>{"permutation.drop"});
  const BarChart chart = bar_chart(table, "", "permutation.drop");
  ASSERT_EQ(chart.rows.size(), 2U);
  EXPECT_EQ(chart.rows[0].name, "image");
  EXPECT_EQ(chart.rows[0].ink, modality_ink(0));
  EXPECT_EQ(chart.rows[1].ink, modality_ink(1));
  EXPECT_EQ(chart.axis, "drop of accuracy");
  EXPECT_NE(chart.caption.description.find("image 0.5000; text 0.2500."), std::string::npos);
}

TEST(ScoreCharts, ShowGroupsOnOneAxis) {
  const ScoreTable table = table_of({row("image", "share.abs", 0.5), row("image", "share.abs", 0.1, "a"),
                                     row("text", "share.abs", 0.9, "a"), row("text", "share.abs", 0.3, "b")});
  const std::optional<GroupChart> chart = group_chart(table, "", "share.abs");
  ASSERT_TRUE(chart);
  ASSERT_EQ(chart->groups.size(), 2U);
  EXPECT_EQ(chart->series, (std::vector<std::string>{"image", "text"}));
  EXPECT_EQ(chart->groups[1].name, "b");
  EXPECT_FALSE(chart->groups[1].values[0].value);
  EXPECT_EQ(chart->groups[1].values[1].value, 0.3);
  EXPECT_FALSE(group_chart(table_of({row("image", "share.abs", 0.5)}), "", "share.abs"));
}

TEST(ScoreCharts, ShowPairsOfThreeAsAMatrix) {
  const std::vector<std::string> names = {"a", "b", "c"};
  const ScoreTable table = table_of({row("a|b", "interaction.mean", 0.5), row("a|c", "interaction.mean", -0.2)}, names);
  const std::optional<MatrixChart> chart = matrix_chart(table, "", "interaction.mean");
  ASSERT_TRUE(chart);
  EXPECT_EQ(chart->values[1], 0.5);
  EXPECT_EQ(chart->values[3], 0.5);
  EXPECT_EQ(chart->values[2], -0.2);
  EXPECT_FALSE(chart->values[5]);
  EXPECT_FALSE(matrix_chart(table_of({row("a|b", "interaction.mean", 0.5)}), "", "interaction.mean"));
}

TEST(ScoreCharts, CountVerdictsOfAllAndByGroup) {
  // A group may have the name that stands for all examples.
  const ScoreTable table = table_of({row("image", "trace.count", 3.0), row("model", "trace.count", 1.0),
                                     row("image", "trace.count", 2.0, "all"), row("model", "trace.count", 0.0, "all")});
  const std::optional<StackChart> chart = verdict_chart(table, "");
  ASSERT_TRUE(chart);
  ASSERT_EQ(chart->rows.size(), 2U);
  EXPECT_EQ(chart->rows[0].parts, (std::vector<double>{3.0, 1.0}));
  EXPECT_EQ(chart->rows[1].parts, (std::vector<double>{2.0, 0.0}));
  EXPECT_EQ(chart->rows[0].text, "4");
}

TEST(ScoreCharts, KeepRunsApart) {
  Score other = row("image", "shapley.mean", 0.5);
  other.run = "shap-2";
  const ScoreTable table = table_of({row("image", "shapley.mean", 0.25), other});
  EXPECT_EQ(bar_chart(table, "shap-2", "shapley.mean").rows.at(0).value.value, 0.5);
  EXPECT_EQ(bar_chart(table, "", "shapley.mean").rows.size(), 1U);
}

TEST(ScoreFigure, OfNothingIsAnError) {
  EXPECT_THROW(score_figure(table_of({row("image", "trace.hit", 0.5)})), DataError);
}

}  // namespace
}  // namespace modattr::score_charts_test
