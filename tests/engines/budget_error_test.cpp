#include "modattr/engines/budget_error.h"

#include <string>

#include <gtest/gtest.h>

#include "modattr/core/option_name.h"

namespace modattr {
namespace {

TEST(BudgetError, SaysWhatTheNumberCountsAndWhatWouldFit) {
  const BudgetError error(
      {.least = 11, .comfortable = 100, .evaluations_per_coalition = 50, .budget = 512, .player_count = 74});
  EXPECT_EQ(
      std::string(error.what()).substr(std::string(error.what()).find(": ") + 2),
      "expected at least 550 evaluations per example for 74 players (11 coalitions, each with 50 background rows), "
      "got 512; it is enough for " +
          option("background") + " 5");
}

TEST(BudgetError, SaysWhatIsNeededWithOneBackgroundRow) {
  const BudgetError error(
      {.least = 256, .comfortable = 300, .evaluations_per_coalition = 40, .budget = 20, .player_count = 42});
  EXPECT_NE(std::string(error.what()).find("got 20; with " + option("background") + " 1 they are 256"),
            std::string::npos)
      << error.what();
}

TEST(BudgetError, CountsCoalitionsThatTakeAPartOfTheRows) {
  const BudgetNeed need{.least = 11,
                        .comfortable = 100,
                        .evaluations_per_coalition = 50,
                        .sampled_rows = 5,
                        .budget = 60,
                        .player_count = 74};
  // The full coalition 1, that of no player 50, the others 5 each.
  EXPECT_EQ(evaluations_of(11, 50, 5), 1U + 50U + 9U * 5U);
  EXPECT_EQ(evaluations_of(11, 5, 5), 55U) << "a part that is the whole";
  EXPECT_EQ(evaluations_of(2, 50, 5), 51U);
  EXPECT_EQ(evaluations_of(1, 50, 5), 50U) << "no player at all";
  EXPECT_NE(std::string(BudgetError(need).what())
                .find("expected at least 96 evaluations per example for 74 players (11 coalitions, each with 5 of 50 "
                      "background rows, that of no player with all of them), got 60; it is enough for "),
            std::string::npos)
      << BudgetError(need).what();
  for (const std::size_t budget : {60U, 200U, 500U, 520U, 700U}) {
    BudgetNeed own = need;
    own.budget = budget;
    const std::size_t rows = own.fitting_rows();
    EXPECT_TRUE(rows == 1 || evaluations_of(100, rows, 5) <= budget) << budget;
    EXPECT_GT(evaluations_of(100, rows + 1, 5), budget) << budget;
  }
}

TEST(BudgetError, KnowsHowManyRowsFit) {
  EXPECT_EQ((BudgetNeed{.least = 10, .comfortable = 30, .budget = 300}.fitting_rows()), 10U);
  EXPECT_EQ((BudgetNeed{.least = 10, .comfortable = 30, .budget = 20}.fitting_rows()), 1U) << "rather few coalitions";
  EXPECT_EQ((BudgetNeed{.least = 10, .comfortable = 30, .budget = 9}.fitting_rows()), 0U);
}

}  // namespace
}  // namespace modattr
