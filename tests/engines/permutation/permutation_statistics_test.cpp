#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/engines/permutation/permutation.h"
#include "modattr/stats/bootstrap.h"
#include "modattr/stats/moments.h"
#include "support/table_game.h"

// Errors, intervals and p-values, groups, and what is not defined.

namespace modattr {
namespace {

using Numbers = std::span<const double>;

/// Noisy: the label is above 1 in most examples where a + b / 2 is.
TableProblem noisy_problem(std::string_view metric, std::vector<Stratum> groups = {}) {
  return TableProblem({.data = matrix_of({{0, 1}, {2, 0}, {1, 1}, {0, 2}, {2, 2}, {1, 0}, {2, 1}, {0, 0}}),
                       .model = [](Numbers numbers) { return std::vector{numbers[0] + numbers[1] / 2.0 - 1.2}; },
                       .metric = binary_metric(metric, {0, 1, 1, 0, 1, 0, 0, 1}),
                       .groups = std::move(groups)});
}

/// The scores of a coalition under the permutations that a run asked for.
std::vector<double> draw_scores(const TableProblem& problem, const Coalition& present) {
  std::vector<double> scores;
  for (const RowMap& donors : problem.row_maps_of(present)) scores.push_back(problem.score(present, donors));
  return scores;
}

TEST(PermutationStatistics, AreThoseOfTheDraws) {
  for (const char* const metric : {"accuracy", "log_loss", "roc_auc"}) {
    TableProblem problem = noisy_problem(metric);
    const Attribution result = PermutationImportance({.repeats = 6}).attribute(problem, Rng(3));
    EXPECT_NEAR(result.score.value(), problem.clean_score(), 1e-15);
    const std::vector<double> without = draw_scores(problem, Coalition::single(2, 1));
    ASSERT_EQ(without.size(), 6U);
    const Score row = row_of(result, "a", "permutation.without");
    EXPECT_NEAR(row.value.value(), mean(without).value(), 1e-14) << metric;
    EXPECT_NEAR(row.std_error.value(), standard_error(without).value(), 1e-14) << metric;
    EXPECT_EQ(row_of(result, "a", "permutation.drop").std_error, row.std_error);
    const std::vector<double> alone = draw_scores(problem, Coalition::single(2, 0));
    EXPECT_NEAR(row_of(result, "a", "permutation.alone").value.value(), mean(alone).value(), 1e-14) << metric;
    EXPECT_NEAR(row_of(result, "a", "permutation.alone").std_error.value(), standard_error(alone).value(), 1e-14);
    double as_good = 0.0;
    for (const double score : without) {
      const bool is_loss = problem.metric().orientation() == Orientation::kLowerIsBetter;
      as_good += (is_loss ? score <= problem.clean_score() : score >= problem.clean_score()) ? 1.0 : 0.0;
    }
    EXPECT_DOUBLE_EQ(row_of(result, "a", "permutation.drop").p_value.value(), (1.0 + as_good) / 7.0) << metric;
    EXPECT_EQ(row.p_value, std::nullopt);
  }
}

TEST(PermutationStatistics, CountTiesAsEvidenceAgainstTheModality) {
  // Permuting a changes nothing; permuting b, the label, can tie with the clean score only where it changes nothing.
  TableProblem problem({.data = matrix_of({{5, 0}, {6, 1}}),
                        .model = [](Numbers numbers) { return std::vector{numbers[1] - 0.5}; },
                        .metric = binary_metric("accuracy", {0, 1})});
  const Attribution result = PermutationImportance({.repeats = 9}).attribute(problem, Rng(1));
  EXPECT_EQ(row_of(result, "a", "permutation.drop").p_value, 1.0);
  double unchanged = 0.0;
  for (const double score : draw_scores(problem, Coalition::single(2, 0))) unchanged += score == 1.0 ? 1.0 : 0.0;
  EXPECT_GT(unchanged, 0.0);
  EXPECT_LT(unchanged, 9.0);
  EXPECT_DOUBLE_EQ(row_of(result, "b", "permutation.drop").p_value.value(), (1.0 + unchanged) / 10.0);
}

TEST(PermutationStatistics, CountRoundingAsATie) {
  TableProblem problem({.data = matrix_of({{5, 0}, {6, 1}, {7, 0}, {8, 1}}),
                        .model = [](Numbers numbers) { return std::vector{numbers[1] - 0.5 + 1e-9 * numbers[0]}; },
                        .metric = binary_metric("log_loss", {0, 1, 0, 1})});
  EXPECT_EQ(row_of(PermutationImportance({.repeats = 9}).attribute(problem, Rng(1)), "a", "permutation.drop").p_value,
            1.0);
}

TEST(PermutationStatistics, ReachTheSmallestPValueWhenEveryDrawIsWorse) {
  Matrix data(12, 1);
  std::vector<double> labels;
  for (std::size_t example = 0; example < 12; ++example) {
    data(example, 0) = static_cast<double>(example);
    labels.push_back(static_cast<double>(example));
  }
  TableProblem problem({.data = std::move(data),
                        .model = [](Numbers numbers) { return std::vector{numbers[0]}; },
                        .metric = regression_metric("mse", labels)});
  const Attribution result = PermutationImportance({.repeats = 19}).attribute(problem, Rng(1));
  EXPECT_DOUBLE_EQ(row_of(result, "a", "permutation.drop").p_value.value(), 1.0 / 20.0);
}

/// 300 examples whose label is b; the model reads a where it is above 1, else b. `right` of those that read a are
/// right.
TableProblem mixed_problem(std::size_t reading, std::size_t right) {
  constexpr std::size_t kCount = 300;
  Matrix data(kCount, 2);
  std::vector<std::int64_t> labels;
  for (std::size_t example = 0; example < kCount; ++example) {
    const std::int64_t label = example % 2 == 0 ? 1 : 0;
    labels.push_back(label);
    data(example, 1) = static_cast<double>(label);
    const bool is_right = example < right;
    if (example < reading) data(example, 0) = 2.0 + static_cast<double>(is_right ? label : 1 - label);
  }
  return TableProblem(
      {.data = std::move(data),
       .model = [](Numbers numbers) { return std::vector{numbers[0] >= 2.0 ? numbers[0] - 2.5 : numbers[1] - 0.5}; },
       .metric = binary_metric("accuracy", labels)});
}

TEST(PermutationStatistics, TestTheDropOverExamples) {
  TableProblem problem = mixed_problem(30, 20);
  const Attribution result = PermutationImportance({.repeats = 1}).attribute(problem, Rng(5));
  // A paired z test of the answers that are right with the example's own a and with another one's.
  const Coalition without = Coalition::single(2, 1);
  ASSERT_EQ(problem.row_maps_of(without).size(), 1U);
  const RowMap donors = problem.row_maps_of(without).front();
  std::vector<double> differences;
  for (std::uint32_t example = 0; example < 300; ++example) {
    differences.push_back(problem.outcome(Coalition::full(2), example, example)[0] -
                          problem.outcome(without, example, donors[example])[0]);
  }
  const double drop = mean(differences).value();
  const double z = drop / standard_error(differences).value();
  ASSERT_GT(std::abs(z), 0.2);
  const Score row = row_of(result, "a", "permutation.drop");
  EXPECT_NEAR(row.value.value(), drop, 1e-12);
  // The bootstrap's error is one of 1000 resamples: it differs by 2.2 %.
  const auto p_value = [](double ratio) { return std::erfc(std::abs(ratio) / std::sqrt(2.0)); };
  EXPECT_LT(row.p_value_examples.value(), p_value(0.92 * z));
  EXPECT_GT(row.p_value_examples.value(), p_value(1.08 * z));
  EXPECT_EQ(row_of(result, "a", "permutation.without").p_value_examples, std::nullopt);
  // Every answer depends on b: far below what one repeat can show.
  EXPECT_LT(row_of(result, "b", "permutation.drop").p_value_examples.value(), 1e-12);
  EXPECT_EQ(row_of(result, "b", "permutation.drop").p_value, 0.5);
}

TEST(PermutationStatistics, FindNoDropOfAModalityThatIsIgnored) {
  TableProblem problem = mixed_problem(0, 0);
  const Attribution result = PermutationImportance({.repeats = 3}).attribute(problem, Rng(5));
  EXPECT_EQ(row_of(result, "a", "permutation.drop").p_value_examples, 1.0);
}

TEST(PermutationStatistics, DivideByNoScoreNextToZero) {
  Matrix data(40, 1);
  std::vector<double> labels;
  for (std::size_t example = 0; example < 40; ++example) {
    data(example, 0) = static_cast<double>(example % 5);
    labels.push_back(data(example, 0) + (example % 2 == 0 ? 2e-3 : -2e-3));
  }
  TableProblem problem({.data = std::move(data),
                        .model = [](Numbers numbers) { return std::vector{numbers[0]}; },
                        .metric = regression_metric("mse", labels)});
  const Attribution result = PermutationImportance({.repeats = 5}).attribute(problem, Rng(1));
  EXPECT_NEAR(result.score.value(), 4e-6, 1e-9);
  EXPECT_GT(row_of(result, "a", "permutation.drop").value.value(), 1.0);
  EXPECT_EQ(row_of(result, "a", "perceptual.model").value, std::nullopt);
  EXPECT_EQ(row_of(result, "a", "perceptual.model").std_error, std::nullopt);
  ASSERT_FALSE(result.warnings.empty());
  EXPECT_EQ(
      result.warnings[0],
      "perceptual.model is not defined for all examples: the score is near 0, so that a ratio over it says nothing");
}

TEST(PermutationStatistics, HaveNoErrorFromOneDraw) {
  TableProblem problem = noisy_problem("accuracy");
  const Attribution result = PermutationImportance({.repeats = 1}).attribute(problem, Rng(3));
  EXPECT_TRUE(row_of(result, "a", "permutation.drop").value);
  EXPECT_EQ(row_of(result, "a", "permutation.drop").std_error, std::nullopt);
  EXPECT_TRUE(row_of(result, "a", "permutation.drop").ci95);
}

TEST(PermutationStatistics, ResampleCleanAndPermutedScoresTogether) {
  TableProblem problem = noisy_problem("log_loss");
  const Rng rng(8);
  const Attribution result = PermutationImportance({.repeats = 3}).attribute(problem, rng);
  std::vector<double> differences;
  for (std::uint32_t example = 0; example < 8; ++example) {
    double sum = 0.0;
    for (const RowMap& donors : problem.row_maps_of(Coalition::single(2, 1))) {
      sum += problem.outcome(Coalition::single(2, 1), example, donors[example])[0];
    }
    differences.push_back(sum / 3.0 - problem.outcome(Coalition::full(2), example, example)[0]);
  }
  std::vector<std::optional<double>> drops;
  std::vector<std::uint32_t> weights(8);
  for (std::uint32_t replicate = 0; replicate < kBootstrapReplicateCount; ++replicate) {
    bootstrap_weights(rng, 0, replicate, weights);
    double sum = 0.0;
    for (std::size_t example = 0; example < 8; ++example) sum += weights[example] * differences[example];
    drops.emplace_back(sum / 8.0);
  }
  const Interval expected = percentile_interval95(drops).value();
  const Interval interval = row_of(result, "a", "permutation.drop").ci95.value();
  EXPECT_NEAR(interval.low, expected.low, 1e-12);
  EXPECT_NEAR(interval.high, expected.high, 1e-12);
}

TEST(PermutationGroups, AreScoredOnTheirOwnExamples) {
  const std::vector<Stratum> groups = {{"first", {0, 1, 2, 3, 4}}, {"rest", {7, 5, 6}}};
  TableProblem problem = noisy_problem("accuracy", groups);
  const Attribution result = PermutationImportance({.repeats = 5}).attribute(problem, Rng(3));
  for (const Stratum& group : groups) {
    double clean = 0.0;
    double without = 0.0;
    for (const std::uint32_t example : group.examples) {
      clean += problem.outcome(Coalition::full(2), example, example)[0];
      for (const RowMap& donors : problem.row_maps_of(Coalition::single(2, 1))) {
        without += problem.outcome(Coalition::single(2, 1), example, donors[example])[0] / 5.0;
      }
    }
    const auto count = static_cast<double>(group.examples.size());
    const Score drop = row_of(result, "a", "permutation.drop", group.name);
    EXPECT_NEAR(drop.value.value(), (clean - without) / count, 1e-14);
    EXPECT_EQ(drop.examples, group.examples.size());
  }
}

TEST(PermutationGroups, ComeAfterTheRowsOfAllExamplesOfTheirModality) {
  TableProblem problem = noisy_problem("accuracy", {{"first", {0, 1, 2, 3}}, {"rest", {4, 5, 6, 7}}});
  const Attribution result = PermutationImportance({.repeats = 2}).attribute(problem, Rng(3));
  ASSERT_EQ(result.rows.size(), 2U * 3U * 5U);
  EXPECT_EQ(result.rows[0].definition, "permutation.drop");
  EXPECT_EQ(result.rows[0].group, std::nullopt);
  EXPECT_EQ(result.rows[0].examples, 8U);
  EXPECT_EQ(result.rows[4].definition, "perceptual.task");
  EXPECT_EQ(result.rows[5].group, "first");
  EXPECT_EQ(result.rows[10].group, "rest");
  EXPECT_EQ(result.rows[14].modality, "a");
  EXPECT_EQ(result.rows[15].modality, "b");
}

TEST(PermutationGroups, AreEmptyWhereTheMetricIsNotDefined) {
  TableProblem problem = noisy_problem("roc_auc", {{"both", {0, 1, 2, 3}}, {"negatives", {5, 6}}});
  const Attribution result = PermutationImportance({.repeats = 3}).attribute(problem, Rng(3));
  EXPECT_TRUE(row_of(result, "a", "permutation.drop").value);
  EXPECT_TRUE(row_of(result, "a", "permutation.drop", "both").value);
  for (const char* const definition :
       {"permutation.drop", "permutation.without", "permutation.alone", "perceptual.model", "perceptual.task"}) {
    const Score row = row_of(result, "a", definition, "negatives");
    EXPECT_EQ(row.value, std::nullopt) << definition;
    EXPECT_EQ(row.std_error, std::nullopt) << definition;
    EXPECT_FALSE(row.ci95) << definition;
    EXPECT_EQ(row.p_value, std::nullopt) << definition;
    EXPECT_EQ(row.examples, 2U) << definition;
  }
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_EQ(result.warnings[0],
            "roc_auc is not defined for group 'negatives': no example has label 1; its rows are empty");
}

TEST(PermutationGroups, OfOneExampleHaveNoInterval) {
  TableProblem problem = noisy_problem("accuracy", {{"single", {4}}});
  const Attribution result = PermutationImportance({.repeats = 3}).attribute(problem, Rng(3));
  EXPECT_TRUE(row_of(result, "a", "permutation.drop", "single").value);
  EXPECT_FALSE(row_of(result, "a", "permutation.drop", "single").ci95);
}

TEST(PermutationWarnings, NameARatioOfZeros) {
  // Always wrong on the clean data, with whatever donor; one label only.
  TableProblem problem({.data = matrix_of({{1}, {2}, {3}}),
                        .model = [](Numbers) { return std::vector{1.0}; },
                        .metric = binary_metric("accuracy", {0, 0, 0})});
  const Attribution result = PermutationImportance({.repeats = 3}).attribute(problem, Rng(3));
  EXPECT_EQ(row_of(result, "a", "permutation.drop").value, 0.0);
  EXPECT_EQ(row_of(result, "a", "perceptual.model").value, std::nullopt);
  EXPECT_EQ(row_of(result, "a", "perceptual.model").std_error, std::nullopt);
  EXPECT_EQ(row_of(result, "a", "perceptual.task").value, std::nullopt);
  EXPECT_EQ(result.warnings,
            (std::vector<std::string>{
                "perceptual.model is not defined for all examples: the score is 0",
                "perceptual.task is not defined for all examples: one constant answer is always right"}));
}

TEST(PermutationWarnings, SayNothingOfALossThatHasNoBestValue) {
  TableProblem problem = noisy_problem("log_loss");
  const Attribution result = PermutationImportance({.repeats = 3}).attribute(problem, Rng(3));
  EXPECT_EQ(row_of(result, "a", "perceptual.task").value, std::nullopt);
  EXPECT_TRUE(row_of(result, "a", "perceptual.model").value);
  EXPECT_TRUE(result.warnings.empty());
}

TEST(PermutationWarnings, AreAbsentWhenEverythingIsDefined) {
  TableProblem problem = noisy_problem("accuracy");
  const Attribution result = PermutationImportance({.repeats = 3}).attribute(problem, Rng(3));
  EXPECT_TRUE(result.warnings.empty());
  ASSERT_TRUE(result.score_ci95);
  EXPECT_LE(result.score_ci95->low, *result.score);
  EXPECT_GE(result.score_ci95->high, *result.score);
}

}  // namespace
}  // namespace modattr
