#include "modattr/stats/regression_moments.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/rng.h"
#include "support/table_game.h"

namespace modattr {
namespace {

TEST(RegressionMoments, AreTakenFromTheWeightedMeans) {
  // Weights 1 and 3: means 3/4 and 5/2; deviations -3/4, 1/4 and -3/2, 1/2.
  const RegressionMoments moments =
      regression_moments(matrix_of({{0.0, 1.0}, {1.0, 3.0}}), std::array{2.0, 6.0}, std::array{1.0, 3.0});
  EXPECT_DOUBLE_EQ(moments.weight_sum, 4.0);
  EXPECT_DOUBLE_EQ(moments.means[0], 0.75);
  EXPECT_DOUBLE_EQ(moments.means[1], 2.5);
  EXPECT_DOUBLE_EQ(moments.response_mean, 5.0);
  EXPECT_DOUBLE_EQ(moments.products(0, 0), 9.0 / 16.0 + 3.0 / 16.0);
  EXPECT_DOUBLE_EQ(moments.products(0, 1), 9.0 / 8.0 + 3.0 / 8.0);
  EXPECT_DOUBLE_EQ(moments.products(1, 0), moments.products(0, 1));
  EXPECT_DOUBLE_EQ(moments.responses[0], 9.0 / 4.0 + 3.0 / 4.0);
  EXPECT_DOUBLE_EQ(moments.response_square, 9.0 + 3.0);
  const RegressionMoments second = moments.of_columns(std::array<std::size_t, 1>{1});
  EXPECT_EQ(second.column_count(), 1U);
  EXPECT_DOUBLE_EQ(second.products(0, 0), moments.products(1, 1));
  EXPECT_DOUBLE_EQ(second.responses[0], moments.responses[1]);
}

TEST(RegressionMoments, AreSumsOverAnyNumberOfRows) {
  // Against the textbook's sums, for numbers of rows that fill blocks and that do not, some without weight.
  RandomStream stream = Rng(8).stream(RandomPurpose::kBackground, 0, 0);
  for (std::size_t row_count = 2; row_count < 15; ++row_count) {
    Matrix columns(row_count, 3);
    for (double& value : columns.values()) value = stream.uniform() - 0.3;
    std::vector<double> response(row_count);
    std::vector<double> weights(row_count);
    for (std::size_t row = 0; row < row_count; ++row) {
      response[row] = stream.uniform();
      weights[row] = row % 5 == 1 ? 0.0 : stream.uniform();
    }
    const RegressionMoments moments = regression_moments(columns, response, weights);
    for (std::size_t i = 0; i < 3; ++i) {
      double with_response = 0.0;
      for (std::size_t row = 0; row < row_count; ++row) {
        with_response += weights[row] * columns(row, i) * (response[row] - moments.response_mean);
      }
      EXPECT_NEAR(moments.responses[i], with_response, 1e-13);
      for (std::size_t j = 0; j < 3; ++j) {
        double product = 0.0;
        for (std::size_t row = 0; row < row_count; ++row) {
          product += weights[row] * columns(row, i) * (columns(row, j) - moments.means[j]);
        }
        EXPECT_NEAR(moments.products(i, j), product, 1e-13) << row_count << " rows";
      }
    }
  }
}

TEST(RegressionMoments, RefuseRowsWithoutWeight) {
  const Matrix columns(2, 1);
  EXPECT_THROW(regression_moments(columns, std::array{1.0, 2.0}, std::array{0.0, 0.0}), std::invalid_argument);
  EXPECT_THROW(regression_moments(columns, std::array{1.0, 2.0}, std::array{2.0, -1.0}), std::invalid_argument);
  EXPECT_THROW(regression_moments(columns, std::array{1.0}, std::array{1.0, 1.0}), std::invalid_argument);
}

TEST(LinearFit, PassesThroughTheMeans) {
  const RegressionMoments moments =
      regression_moments(matrix_of({{0.0}, {1.0}}), std::array{2.0, 6.0}, std::array{1.0, 3.0});
  const LinearFit fit = with_intercept(moments, {2.0});
  EXPECT_DOUBLE_EQ(fit.intercept, 3.5);
  EXPECT_DOUBLE_EQ(fit.predict(std::array{0.75}), 5.0);
}

TEST(WeightedR2, ComparesWithTheWeightedMean) {
  const std::array response = {0.0, 4.0, 9.0};
  const std::array weights = {1.0, 3.0, 0.0};
  // Mean 3, total 9 + 3 * 1 = 12; residues 1 and 0, the third row counts nothing.
  EXPECT_DOUBLE_EQ(weighted_r2(response, std::array{1.0, 4.0, -50.0}, weights).value(), 1.0 - 1.0 / 12.0);
  EXPECT_DOUBLE_EQ(weighted_r2(response, response, weights).value(), 1.0);
  EXPECT_DOUBLE_EQ(weighted_r2(response, std::array{3.0, 3.0, 3.0}, weights).value(), 0.0);
}

TEST(WeightedR2, LeavesOutTheNoiseOfResponses) {
  // Residues 1 and 0, total 12, as above; noise adds 0.2 + 3 * 0.1 to the former, 0.2 * 3/4 + 0.3 * 1/4 to the latter.
  EXPECT_DOUBLE_EQ(
      weighted_r2(std::array{0.0, 4.0}, std::array{1.0, 4.0}, std::array{1.0, 3.0}, std::array{0.2, 0.1}).value(),
      1.0 - (1.0 - 0.5) / (12.0 - 0.225));
  EXPECT_DOUBLE_EQ(
      weighted_r2(std::array{0.0, 4.0}, std::array{0.1, 4.0}, std::array{1.0, 3.0}, std::array{0.2, 0.1}).value(),
      1.0 - (0.01 - 0.5) / (12.0 - 0.225))
      << "less is left than the noise alone would leave";
}

TEST(WeightedR2, OfNoisyResponsesIsThatOfWhatTheyEstimate) {
  // Truth y = x_1 + x_2 with coins of -1 and 1, predicted by x_1: R2 = 1/2. Noise of variance 3 and weights 1 and 2.
  std::vector<double> response;
  std::vector<double> predictions;
  std::vector<double> weights;
  std::vector<double> variances;
  RandomStream stream = Rng(5).stream(RandomPurpose::kCoalition, 0, 0);
  const auto coin = [&] { return stream.below(2) == 0 ? -1.0 : 1.0; };
  for (std::size_t row = 0; row < 40000; ++row) {
    const double first = coin();
    predictions.push_back(first);
    response.push_back(first + coin() + std::sqrt(3.0) * coin());
    weights.push_back(row % 2 == 0 ? 1.0 : 2.0);
    variances.push_back(3.0);
  }
  EXPECT_NEAR(weighted_r2(response, predictions, weights, variances).value(), 0.5, 0.04);
  EXPECT_NEAR(weighted_r2(response, predictions, weights).value(), 0.2, 0.02);
}

TEST(WeightedR2, OfNothingButNoiseIsNotKnown) {
  std::vector<double> response;
  RandomStream stream = Rng(6).stream(RandomPurpose::kCoalition, 0, 0);
  for (std::size_t row = 0; row < 200; ++row) response.push_back(stream.below(2) == 0 ? -1.0 : 1.0);
  const std::vector<double> ones(200, 1.0);
  EXPECT_EQ(weighted_r2(response, std::vector<double>(200, 0.0), ones, ones), std::nullopt);
}

TEST(WeightedR2, OfEqualResponsesIsNotKnown) {
  const std::array<double, 3> response = {0.1, 0.1, 0.1};
  EXPECT_EQ(weighted_r2(response, std::array{0.0, 0.0, 0.0}, std::array{0.3, 0.7, 0.9}), std::nullopt);
  EXPECT_EQ(weighted_r2(std::array{1.0, 2.0}, std::array{1.0, 2.0}, std::array{0.0, 0.0}), std::nullopt);
}

TEST(GroupedMoments, AreThoseOfTheRowsOfTheirGroups) {
  // Column 2 is 1 in every row of groups 0 and 2.
  RandomStream stream = Rng(9).stream(RandomPurpose::kBackground, 0, 0);
  constexpr std::size_t kRows = 23;
  Matrix columns(kRows, 3);
  std::vector<double> response(kRows);
  std::vector<double> weights(kRows);
  std::vector<std::size_t> groups(kRows);
  for (std::size_t row = 0; row < kRows; ++row) {
    groups[row] = row * 7 % 4;
    columns(row, 0) = static_cast<double>(stream.below(2));
    columns(row, 1) = stream.uniform() + 5.0;
    columns(row, 2) = groups[row] % 2 == 0 ? 1.0 : static_cast<double>(stream.below(2));
    response[row] = stream.uniform() - 40.0;
    weights[row] = row % 5 == 1 ? 0.0 : stream.uniform();
  }
  const GroupedMoments grouped(columns, response, weights, groups);
  for (const std::vector<std::size_t>& some : {std::vector<std::size_t>{0, 2}, {1}, {0, 1, 2, 3}}) {
    std::vector<double> of_some = weights;
    for (std::size_t row = 0; row < kRows; ++row) {
      if (std::ranges::find(some, groups[row]) == some.end()) of_some[row] = 0.0;
    }
    const RegressionMoments expected = regression_moments(columns, response, of_some);
    const RegressionMoments moments = grouped.of(some);
    EXPECT_NEAR(moments.weight_sum, expected.weight_sum, 1e-13);
    EXPECT_NEAR(moments.response_mean, expected.response_mean, 1e-13);
    EXPECT_NEAR(moments.response_square, expected.response_square, 1e-12);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(moments.means[i], expected.means[i], 1e-13);
      EXPECT_NEAR(moments.responses[i], expected.responses[i], 1e-12);
      for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(moments.products(i, j), expected.products(i, j), 1e-12);
    }
  }
  // What does not differ in a union is no direction there, to the last bit.
  const RegressionMoments constant = grouped.of(std::vector<std::size_t>{0, 2});
  EXPECT_EQ(constant.products(2, 2), 0.0);
  EXPECT_EQ(constant.products(0, 2), 0.0);
  EXPECT_EQ(constant.responses[2], 0.0);
  EXPECT_THROW(grouped.of({}), std::invalid_argument);
}

}  // namespace
}  // namespace modattr
