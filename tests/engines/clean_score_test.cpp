#include "modattr/engines/clean_score.h"

#include <gtest/gtest.h>

#include "support/table_game.h"

namespace modattr {
namespace {

using Numbers = std::span<const double>;

/// The product of the modalities, as a logit of class 1 less a half.
TableProblem product_problem(std::size_t modality_count, std::string_view metric) {
  std::vector<std::vector<double>> rows = {{1, 1, 0}, {0, 2, 1}, {2, 2, 1}, {1, 0, 1}};
  for (std::vector<double>& row : rows) row.resize(modality_count);
  return TableProblem({.data = matrix_of(rows),
                       .model =
                           [](Numbers numbers) {
                             double product = 1.0;
                             for (const double number : numbers) product *= number;
                             return std::vector{product - 0.5};
                           },
                       .metric = binary_metric(metric, {1, 0, 1, 1})});
}

Attribution scores_of(TableProblem& problem, std::vector<std::size_t> modalities,
                      const std::vector<Subset>& subsets = {{std::nullopt, {0, 1, 2, 3}}}) {
  Attribution result;
  const CleanOutcomes outcomes = CleanOutcomes::evaluate(problem, modalities);
  add_scores(outcomes, problem, {.modalities = std::move(modalities), .subsets = subsets}, Rng(3), result);
  return result;
}

TEST(CleanScore, IsTheMetricOnTheUntouchedData) {
  for (const char* const metric : {"accuracy", "log_loss", "roc_auc"}) {
    TableProblem problem = product_problem(2, metric);
    const Attribution result = scores_of(problem, {});
    EXPECT_NEAR(result.score.value(), problem.clean_score(), 1e-15) << metric;
    ASSERT_TRUE(result.score_ci95.has_value());
    EXPECT_LE(result.score_ci95->low, *result.score);
    EXPECT_GE(result.score_ci95->high, *result.score);
    EXPECT_TRUE(result.rows.empty());
    EXPECT_TRUE(result.warnings.empty());
  }
}

TEST(CleanScore, ComparesWithTheProjectionOfEachSubset) {
  TableProblem problem = product_problem(2, "accuracy");
  const Attribution result = scores_of(problem, {0, 1}, {{std::nullopt, {0, 1, 2, 3}}, {"last", {3}}});
  // Row means of a * b: a times 5/4; column means: b times 1; mean of all: 5/4.
  const std::vector<double> projected = {1.25 + 1 - 1.25, 0 + 2 - 1.25, 2.5 + 2 - 1.25, 1.25 + 0 - 1.25};
  const std::vector<bool> labels = {true, false, true, true};
  double right = 0.0;
  for (std::size_t example = 0; example < 4; ++example) right += (projected[example] > 0.5) == labels[example];
  ASSERT_EQ(result.rows.size(), 4U);
  EXPECT_DOUBLE_EQ(row_of(result, "a", "emap.gap").value.value(), problem.clean_score() - right / 4.0);
  EXPECT_DOUBLE_EQ(row_of(result, "a", "emap.gap", "last").value.value(), 0.0) << "both are wrong";
  EXPECT_EQ(row_of(result, "a", "emap.gap", "last").examples, 1U);
  EXPECT_EQ(row_of(result, "b", "emap.gap").value, row_of(result, "a", "emap.gap").value);
  EXPECT_EQ(problem.pair_modalities(), (std::vector<std::size_t>{0})) << "two modalities share one projection";
  EXPECT_EQ(row_of(result, "a", "emap.gap").std_error, 0.0) << "all pairs";
}

TEST(CleanScore, HasAProjectionForEachOfThreeModalities) {
  TableProblem problem = product_problem(3, "log_loss");
  const Attribution result = scores_of(problem, {2, 0});
  EXPECT_EQ(problem.pair_modalities(), (std::vector<std::size_t>{2, 0}));
  ASSERT_EQ(result.rows.size(), 2U);
  EXPECT_EQ(result.rows.front().modality, "c");
  EXPECT_NE(row_of(result, "c", "emap.gap").value, row_of(result, "a", "emap.gap").value);
}

TEST(CleanScore, WarnsWhereThereIsNoProjection) {
  TableProblem problem = product_problem(2, "roc_auc");
  const Attribution result = scores_of(problem, {0, 1});
  EXPECT_TRUE(result.rows.empty());
  EXPECT_TRUE(problem.pair_modalities().empty());
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_EQ(result.warnings.front(), "emap.gap is not defined for metric 'roc_auc': it is no mean over examples");
}

}  // namespace
}  // namespace modattr
