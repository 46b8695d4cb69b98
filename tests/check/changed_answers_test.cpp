#include "modattr/check/changed_answers.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "check/made_results.h"

namespace modattr {
namespace {

/// Answers to examples 0, 1, ... whose label is 1.
ResultSet set_of_answers(const std::vector<std::size_t>& predicted) {
  ResultSet set = shap_result("set", std::vector<MadeValues>(predicted.size(), {0.5, 0.5}));
  for (std::size_t example = 0; example < predicted.size(); ++example) {
    set.table.examples[example].predicted = predicted[example];
  }
  return set;
}

ResultSet set_of_errors(const std::vector<std::string>& wrong, std::size_t row_count) {
  ResultSet set = empty_result("set");
  set.table.rows = {made_row("image", "trace.share", 0.5, std::nullopt, row_count)};
  for (const std::string& id : wrong) {
    ExampleRecord record{.id = id, .label = std::nullopt, .predicted = 0, .target = std::nullopt, .attribution = {}};
    record.attribution.details = {{"right", false}, {"verdict", "image"}};
    set.traced.push_back(std::move(record));
  }
  return set;
}

TEST(ChangedAnswers, ComparesLabelsAndPredictions) {
  const auto changed = changed_answers(set_of_answers({1, 1, 0, 0, 2}), set_of_answers({1, 0, 1, 2, 1}));
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->right_to_wrong, std::vector<std::string>{"1"});
  EXPECT_EQ(changed->wrong_to_right, (std::vector<std::string>{"2", "4"}));
}

TEST(ChangedAnswers, ReadsErrorsThatWereTraced) {
  const auto changed = changed_answers(set_of_errors({"3", "4", "5"}, 3), set_of_errors({"9", "4"}, 2));
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->right_to_wrong, std::vector<std::string>{"9"});
  EXPECT_EQ(changed->wrong_to_right, (std::vector<std::string>{"3", "5"}));
  EXPECT_FALSE(changed_answers(set_of_errors({"3"}, 3), set_of_errors({"9", "4"}, 2))) << "not all errors are listed";
}

TEST(ChangedAnswers, AreNotKnownWithoutAnswers) {
  EXPECT_FALSE(changed_answers(empty_result("old"), empty_result("new")));
  ResultSet regression = set_of_answers({1, 1});
  for (ExampleRecord& record : regression.table.examples) record.predicted.reset();
  EXPECT_FALSE(changed_answers(regression, regression));
  ResultSet other = set_of_answers({1, 1});
  other.table.data.sha256 = "other";
  EXPECT_FALSE(changed_answers(set_of_answers({1, 1}), other));
}

}  // namespace
}  // namespace modattr
