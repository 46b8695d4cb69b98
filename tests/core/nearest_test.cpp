#include "modattr/core/nearest.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace modattr {
namespace {

const std::vector<std::string> kMetrics = {"accuracy", "balanced_accuracy", "log_loss", "mse", "mae", "r2"};

TEST(NearestWord, FindsMisspellings) {
  EXPECT_EQ(nearest_word("acuracy", kMetrics), "accuracy");
  EXPECT_EQ(nearest_word("accurracy", kMetrics), "accuracy");
  EXPECT_EQ(nearest_word("accurazy", kMetrics), "accuracy");
  EXPECT_EQ(nearest_word("logloss", kMetrics), "log_loss");
  EXPECT_EQ(nearest_word("balanced-accuracy", kMetrics), "balanced_accuracy");
}

TEST(NearestWord, CountsASwapOfNeighboursAsOneMistake) {
  const std::vector<std::string> known = {"modatl", "model"};
  EXPECT_EQ(nearest_word("modle", known), "model");
  EXPECT_EQ(nearest_word("ab", std::vector<std::string>{"xay", "bac", "ba"}), "ba");
}

TEST(NearestWord, IgnoresCase) {
  EXPECT_EQ(nearest_word("ACCURACY", kMetrics), "accuracy");
  EXPECT_EQ(nearest_word("seed", std::vector<std::string>{"SEEDS"}), "SEEDS");
}

TEST(NearestWord, TakesTheFirstOfEquallyNearWords) {
  EXPECT_EQ(nearest_word("mxe", std::vector<std::string>{"mse", "mae"}), "mse");
}

TEST(NearestWord, FindsNothingInWhatIsFarAway) {
  EXPECT_EQ(nearest_word("perplexity", kMetrics), "");
  EXPECT_EQ(nearest_word("zz", kMetrics), "");
  EXPECT_EQ(nearest_word("", kMetrics), "");
  EXPECT_EQ(nearest_word("accuracy", std::vector<std::string>{}), "");
}

TEST(NearestWord, SharesAtLeastOneLetterWithItsAnswer) {
  EXPECT_EQ(nearest_word("ab", std::vector<std::string>{"xy"}), "");
  EXPECT_EQ(nearest_word("r", std::vector<std::string>{"r2"}), "r2");
}

TEST(NearestWord, DoesNotCompareEndlessWords) {
  const std::string endless(1000, 'a');
  EXPECT_EQ(nearest_word(endless, std::vector<std::string>{endless}), "");
  EXPECT_EQ(nearest_word("a", std::vector<std::string>{endless}), "");
}

TEST(Suggestion, NamesANearMiss) {
  EXPECT_EQ(suggestion("acuracy", kMetrics), "; did you mean 'accuracy'?");
}

TEST(Suggestion, ListsWhatIsKnownOtherwise) {
  EXPECT_EQ(suggestion("perplexity", std::vector<std::string>{"mse", "r2"}), "; expected one of mse, r2");
}

TEST(Suggestion, IsEmptyWhenNothingIsKnown) {
  EXPECT_EQ(suggestion("perplexity", std::vector<std::string>{}), "");
}

}  // namespace
}  // namespace modattr
