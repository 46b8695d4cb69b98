#include "modattr/core/coalition_table.h"

#include <array>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "support/table_game.h"

namespace modattr {
namespace {

class CoalitionTableTest : public testing::Test {
 protected:
  /// 100 * example + the number of players present.
  TableGame game_{lettered_players(3), 2, [](const Coalition& coalition, std::size_t example) {
                    return 100.0 * static_cast<double>(example) + static_cast<double>(coalition.size());
                  }};
  CoalitionTable table_{game_};
  Coalition empty_ = Coalition::empty(3);
  Coalition full_ = Coalition::full(3);
};

TEST_F(CoalitionTableTest, AnswersLikeItsSource) {
  const std::vector<Coalition> coalitions = {full_, empty_, full_};
  const Matrix values = table_.evaluate(coalitions);
  ASSERT_EQ(values.row_count(), 3U);
  ASSERT_EQ(values.column_count(), 2U);
  EXPECT_EQ(values(0, 0), 3.0);
  EXPECT_EQ(values(1, 1), 100.0);
  EXPECT_EQ(values(2, 1), 103.0);
  EXPECT_EQ(table_.players().count(), 3U);
  EXPECT_EQ(table_.example_count(), 2U);
  EXPECT_EQ(table_.width(), 1U);
}

TEST_F(CoalitionTableTest, AsksOncePerDistinctCoalition) {
  table_.evaluate(std::vector<Coalition>{full_, empty_, full_, full_});
  EXPECT_EQ(game_.asked(), (std::vector<Coalition>{full_, empty_}));
  table_.evaluate(std::vector<Coalition>{empty_, Coalition::single(3, 1), full_});
  EXPECT_EQ(game_.asked(), (std::vector<Coalition>{full_, empty_, Coalition::single(3, 1)}));
  EXPECT_EQ(game_.evaluation_count(), 6U);
}

TEST_F(CoalitionTableTest, AsksNothingWhenAllIsKnown) {
  table_.insert(full_, std::array{7.0, 8.0});
  const Matrix values = table_.evaluate(std::array{full_});
  EXPECT_EQ(values(0, 0), 7.0);
  EXPECT_EQ(values(0, 1), 8.0);
  EXPECT_TRUE(game_.asked().empty());
  EXPECT_EQ(table_.evaluate({}).row_count(), 0U);
}

TEST_F(CoalitionTableTest, TakesTheLastValuesThatWerePutIn) {
  table_.evaluate(std::array{full_});
  table_.insert(full_, std::array{7.0, 8.0});
  EXPECT_EQ(table_.evaluate(std::array{full_})(0, 1), 8.0);
}

TEST_F(CoalitionTableTest, KeepsExamplesApart) {
  const Matrix values = table_.evaluate(std::array{full_});
  EXPECT_NE(values(0, 0), values(0, 1));
}

TEST_F(CoalitionTableTest, RefusesTheWrongNumberOfValues) {
  EXPECT_THROW(table_.insert(full_, std::array{1.0}), std::invalid_argument);
  EXPECT_THROW(table_.insert(full_, std::array{1.0, 2.0, 3.0}), std::invalid_argument);
  table_.evaluate(std::array{full_});
  EXPECT_EQ(game_.asked(), std::vector<Coalition>{full_}) << "nothing was kept";
}

}  // namespace
}  // namespace modattr
