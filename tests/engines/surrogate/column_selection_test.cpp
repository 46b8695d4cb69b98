#include "modattr/engines/surrogate/column_selection.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/stats/lasso.h"
#include "modattr/stats/ridge.h"
#include "support/regression_case.h"
#include "support/table_game.h"

namespace modattr::column_selection_test {
namespace {

using Columns = std::vector<std::size_t>;

RegressionMoments moments_of(const RegressionCase& data) {
  return regression_moments(data.columns, data.response, data.weights);
}

/// The weighted squared error that the least squares fit of some columns leaves.
double error_of(const RegressionMoments& moments, const Columns& columns) {
  const RegressionMoments chosen = moments.of_columns(columns);
  const LinearFit fit = ridge(chosen, 1e-9).value();
  double explained = 0.0;
  for (std::size_t column = 0; column < columns.size(); ++column) {
    explained += chosen.responses[column] * fit.coefficients[column];
  }
  return moments.response_square - explained;
}

TEST(SelectColumns, ForwardTakesWhatLowersTheErrorMostStepByStep) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const RegressionMoments moments = moments_of(regression_case(30, 7, seed));
    Columns expected;
    for (std::size_t step = 0; step < 4; ++step) {
      std::optional<std::size_t> best;
      double least = 0.0;
      for (std::size_t column = 0; column < 7; ++column) {
        if (std::ranges::find(expected, column) != expected.end()) continue;
        Columns tried = expected;
        tried.push_back(column);
        const double error = error_of(moments, tried);
        if (!best || error < least) best = column, least = error;
      }
      expected.push_back(*best);
    }
    std::ranges::sort(expected);
    EXPECT_EQ(select_columns(moments, ColumnSelection::kForward, 4), expected) << seed;
    EXPECT_EQ(select_columns(moments, ColumnSelection::kAuto, 4), expected) << seed;
  }
}

TEST(SelectColumns, ForwardPassesOverCopies) {
  RegressionCase data = regression_case(30, 4, 2);
  for (std::size_t row = 0; row < 30; ++row) data.columns(row, 2) = data.columns(row, 3);
  EXPECT_EQ(select_columns(moments_of(data), ColumnSelection::kForward, 3), (Columns{0, 1, 2}));
}

TEST(SelectColumns, HighestTakesTheLargestRidgeCoefficients) {
  const RegressionMoments moments = moments_of(regression_case(60, 9, 5));
  const std::vector<double> coefficients = ridge(moments, 0.01)->coefficients;
  const Columns chosen = select_columns(moments, ColumnSelection::kHighest, 7);
  EXPECT_EQ(chosen.size(), 7U);
  EXPECT_EQ(chosen, select_columns(moments, ColumnSelection::kAuto, 7));
  for (std::size_t column = 0; column < 9; ++column) {
    if (std::ranges::find(chosen, column) != chosen.end()) continue;
    for (const std::size_t other : chosen) EXPECT_LE(std::abs(coefficients[column]), std::abs(coefficients[other]));
  }
}

TEST(SelectColumns, LassoPathTakesThoseOfTheSmallestPenaltyWithFewEnough) {
  const RegressionMoments moments = moments_of(regression_case(60, 8, 5));
  const Columns chosen = select_columns(moments, ColumnSelection::kLassoPath, 3);
  EXPECT_EQ(chosen.size(), 3U);
  // At the knot where the fourth would join, by coordinate descent.
  double alpha = 0.0;
  for (const LassoKnot& knot : lasso_path(moments)) {
    if (std::ranges::count_if(knot.coefficients, [](double value) { return value != 0.0; }) == 3) alpha = knot.alpha;
  }
  Columns expected;
  const LinearFit fit = lasso(moments, alpha * (1.0 + 1e-9));
  for (std::size_t column = 0; column < 8; ++column) {
    if (fit.coefficients[column] != 0.0) expected.push_back(column);
  }
  EXPECT_EQ(chosen, expected);
}

TEST(SelectColumns, TakesAllWhereThereAreNoMore) {
  const RegressionMoments moments = moments_of(regression_case(20, 3, 1));
  EXPECT_EQ(select_columns(moments, ColumnSelection::kNone, 1), (Columns{0, 1, 2}));
  EXPECT_EQ(select_columns(moments, ColumnSelection::kForward, 3), (Columns{0, 1, 2}));
}

TEST(Strongest, LeavesZerosOutAndKeepsTheFirstOfEquals) {
  EXPECT_EQ(strongest(std::array{1.0, -3.0, 0.0, 3.0, 1.0}, 3), (Columns{0, 1, 3}));
  EXPECT_EQ(strongest(std::array{0.0, 0.5}, 3), (Columns{1}));
}

TEST(ParseColumnSelection, NamesTheNearestWord) {
  for (const std::string& name : column_selection_names()) {
    EXPECT_EQ(column_selection_names()[static_cast<std::size_t>(parse_column_selection(name))], name);
  }
  EXPECT_THROW(parse_column_selection("forwards"), ConfigError);
}

}  // namespace
}  // namespace modattr::column_selection_test
