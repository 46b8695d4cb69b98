#include "modattr/check/ndcg.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "check/made_results.h"

namespace modattr {
namespace {

// Baseline 0.5, 0.3, 0.2; the new result ranks the last first, then the first.
TEST(Ndcg, IsThatOfClarify) {
  const std::vector<double> baseline = {0.5, 0.3, 0.2};
  const std::vector<double> next = {0.4, 0.1, 0.7};
  const double gained = 0.2 / std::log2(2.0) + 0.5 / std::log2(3.0) + 0.3 / std::log2(4.0);
  const double ideal = 0.5 / std::log2(2.0) + 0.3 / std::log2(3.0) + 0.2 / std::log2(4.0);
  EXPECT_NEAR(*ndcg(baseline, next), gained / ideal, 1e-12);
}

TEST(Ndcg, IsExactlyOneForTheSameOrder) {
  const std::vector<double> baseline = {0.1, 0.7, 0.7, 0.0};
  EXPECT_EQ(ndcg(baseline, baseline), 1.0);
  EXPECT_EQ(ndcg(baseline, std::vector<double>{0.3, 0.9, 0.5, 0.1}), 1.0);
}

TEST(Ndcg, IsNotDefinedWithoutScores) {
  EXPECT_FALSE(ndcg(std::vector<double>{0.0, 0.0}, std::vector<double>{1.0, 2.0}));
  EXPECT_FALSE(ndcg({}, {}));
}

PlayerScore player(std::size_t modality, std::string label, double value) {
  return {.modality = modality, .player = 0, .label = std::move(label), .value = value, .std_error = std::nullopt};
}

TEST(Ndcg, SumsMagnitudesOfFeaturesOverExamples) {
  ResultSet baseline = shap_result("old", {{0.1, 0.2}, {0.1, 0.2}});
  ResultSet next = baseline;
  baseline.table.examples[0].attribution.players = {player(1, "red", -0.5), player(0, "0,0", 0.25)};
  baseline.table.examples[1].attribution.players = {player(1, "red", 0.25)};
  next.table.examples[1].attribution.players = {player(1, "blue", 1.0), player(1, "blue", -1.0)};
  EXPECT_EQ(runs_with_players(baseline, next), std::vector<std::string>{""});
  const PlayerScores scores = player_scores(baseline, next, "");
  EXPECT_EQ(scores.names, (std::vector<std::string>{"image '0,0'", "text 'blue'", "text 'red'"}));
  EXPECT_EQ(scores.baseline, (std::vector<double>{0.125, 0.0, 0.375}));
  EXPECT_EQ(scores.next, (std::vector<double>{0.0, 1.0, 0.0}));
}

}  // namespace
}  // namespace modattr
