#include "modattr/engines/score_series.h"

#include <array>
#include <stdexcept>

#include <gtest/gtest.h>

#include "support/table_game.h"

namespace modattr {
namespace {

using Weights = std::vector<std::uint32_t>;

const std::vector<Subset> kSubsets = {{std::nullopt, {0, 1, 2, 3}}, {"odd", {1, 3}}};

TEST(ScoreSeries, AveragesAMeanMetricOverDraws) {
  const auto metric = regression_metric("output", {0, 0, 0, 0});
  const std::vector<double> clean = {1, 2, 3, 4};
  ScoreSeries series(*metric, kSubsets, clean);
  series.add_draw(std::array{5.0, 6.0, 7.0, 8.0});
  series.add_draw(std::array{1.0, 0.0, 1.0, 0.0});
  EXPECT_EQ(series.draw_scores(0)[0], 6.5);
  EXPECT_EQ(series.draw_scores(0)[1], 0.5);
  EXPECT_EQ(series.draw_scores(1)[0], 7.0);
  EXPECT_EQ(series.draw_scores(1)[1], 0.0);
  EXPECT_DOUBLE_EQ(series.scorer(0).score(Weights{1, 1, 1, 1}).value(), 3.5);
  EXPECT_DOUBLE_EQ(series.scorer(1).score(Weights{1, 1}).value(), 3.5);
  EXPECT_DOUBLE_EQ(series.scorer(1).score(Weights{2, 0}).value(), 3.0);
  EXPECT_THROW(static_cast<void>(series.draw_scores(2)), std::out_of_range);
}

TEST(ScoreSeries, ScoresDrawByDrawWhatIsNotAMean) {
  const auto metric = binary_metric("roc_auc", {0, 1, 1, 0});
  const std::vector<double> clean = {1, 2, 3, 0};
  ScoreSeries series(*metric, kSubsets, clean);
  series.add_draw(std::array{1.0, 2.0, 3.0, 0.0});
  series.add_draw(std::array{5.0, 2.0, 6.0, 4.0});
  EXPECT_EQ(series.draw_scores(0)[0], 1.0);
  EXPECT_EQ(series.draw_scores(0)[1], 0.5);
  EXPECT_DOUBLE_EQ(series.scorer(0).score(Weights{1, 1, 1, 1}).value(), 0.75);
  EXPECT_DOUBLE_EQ(series.scorer(1).score(Weights{1, 1}).value(), 0.5);
  // Without positives nothing is defined.
  EXPECT_EQ(series.scorer(0).score(Weights{1, 0, 0, 1}), std::nullopt);
}

TEST(ScoreSeries, GivesExactlyTheCleanScoreWhenNothingChanges) {
  const auto metric = regression_metric("output", {0, 0, 0, 0});
  const std::vector<double> clean = {0.1, 0.7, 1.0 / 3.0, 1e-9};
  ScoreSeries series(*metric, kSubsets, clean);
  for (int draw = 0; draw < 7; ++draw) series.add_draw(clean);
  const Weights weights = {3, 1, 0, 2};
  EXPECT_EQ(series.scorer(0).score(weights), metric->scorer(clean, kSubsets[0].examples)->score(weights));
}

TEST(ScoreSeries, AveragesEachExampleOverItsOwnPairs) {
  const auto metric = regression_metric("output", {0, 0, 0, 0});
  const std::vector<double> clean = {1, 2, 3, 4};
  ScoreSeries series(*metric, kSubsets, clean);
  // The outcomes 2 and 4 of the first example, 4 and 6 of the next ones.
  series.add_sums(std::array{1.0 + 3.0, 2.0, 3.0, 0.0}, std::array{2U, 1U, 1U, 0U});
  // Means 3, 4 and 6; the last example took part in no pair and keeps its clean outcome.
  EXPECT_DOUBLE_EQ(series.scorer(0).score(Weights{1, 0, 0, 0}).value(), 3.0);
  EXPECT_DOUBLE_EQ(series.scorer(0).score(Weights{0, 1, 0, 0}).value(), 4.0);
  EXPECT_DOUBLE_EQ(series.scorer(0).score(Weights{0, 0, 1, 0}).value(), 6.0);
  EXPECT_DOUBLE_EQ(series.scorer(0).score(Weights{0, 0, 0, 1}).value(), 4.0);
  EXPECT_TRUE(series.draw_scores(0).empty());
}

TEST(DrawScorer, IsNotDefinedWhenADrawIsNot) {
  const auto metric = binary_metric("roc_auc", {0, 1});
  std::vector<std::unique_ptr<OutcomeScorer>> scorers;
  const std::vector<std::uint32_t> both = {0, 1};
  const std::vector<std::uint32_t> first = {0, 0};
  scorers.push_back(metric->scorer(std::array{0.0, 1.0}, both));
  scorers.push_back(metric->scorer(std::array{0.0, 1.0}, first));
  EXPECT_EQ(DrawScorer(std::move(scorers)).score(Weights{1, 1}), std::nullopt);
}

}  // namespace
}  // namespace modattr
