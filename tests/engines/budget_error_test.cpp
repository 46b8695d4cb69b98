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

TEST(BudgetError, KnowsHowManyRowsFit) {
  EXPECT_EQ((BudgetNeed{.least = 10, .comfortable = 30, .budget = 300}.fitting_rows()), 10U);
  EXPECT_EQ((BudgetNeed{.least = 10, .comfortable = 30, .budget = 20}.fitting_rows()), 1U) << "rather few coalitions";
  EXPECT_EQ((BudgetNeed{.least = 10, .comfortable = 30, .budget = 9}.fitting_rows()), 0U);
}

}  // namespace
}  // namespace modattr
