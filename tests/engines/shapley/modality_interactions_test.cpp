#include <cmath>

#include <gtest/gtest.h>

#include "modattr/engines/permutation/permutation.h"
#include "modattr/engines/shapley/modality_shapley.h"
#include "support/shapley_game.h"
#include "support/table_game.h"

// What modalities do together: the interaction index, InterSHAP, SHAPE and the gap to the additive projection.

namespace modattr::modality_interactions_test {
namespace {

constexpr double kRounding = 1e-14;

using Numbers = std::span<const double>;
using Bits = std::function<bool(double a, double b)>;

/// The four pairs of two fair bits, which are the background, too.
const std::vector<std::vector<double>> kBits = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};

/// A function of two fair bits as a model that is always right; v is the probability of the predicted class, or of
/// class 1.
enum class ExplainedClass { kPredicted, kOne };

TableProblem bits_problem(const Bits& function, ExplainedClass explained, std::vector<Stratum> groups = {}) {
  const auto game = [=](const Coalition& present, std::size_t example) {
    double sum = 0.0;
    for (const std::vector<double>& row : kBits) {
      sum += function(kBits[example][0] * present.contains(0) + row[0] * !present.contains(0),
                      kBits[example][1] * present.contains(1) + row[1] * !present.contains(1));
    }
    const bool is_one = explained == ExplainedClass::kOne || function(kBits[example][0], kBits[example][1]);
    return std::vector{is_one ? sum / 4.0 : 1.0 - sum / 4.0};
  };
  return TableProblem({.data = matrix_of(kBits),
                       .model = [=](Numbers bits) { return std::vector{function(bits[0], bits[1]) ? 1.0 : 0.0}; },
                       .metric = regression_metric("mse", std::vector<double>(4)),
                       .groups = std::move(groups),
                       .game = game});
}

Attribution explain(TableProblem problem, ModalityShapleyOptions options = {}) {
  return ModalityShapley(std::move(options)).attribute(problem, Rng(1));
}

double value_of(const Attribution& result, std::string_view modality, std::string_view definition) {
  return row_of(result, modality, definition).value.value();
}

const Bits kAnd = [](double a, double b) { return a == 1.0 && b == 1.0; };
const Bits kOr = [](double a, double b) { return a == 1.0 || b == 1.0; };
const Bits kXor = [](double a, double b) { return a != b; };
const Bits kFirst = [](double a, double) { return a == 1.0; };

TEST(ModalityInteractions, InterShapHasItsClosedForms) {
  const auto expect_both = [](const Bits& function, double share) {
    const Attribution result = explain(bits_problem(function, ExplainedClass::kPredicted));
    EXPECT_NEAR(value_of(result, "all", "interaction.intershap"), share, kRounding);
    EXPECT_NEAR(value_of(result, "all", "interaction.intershap_local"), share, kRounding);
    EXPECT_TRUE(result.warnings.empty());
  };
  expect_both(kAnd, 1.0 / 3.0);
  expect_both(kOr, 1.0 / 3.0);
  expect_both(kXor, 1.0);
  expect_both(kFirst, 0.0);
}

TEST(ModalityInteractions, InterShapTakesMeansBeforeSizesAndTheLocalOneSizesFirst) {
  // Of one fixed class effects of opposite sign cancel over all four pairs of bits, but not in an example.
  const Attribution result = explain(bits_problem(kAnd, ExplainedClass::kOne));
  EXPECT_EQ(row_of(result, "all", "interaction.intershap").value, std::nullopt);
  EXPECT_FALSE(row_of(result, "all", "interaction.intershap").ci95.has_value());
  EXPECT_NEAR(value_of(result, "all", "interaction.intershap_local"), 1.0 / 3.0, kRounding);
  EXPECT_EQ(value_of(result, "a|b", "interaction.mean"), 0.0);
  EXPECT_NEAR(value_of(result, "a|b", "interaction.mean_abs"), 0.25, kRounding);
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_EQ(
      result.warnings.front(),
      "interaction.intershap is not defined for all examples: main effects and interactions are all 0, or no more "
      "than rounding");
}

TEST(ModalityInteractions, InterShapIsNoRatioOfRoundingErrors) {
  // An additive game whose effects cancel over its two examples, but for what float32 loses.
  TableProblem problem(
      {.data = Matrix(2, 2),
       .model = [](Numbers) { return std::vector{0.0}; },
       .metric = regression_metric("output", {0.0, 0.0}),
       .game =
           [](const Coalition& present, std::size_t example) {
             const double sign = example == 0 ? 1.0 : -1.0;
             const double rounding = present.contains(0) && present.contains(1) && example == 0 ? 4e-8 : 0.0;
             return std::vector{0.9 + sign * ((present.contains(0) ? 0.5 : 0.0) + (present.contains(1) ? 0.25 : 0.0)) +
                                rounding};
           }});
  const Attribution result = explain(std::move(problem));
  EXPECT_EQ(row_of(result, "all", "interaction.intershap").value, std::nullopt);
  EXPECT_NEAR(value_of(result, "all", "interaction.intershap_local"), 0.0, 1e-7);
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_TRUE(result.warnings.front().starts_with("interaction.intershap is not defined for all examples"))
      << result.warnings.front();
}

TEST(ModalityInteractions, InterShapCountsEveryPairOnce) {
  // Of AND of three: phi_i = 1/3, phi_ij = 1/2, so phi_ii = -1/6.
  TableProblem problem(
      {.data = Matrix(1, 3),
       .model = [](Numbers) { return std::vector{0.0}; },
       .metric = regression_metric("output", {0.0}),
       .game = [](const Coalition& present, std::size_t) { return std::vector{and_game(3).value(present)}; }});
  const Attribution result = explain(std::move(problem));
  EXPECT_NEAR(value_of(result, "a|c", "interaction.mean"), 0.5, kRounding);
  EXPECT_NEAR(value_of(result, "all", "interaction.intershap"), 1.5 / (1.5 + 0.5), kRounding);
}

TEST(ModalityInteractions, TheLocalShareLeavesOutExamplesInWhichNothingHappens) {
  const auto game = [](const Coalition& present, std::size_t example) {
    // XOR, nothing, AND, nothing.
    if (example % 2 == 1) return std::vector{0.3};
    return std::vector{(example == 0 ? xor_game(2) : and_game(2)).value(present)};
  };
  TableProblem problem({.data = Matrix(4, 2),
                        .model = [](Numbers) { return std::vector{0.0}; },
                        .metric = regression_metric("output", std::vector<double>(4)),
                        .groups = {{"nothing", {1, 3}}},
                        .game = game});
  const Attribution result = explain(std::move(problem));
  // XOR without a background: phi_i = 0, phi_12 = -2, phi_ii = 1. AND: 1 and 0.
  EXPECT_NEAR(value_of(result, "all", "interaction.intershap_local"), (0.5 + 1.0) / 2.0, kRounding);
  EXPECT_EQ(row_of(result, "all", "interaction.intershap_local").examples, 2U) << "those behind the value";
  EXPECT_EQ(row_of(result, "all", "interaction.intershap").examples, 4U);
  EXPECT_EQ(row_of(result, "all", "interaction.intershap_local", "nothing").value, std::nullopt);
  EXPECT_EQ(row_of(result, "all", "interaction.intershap_local", "nothing").examples, 0U);
}

/// Random games of three modalities with an accuracy game beside them.
TableProblem accuracy_problem(const std::function<double(const Coalition& present, std::size_t example)>& accuracy) {
  return TableProblem({.data = Matrix(4, 2),
                       .model = [](Numbers) { return std::vector{0.0}; },
                       .metric = regression_metric("output", std::vector<double>(4)),
                       .game =
                           [=](const Coalition& present, std::size_t example) {
                             return std::vector{7.0 * static_cast<double>(present.size()), accuracy(present, example)};
                           },
                       .game_width = 2});
}

TEST(ModalityInteractions, ShapeIsTheAccuracyGameOverTheAccuracy) {
  // Right: with both in examples 0, 1, 2; with a in 0 and 1; with b in 0; with none in 3.
  const auto accuracy = [](const Coalition& present, std::size_t example) {
    if (present.is_full()) return example < 3 ? 1.0 : 0.0;
    if (present.contains(0)) return example < 2 ? 1.0 : 0.0;
    if (present.contains(1)) return example < 1 ? 1.0 : 0.0;
    return example == 3 ? 1.0 : 0.0;
  };
  const double v11 = 3.0 / 4.0;
  const double v10 = 2.0 / 4.0;
  const double v01 = 1.0 / 4.0;
  const double v00 = 1.0 / 4.0;
  const Attribution result = explain(accuracy_problem(accuracy));
  EXPECT_NEAR(value_of(result, "a|b", "shape.C"), (v11 - v10 - v01 + v00) / v11, kRounding);
  EXPECT_NEAR(value_of(result, "a", "shape.S"), (v10 - v00 + v11 - v01) / 2.0 / v11, kRounding);
  EXPECT_NEAR(value_of(result, "b", "shape.S"), (v01 - v00 + v11 - v10) / 2.0 / v11, kRounding);
  EXPECT_EQ(value_of(result, "a", "shapley.mean"), 7.0) << "the first number is what is explained";
}

TEST(ModalityInteractions, ShapeOfAModelThatIsNeverRightIsEmpty) {
  const Attribution result =
      explain(accuracy_problem([](const Coalition& present, std::size_t) { return present.is_full() ? 0.0 : 1.0; }));
  EXPECT_EQ(row_of(result, "a", "shape.S").value, std::nullopt);
  EXPECT_EQ(row_of(result, "a|b", "shape.C").value, std::nullopt);
  ASSERT_EQ(result.warnings.size(), 2U);
  EXPECT_EQ(result.warnings[0], "shape.S is not defined for all examples: no answer is right");
  EXPECT_TRUE(result.warnings[1].starts_with("shape.C is not defined"));
}

TEST(ModalityInteractions, ThereIsNoShapeWithoutAnAccuracy) {
  const Attribution result = explain(bits_problem(kAnd, ExplainedClass::kPredicted));
  for (const Score& row : result.rows) EXPECT_FALSE(row.definition.starts_with("shape.")) << row.definition;
}

TEST(ModalityInteractions, TheGapToTheAdditiveProjectionIsThatOfAllPairs) {
  const std::vector<Stratum> groups = {{"low", {0, 1}}, {"high", {2, 3}}};
  TableProblem problem = bits_problem(kAnd, ExplainedClass::kOne, groups);
  const Attribution shapley =
      explain(bits_problem(kAnd, ExplainedClass::kOne, groups), {.projection = AdditiveProjection::kComputed});
  const Attribution permuted = PermutationImportance({.draws = PermutationDraws::kAllPairs}).attribute(problem, Rng(1));
  EXPECT_EQ(shapley.score, permuted.score);
  ASSERT_TRUE(shapley.score_ci95.has_value());
  EXPECT_EQ(shapley.score_ci95->low, permuted.score_ci95->low);
  for (const char* const modality : {"a", "b"}) {
    for (const std::optional<std::string>& group :
         {std::optional<std::string>(), std::optional<std::string>("low"), std::optional<std::string>("high")}) {
      const Score& expected = row_of(permuted, modality, "emap.gap", group);
      const Score& actual = row_of(shapley, modality, "emap.gap", group);
      EXPECT_EQ(actual.value, expected.value);
      EXPECT_EQ(actual.std_error, expected.std_error);
      EXPECT_EQ(actual.examples, expected.examples);
      ASSERT_TRUE(actual.ci95 && expected.ci95);
      EXPECT_EQ(actual.ci95->low, expected.ci95->low);
      EXPECT_EQ(actual.ci95->high, expected.ci95->high);
    }
  }
  EXPECT_NE(row_of(shapley, "a", "emap.gap", "low").value, row_of(shapley, "a", "emap.gap").value);
}

TEST(ModalityInteractions, TheGapIsLeftOutUnlessAskedFor) {
  TableProblem problem = bits_problem(kAnd, ExplainedClass::kOne);
  const Attribution result = ModalityShapley({}).attribute(problem, Rng(1));
  EXPECT_THROW(row_of(result, "a", "emap.gap"), std::out_of_range);
  EXPECT_TRUE(problem.pair_modalities().empty());
  EXPECT_TRUE(result.score.has_value());
}

}  // namespace
}  // namespace modattr::modality_interactions_test
