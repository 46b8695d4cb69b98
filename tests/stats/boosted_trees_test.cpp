#include "modattr/stats/boosted_trees.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "support/shapley_game.h"

namespace modattr {
namespace {

/// Every coalition of a game, by bit mask, and its value.
struct WholeGame {
  explicit WholeGame(const ShapleyGame& game) : player_count(game.player_count), values(table_of(game)) {
    for (std::size_t members = 0; members < values.size(); ++members) {
      coalitions.push_back(coalition_of_bits(members, player_count));
    }
  }
  PresenceTable table() const { return {coalitions, player_count}; }

  std::size_t player_count;
  std::vector<double> values;
  std::vector<Coalition> coalitions;
};

std::vector<double> predictions(const std::vector<double>& values, const BoostedTrees& trees) {
  std::vector<double> result = values;
  for (std::size_t row = 0; row < result.size(); ++row) result[row] -= trees.residuals()[row];
  return result;
}

void expect_near(std::span<const double> values, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t index = 0; index < expected.size(); ++index) {
    EXPECT_NEAR(values[index], expected[index], tolerance) << index;
  }
}

TEST(BoostedTrees, SplitByThePlayerThatExplainsMost) {
  // Player 1 alone and 2 together with it; mean 3, so that residuals are -3, -3, 1 and 5.
  const WholeGame game({2, [](const Coalition& coalition) {
                          return coalition.contains(1) ? (coalition.contains(0) ? 8.0 : 4.0) : 0.0;
                        }});
  const PresenceTable table = game.table();
  BoostedTrees stump(table, game.values, RowSet::all(4), {.depth = 1, .learning_rate = 0.5, .penalty = 1.0});
  expect_near(stump.residuals(), {-3.0, -3.0, 1.0, 5.0}, 1e-12);
  stump.add_tree();
  expect_near(stump.residuals(), {-2.0, -2.0, 0.0, 4.0}, 1e-12);
  expect_near(stump.shapley_values(1), {0.0, 2.0}, 1e-12);
  expect_near(stump.shapley_values(0), {0.0, 0.0}, 0.0);

  // Two rows for each side of player 1, where player 0 tells nothing, and 1 and 5 apart.
  BoostedTrees tree(table, game.values, RowSet::all(4), {.depth = 2, .learning_rate = 1.0, .penalty = 0.0});
  tree.add_tree();
  expect_near(tree.residuals(), {0.0, 0.0, 0.0, 0.0}, 1e-12);
  expect_near(tree.shapley_values(1), {2.0, 6.0}, 1e-12);
}

TEST(BoostedTrees, LearnFromTrainingRowsAndPredictAll) {
  const WholeGame game(additive_game({1.0, 4.0}));
  const PresenceTable table = game.table();
  RowSet training_rows = RowSet::all(4);
  training_rows.erase(3);
  BoostedTrees trees(table, game.values, training_rows, {.depth = 1, .learning_rate = 1.0, .penalty = 0.0});
  expect_near(trees.residuals(), {0.0 - 5.0 / 3.0, 1.0 - 5.0 / 3.0, 4.0 - 5.0 / 3.0, 5.0 - 5.0 / 3.0}, 1e-12);
  trees.add_tree();
  // Player 1: 0.5 without it, 4 with it.
  expect_near(trees.residuals(), {-0.5, 0.5, 0.0, 1.0}, 1e-12);
}

TEST(BoostedTrees, SplitEachSideByWhatMattersThere) {
  // Player 0 matters most; with it player 1, without it player 2.
  for (const double effect : {-10.0, 10.0}) {
    const WholeGame game({3, [effect](const Coalition& coalition) {
                            const double one = coalition.contains(1) ? 1.0 : 0.0;
                            const double two = coalition.contains(2) ? 1.0 : 0.0;
                            return coalition.contains(0) ? effect + 4.0 * one + two : one + 4.0 * two;
                          }});
    const PresenceTable table = game.table();
    BoostedTrees trees(table, game.values, RowSet::all(8), {.depth = 2, .learning_rate = 1.0, .penalty = 0.0});
    trees.add_tree();
    for (const double residual : trees.residuals()) EXPECT_NEAR(std::abs(residual), 0.5, 1e-12);
  }
}

TEST(BoostedTrees, ComeCloserToAnyGameTreeByTree) {
  const WholeGame game(random_game(6, 1));
  const PresenceTable table = game.table();
  BoostedTrees trees(table, game.values, RowSet::all(64), {.depth = 6});
  const auto loss = [&] {
    return std::inner_product(trees.residuals().begin(), trees.residuals().end(), trees.residuals().begin(), 0.0);
  };
  const double first = loss();
  double last = first;
  for (std::size_t count = 0; count < 150; ++count) {
    trees.add_tree();
    EXPECT_LT(loss(), last);
    last = loss();
  }
  EXPECT_LT(last, 1e-3 * first);
}

TEST(BoostedTrees, HaveTheShapleyValuesOfWhatTheyPredict) {
  const WholeGame game(random_game(6, 2));
  const PresenceTable table = game.table();
  BoostedTrees trees(table, game.values, RowSet::all(64), {});
  std::vector<double> after_ten;
  for (std::size_t count = 0; count < 20; ++count) {
    trees.add_tree();
    if (count == 9) after_ten = predictions(game.values, trees);
  }
  expect_near(trees.shapley_values(10), shapley_values(after_ten, 6), 1e-12);
  expect_near(trees.shapley_values(20), shapley_values(predictions(game.values, trees), 6), 1e-12);
}

TEST(BoostedTrees, DoNotSplitWhatIsConstant) {
  const WholeGame game({5, [](const Coalition&) { return 0.1; }});
  const PresenceTable table = game.table();
  BoostedTrees trees(table, game.values, RowSet::all(32), {});
  for (std::size_t count = 0; count < 5; ++count) trees.add_tree();
  EXPECT_EQ(trees.shapley_values(5), std::vector<double>(5, 0.0));
  expect_near(trees.residuals(), std::vector<double>(32, 0.0), 1e-15);
}

}  // namespace
}  // namespace modattr
