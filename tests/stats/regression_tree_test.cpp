#include "modattr/stats/regression_tree.h"

#include <cmath>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "support/regression_case.h"
#include "support/shapley_game.h"
#include "support/table_game.h"

namespace modattr {
namespace {

/// Weighted squared error of the best constants on both sides of a column, from the definition.
double error_of_split(const RegressionCase& data, std::size_t column) {
  double error = 0.0;
  for (const double side : {0.0, 1.0}) {
    double weight = 0.0;
    double sum = 0.0;
    for (std::size_t row = 0; row < data.response.size(); ++row) {
      if (data.columns(row, column) != side) continue;
      weight += data.weights[row];
      sum += data.weights[row] * data.response[row];
    }
    for (std::size_t row = 0; row < data.response.size(); ++row) {
      if (data.columns(row, column) != side) continue;
      error += data.weights[row] * std::pow(data.response[row] - sum / weight, 2.0);
    }
  }
  return error;
}

RegressionTree grow(const RegressionCase& data, std::size_t depth, std::size_t least_rows = 1) {
  return RegressionTree::grow(data.columns, data.response, data.weights, {.depth = depth, .least_rows = least_rows});
}

TEST(RegressionTree, FirstAsksForTheColumnThatLeavesTheLeastError) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    RegressionCase data = regression_case(30, 5, seed);
    for (std::size_t row = 0; row < 30; ++row) {
      data.response[row] = std::fmod(data.response[row] * 37.0, 5.0);
      data.weights[row] *= data.weights[row] * 4.0;
      // Columns that are rarer and rarer.
      for (std::size_t column = 1; column < 5; ++column) data.columns(row, column) *= data.columns(row, column - 1);
    }
    for (std::size_t column = 1; column < 5; ++column) data.columns(column, column) = 1.0;
    std::size_t best = 0;
    for (std::size_t column = 1; column < 5; ++column) {
      if (error_of_split(data, column) < error_of_split(data, best)) best = column;
    }
    const RegressionTree tree = grow(data, 1);
    ASSERT_EQ(tree.leaves().size(), 2U);
    EXPECT_EQ(tree.leaves().front().conditions.front().column, best) << seed;
  }
}

TEST(RegressionTree, AnswersWithTheWeightedMeanOfALeaf) {
  const RegressionCase data{matrix_of({{0.0}, {0.0}, {1.0}, {1.0}}), {1.0, 4.0, 10.0, 20.0}, {1.0, 2.0, 3.0, 1.0}};
  const RegressionTree tree = grow(data, 3);
  EXPECT_DOUBLE_EQ(tree.predict(std::vector{0.0}), 3.0);
  EXPECT_DOUBLE_EQ(tree.predict(std::vector{1.0}), 12.5);
  const std::vector<RegressionTree::Leaf> leaves = tree.leaves();
  ASSERT_EQ(leaves.size(), 2U);
  EXPECT_DOUBLE_EQ(leaves[0].weight_share, 4.0 / 7.0);
  EXPECT_EQ(leaves[0].conditions[0].value, 1.0);
}

TEST(RegressionTree, KeepsToItsDepthAndItsLeastLeaf) {
  const RegressionCase data = regression_case(64, 6, 4);
  EXPECT_EQ(grow(data, 0).leaves().size(), 1U);
  EXPECT_LE(grow(data, 3).leaves().size(), 8U);
  for (const RegressionTree::Leaf& leaf : grow(data, 6, 10).leaves()) {
    std::size_t row_count = 0;
    for (std::size_t row = 0; row < 64; ++row) {
      bool is_in = true;
      for (const auto& [column, value] : leaf.conditions) is_in = is_in && data.columns(row, column) == value;
      row_count += is_in ? 1U : 0U;
    }
    EXPECT_GE(row_count, 10U);
  }
}

TEST(RegressionTree, DoesNotSplitWhatIsEqual) {
  RegressionCase data = regression_case(20, 3, 4);
  for (double& response : data.response) response = 0.1;
  EXPECT_EQ(grow(data, 5).leaves().size(), 1U);
}

TEST(RegressionTree, TakesNoNoticeOfRowsWithoutWeight) {
  RegressionCase data = regression_case(20, 3, 4);
  data.weights[0] = 0.0;
  data.response[0] = 1e9;
  EXPECT_LT(grow(data, 1).predict(data.columns.row(0)), 1e3);
  data.weights.assign(20, 0.0);
  EXPECT_THROW(grow(data, 1), std::invalid_argument);
}

TEST(TreeShapleyValues, AreThoseOfTheGameThatTheTreePlays) {
  const RegressionCase data = regression_case(60, 5, 21);
  const RegressionTree tree = grow(data, 4);
  const ShapleyGame game{5, [&](const Coalition& coalition) {
                           std::vector<double> row;
                           for (std::size_t player = 0; player < 5; ++player) {
                             row.push_back(coalition.contains(player) ? 1.0 : 0.0);
                           }
                           return tree.predict(row);
                         }};
  const std::vector<double> expected = values_over_all_orders(game);
  const std::vector<double> values = tree_shapley_values(tree, 5);
  for (std::size_t player = 0; player < 5; ++player) EXPECT_NEAR(values[player], expected[player], 1e-12) << player;
}

}  // namespace
}  // namespace modattr
