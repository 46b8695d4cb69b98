#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "check/made_results.h"
#include "modattr/check/check.h"

namespace modattr {
namespace {

std::vector<std::string> texts_of(const ResultSet& baseline, const ResultSet& next) {
  std::vector<std::string> texts;
  for (const Rule& rule : default_rules(baseline, next)) texts.push_back(rule.text);
  return texts;
}

ResultSet set_with_rows(const std::vector<std::string>& definitions) {
  ResultSet set = empty_result("set");
  set.table.score = 0.9;
  for (const std::string& definition : definitions) {
    for (const char* const modality : {"image", "text"}) set.table.rows.push_back(made_row(modality, definition, 0.5));
  }
  return set;
}

TEST(DefaultRules, JudgeScoreSharesAndTheirOrder) {
  const ResultSet set = set_with_rows({"shapley.mean", "shapley.mean_abs", "share.abs", "interaction.mean"});
  EXPECT_EQ(texts_of(set, set), (std::vector<std::string>{"drop of metric <= 0.02", "change of share.abs <= 0.1",
                                                          "order of share.abs <= 0.05"}));
}

TEST(DefaultRules, JudgeNothingTwice) {
  ResultSet set = set_with_rows({"share.mm_shap", "share.mm_shap_avg", "share.net"});
  set.table.examples.push_back({.id = "1", .label = 1.0, .predicted = 1, .target = 1, .attribution = {}});
  set.table.examples[0].attribution.players = {{.modality = 0, .label = "x", .value = 1.0, .std_error = std::nullopt}};
  EXPECT_EQ(texts_of(set, set), (std::vector<std::string>{"drop of metric <= 0.02", "change of share.mm_shap <= 0.1",
                                                          "order of share.mm_shap <= 0.05", "ndcg of players >= 0.9"}));
}

TEST(DefaultRules, JudgeDropsWhereThereAreNoShares) {
  const ResultSet drops = set_with_rows({"permutation.drop", "permutation.without"});
  EXPECT_EQ(texts_of(drops, drops),
            (std::vector<std::string>{"drop of metric <= 0.02", "change of permutation.drop <= 0.05"}));
  const ResultSet both = set_with_rows({"permutation.drop", "share.abs"});
  EXPECT_EQ(texts_of(both, drops),
            (std::vector<std::string>{"drop of metric <= 0.02", "change of permutation.drop <= 0.05"}));
  EXPECT_EQ(texts_of(both, both).size(), 3U);
}

TEST(DefaultRules, JudgeSharesOfGroupsThatBothHold) {
  ResultSet set = set_with_rows({"share.abs"});
  Score grouped = set.table.rows[0];
  grouped.group = "count";
  set.table.rows.push_back(grouped);
  EXPECT_EQ(texts_of(set, set)[2], "change of share.abs in groups <= 0.15");
  ResultSet other = set;
  other.table.rows.back().group = "color";
  EXPECT_EQ(texts_of(set, other).size(), 3U);
  other.table.rows.back().group = "count";
  other.table.rows.back().value.reset();
  EXPECT_EQ(texts_of(set, other).size(), 3U);
}

TEST(DefaultRules, MeasureErrorsRelatively) {
  ResultSet set = set_with_rows({});
  set.table.orientation = Orientation::kLowerIsBetter;
  EXPECT_EQ(texts_of(set, set), std::vector<std::string>{"drop of metric <= 2%"});
  set.table.score.reset();
  EXPECT_TRUE(texts_of(set, set).empty());
}

}  // namespace
}  // namespace modattr
