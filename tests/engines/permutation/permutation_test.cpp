#include "modattr/engines/permutation/permutation.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/table_game.h"

// Models whose importances are known in closed form.

namespace modattr {
namespace {

using Numbers = std::span<const double>;

const PermutationOptions kAllPairs = {.draws = PermutationDraws::kAllPairs};

/// A logit of class 1 from a number that is 0 or 1.
std::vector<double> logit(double bit) {
  return {bit - 0.5};
}

void expect_exactly_zero(const Score& row) {
  ASSERT_TRUE(row.value);
  EXPECT_EQ(*row.value, 0.0) << row.modality;
  EXPECT_FALSE(std::signbit(*row.value)) << row.modality;
  EXPECT_EQ(row.ci95.value().low, 0.0);
  EXPECT_EQ(row.ci95.value().high, 0.0);
}

/// A model of three modalities that uses only the first one, which holds the label.
TableProblem one_modality_problem(std::string_view metric) {
  return TableProblem({.data = matrix_of({{0, .3, 5}, {1, .1, 6}, {0, .7, 7}, {1, .2, 9}}),
                       .model = [](Numbers numbers) { return logit(numbers[0]); },
                       .metric = binary_metric(metric, {0, 1, 0, 1})});
}

TEST(PermutationImportance, GivesTheOnlyUsedModalityTheWholeEffect) {
  TableProblem problem = one_modality_problem("accuracy");
  const Attribution result = PermutationImportance(kAllPairs).attribute(problem, Rng(0));
  EXPECT_EQ(result.score, 1.0);
  // One of three donors has the label of the example.
  EXPECT_NEAR(row_of(result, "a", "permutation.drop").value.value(), 2.0 / 3.0, 1e-15);
  EXPECT_NEAR(row_of(result, "a", "permutation.without").value.value(), 1.0 / 3.0, 1e-15);
  EXPECT_EQ(row_of(result, "a", "permutation.alone").value, 1.0);
  for (const char* const unused : {"b", "c"}) {
    expect_exactly_zero(row_of(result, unused, "permutation.drop"));
    expect_exactly_zero(row_of(result, unused, "perceptual.model"));
    expect_exactly_zero(row_of(result, unused, "perceptual.task"));
    EXPECT_EQ(row_of(result, unused, "permutation.without").value, 1.0);
    EXPECT_NEAR(row_of(result, unused, "permutation.alone").value.value(), 1.0 / 3.0, 1e-15);
  }
}

TEST(PermutationImportance, GivesUnusedModalitiesExactlyZeroInEveryMetric) {
  for (const char* const metric : {"accuracy", "log_loss", "roc_auc", "balanced_accuracy"}) {
    TableProblem problem = one_modality_problem(metric);
    const Attribution result = PermutationImportance({.repeats = 5}).attribute(problem, Rng(3));
    expect_exactly_zero(row_of(result, "b", "permutation.drop"));
    expect_exactly_zero(row_of(result, "c", "permutation.drop"));
    EXPECT_EQ(row_of(result, "b", "permutation.drop").p_value, 1.0);
    EXPECT_EQ(row_of(result, "b", "permutation.drop").std_error, 0.0);
    EXPECT_EQ(row_of(result, "a", "permutation.alone").value, result.score);
  }
}

TEST(PermutationImportance, HidesCopiesThatOutvoteEachOther) {
  TableProblem problem(
      {.data = matrix_of({{0, 0, 0}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}, {1, 1, 1}}),
       .model = [](Numbers numbers) { return std::vector{numbers[0] + numbers[1] + numbers[2] - 1.5}; },
       .metric = binary_metric("accuracy", {0, 1, 0, 1, 1})});
  const Attribution result = PermutationImportance(kAllPairs).attribute(problem, Rng(0));
  for (const char* const copy : {"a", "b", "c"}) {
    expect_exactly_zero(row_of(result, copy, "permutation.drop"));
    // The donor's two copies win: right when its label is the same, 2 of 20 pairs of zeros and 6 of ones.
    EXPECT_NEAR(row_of(result, copy, "permutation.alone").value.value(), 8.0 / 20.0, 1e-15);
  }
}

TEST(PermutationImportance, SharesTheLossOfARedundantPair) {
  // With y = a = b and f = (a + b) / 2 a pair (i, j) loses (y_i - y_j)^2 / 4; the squares have mean 2 s^2.
  const std::vector<double> labels = {1, 2, 4, 8};
  const double variance = (1 + 4 + 16 + 64 - 15.0 * 15.0 / 4.0) / 3.0;
  TableProblem pair({.data = matrix_of({{1, 1}, {2, 2}, {4, 4}, {8, 8}}),
                     .model = [](Numbers numbers) { return std::vector{(numbers[0] + numbers[1]) / 2.0}; },
                     .metric = regression_metric("mse", labels)});
  const Attribution apart = PermutationImportance(kAllPairs).attribute(pair, Rng(0));
  EXPECT_NEAR(row_of(apart, "a", "permutation.drop").value.value(), variance / 2.0, 1e-12);
  EXPECT_NEAR(row_of(apart, "b", "permutation.drop").value.value(), variance / 2.0, 1e-12);
  TableProblem joined({.data = matrix_of({{1}, {2}, {4}, {8}}),
                       .model = [](Numbers numbers) { return std::vector{(numbers[0] + numbers[0]) / 2.0}; },
                       .metric = regression_metric("mse", labels)});
  const Attribution together = PermutationImportance(kAllPairs).attribute(joined, Rng(0));
  EXPECT_NEAR(row_of(together, "a", "permutation.drop").value.value(), 2.0 * variance, 1e-12);
}

TEST(PermutationImportance, SeesBothHalvesOfAnExclusiveOr) {
  TableProblem problem({.data = matrix_of({{0, 0}, {0, 1}, {1, 0}, {1, 1}}),
                        .model = [](Numbers numbers) { return logit(numbers[0] == numbers[1] ? 0 : 1); },
                        .metric = binary_metric("accuracy", {0, 1, 1, 0})});
  const Attribution result = PermutationImportance(kAllPairs).attribute(problem, Rng(0));
  for (const char* const half : {"a", "b"}) {
    EXPECT_NEAR(row_of(result, half, "permutation.drop").value.value(), 2.0 / 3.0, 1e-15);
    EXPECT_NEAR(row_of(result, half, "permutation.alone").value.value(), 1.0 / 3.0, 1e-15);
  }
}

// captum moves the two tensors of a group by two permutations and finds an effect in |a - b| + c where a == b.
TEST(PermutationImportance, MovesTheInputsOfAModalityTogether) {
  const std::vector<double> tensor = {4, 1, 3, 2};
  TableProblem problem({.data = matrix_of({{0, 1}, {1, 2}, {2, 3}, {3, 4}}),
                        .model =
                            [&](Numbers numbers) {
                              const auto row = static_cast<std::size_t>(numbers[0]);
                              const std::vector<double> copy = tensor;
                              return std::vector{std::abs(tensor[row] - copy[row]) + numbers[1]};
                            },
                        .metric = regression_metric("mse", {1, 2, 3, 4})});
  const Attribution result = PermutationImportance({.repeats = 5}).attribute(problem, Rng(1));
  expect_exactly_zero(row_of(result, "a", "permutation.drop"));
  EXPECT_GT(row_of(result, "b", "permutation.drop").value.value(), 0.0);
}

TEST(PermutationImportance, CountsALossUpwards) {
  TableProblem problem({.data = matrix_of({{1, 3}, {2, 1}, {3, 2}}),
                        .model = [](Numbers numbers) { return std::vector{numbers[0]}; },
                        .metric = regression_metric("mae", {1, 2, 3})});
  const Attribution result = PermutationImportance(kAllPairs).attribute(problem, Rng(0));
  EXPECT_EQ(result.score, 0.0);
  // Mean distance of the ordered pairs of 1, 2, 3.
  EXPECT_NEAR(row_of(result, "a", "permutation.without").value.value(), 4.0 / 3.0, 1e-15);
  EXPECT_NEAR(row_of(result, "a", "permutation.drop").value.value(), 4.0 / 3.0, 1e-15);
  EXPECT_EQ(row_of(result, "a", "permutation.drop").ci95.value().low >= 0.0, true);
}

TEST(PermutationImportance, IsNegativeWhenTheModelIsBetterWithoutTheModality) {
  // The model answers the opposite of the label that it is shown.
  TableProblem problem({.data = matrix_of({{0}, {1}, {0}, {1}}),
                        .model = [](Numbers numbers) { return logit(1.0 - numbers[0]); },
                        .metric = binary_metric("accuracy", {0, 1, 0, 1})});
  const Attribution result = PermutationImportance(kAllPairs).attribute(problem, Rng(0));
  EXPECT_NEAR(row_of(result, "a", "permutation.drop").value.value(), -2.0 / 3.0, 1e-15);
}

TEST(PermutationImportance, ScalesWithTheScoreAndWithTheRoomAboveTheMajority) {
  // Right on four of five; the constant answer 1 is right on three.
  TableProblem problem({.data = matrix_of({{0}, {1}, {0}, {1}, {0}}),
                        .model = [](Numbers numbers) { return logit(numbers[0]); },
                        .metric = binary_metric("accuracy", {0, 1, 0, 1, 1})});
  const Attribution result = PermutationImportance({.repeats = 20}).attribute(problem, Rng(5));
  const Score drop = row_of(result, "a", "permutation.drop");
  const Score model = row_of(result, "a", "perceptual.model");
  const Score task = row_of(result, "a", "perceptual.task");
  EXPECT_EQ(result.score, 0.8);
  EXPECT_NE(drop.value, 0.0);
  EXPECT_DOUBLE_EQ(model.value.value(), *drop.value / 0.8);
  EXPECT_DOUBLE_EQ(task.value.value(), *drop.value / (1.0 - 0.6));
  EXPECT_DOUBLE_EQ(model.std_error.value(), drop.std_error.value() / 0.8);
  EXPECT_DOUBLE_EQ(task.std_error.value(), *drop.std_error / 0.4);
  EXPECT_DOUBLE_EQ(task.ci95.value().low, drop.ci95.value().low / 0.4);
  EXPECT_DOUBLE_EQ(task.ci95.value().high, drop.ci95.value().high / 0.4);
}

TEST(PermutationImportance, RefusesWhatItCannotPermute) {
  TableProblem single({.data = matrix_of({{1, 2}}),
                       .model = [](Numbers) { return std::vector{0.0}; },
                       .metric = binary_metric("accuracy", {0})});
  EXPECT_THROW(PermutationImportance({}).attribute(single, Rng(0)), ConfigError);
  TableProblem ranked = one_modality_problem("roc_auc");
  EXPECT_THROW(PermutationImportance(kAllPairs).attribute(ranked, Rng(0)), ConfigError);
  EXPECT_THROW(PermutationImportance({.repeats = 0}).attribute(ranked, Rng(0)), ConfigError);
  EXPECT_THROW(PermutationImportance({.within = "colour"}).attribute(ranked, Rng(0)), ConfigError);
  EXPECT_EQ(ranked.progress().done, 0U);
}

}  // namespace
}  // namespace modattr
