#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/engines/permutation/permutation.h"
#include "modattr/engines/permutation/row_maps.h"
#include "support/table_game.h"

// Draws against enumeration: all ordered pairs, all permutations, strata, evaluations.

namespace modattr::permutation_draws_test {
namespace {

using Numbers = std::span<const double>;

const PermutationOptions kAllPairs = {.draws = PermutationDraws::kAllPairs};

/// A model in which every number matters and nothing is symmetric.
std::vector<double> tangled(Numbers numbers) {
  double sum = 0.0;
  double product = 1.0;
  for (std::size_t modality = 0; modality < numbers.size(); ++modality) {
    sum += std::sin(static_cast<double>(modality + 2) * numbers[modality]);
    product *= numbers[modality] - 1.5;
  }
  return {sum + 0.3 * product};
}

TableProblem tangled_problem(std::size_t example_count, std::size_t modality_count,
                             std::map<std::string, std::vector<Stratum>, std::less<>> columns = {}) {
  RandomStream stream = Rng(77).stream(RandomPurpose::kBackground, 0, 0);
  Matrix data(example_count, modality_count);
  std::vector<double> labels;
  for (std::size_t example = 0; example < example_count; ++example) {
    for (double& number : data.row(example)) number = 3.0 * stream.uniform();
    labels.push_back(tangled(data.row(example))[0] + 0.2 * stream.uniform());
  }
  return TableProblem({.data = std::move(data),
                       .model = tangled,
                       .metric = regression_metric("mse", std::move(labels)),
                       .columns = std::move(columns)});
}

/// Mean outcome of `present` over the ordered pairs of different examples in `strata`, each example over its own
/// donors first.
double mean_over_pairs(const TableProblem& problem, const Coalition& present, const std::vector<Stratum>& strata) {
  double total = 0.0;
  for (const Stratum& stratum : strata) {
    for (const std::uint32_t example : stratum.examples) {
      double sum = 0.0;
      for (const std::uint32_t donor : stratum.examples) {
        if (donor != example) sum += problem.outcome(present, example, donor)[0];
      }
      const auto donor_count = static_cast<double>(stratum.examples.size() - 1);
      total += donor_count > 0 ? sum / donor_count : problem.outcome(present, example, example)[0];
    }
  }
  return total / static_cast<double>(problem.example_count());
}

void expect_mean_over_pairs(const Attribution& result, const TableProblem& problem,
                            const std::vector<Stratum>& strata) {
  const std::size_t player_count = problem.players().count();
  for (std::size_t modality = 0; modality < player_count; ++modality) {
    const std::string& name = problem.players().modality_name(modality);
    const double without = mean_over_pairs(problem, Coalition::full(player_count).without(modality), strata);
    const double alone = mean_over_pairs(problem, Coalition::single(player_count, modality), strata);
    EXPECT_NEAR(row_of(result, name, "permutation.without").value.value(), without, 1e-13);
    EXPECT_NEAR(row_of(result, name, "permutation.alone").value.value(), alone, 1e-13);
    EXPECT_NEAR(row_of(result, name, "permutation.drop").value.value(), without - problem.clean_score(), 1e-13);
    EXPECT_EQ(row_of(result, name, "permutation.drop").std_error, 0.0);
    EXPECT_EQ(row_of(result, name, "permutation.drop").p_value, std::nullopt);
  }
}

TEST(PermutationDraws, AllPairsAreTheMeanOverTheOrderedPairs) {
  TableProblem problem = tangled_problem(6, 3);
  const Attribution result = PermutationImportance(kAllPairs).attribute(problem, Rng(0));
  expect_mean_over_pairs(result, problem, {{"all", identity_map(6)}});
}

TEST(PermutationDraws, AllPairsOfTwoModalitiesAreTheMeanOverTheOrderedPairs) {
  // What one says alone is what the other lacks.
  TableProblem problem = tangled_problem(6, 2);
  const Attribution result = PermutationImportance(kAllPairs).attribute(problem, Rng(0));
  expect_mean_over_pairs(result, problem, {{"all", identity_map(6)}});
}

/// Logits of Hessel and Lee (EMNLP 2020), Figure 3: rows are texts, columns pictures.
TableProblem emap_problem(std::unique_ptr<Metric> metric) {
  const auto logit = [](std::span<const double> numbers) {
    const Matrix logits = matrix_of({{-1.3, 0.3, -0.2}, {0.8, 3.0, 1.1}, {1.1, -0.1, 0.7}});
    return std::vector{logits(static_cast<std::size_t>(numbers[0]), static_cast<std::size_t>(numbers[1]))};
  };
  return TableProblem({.data = matrix_of({{0, 0}, {1, 1}, {2, 2}}), .model = logit, .metric = std::move(metric)});
}

TEST(PermutationDraws, AllPairsGiveTheGapToTheAdditiveProjection) {
  // The projection has the logits -0.8, 2.1 and 0.5; the model itself -1.3, 3.0 and 0.7.
  TableProblem mean_output = emap_problem(regression_metric("output", {0, 0, 0}));
  const Attribution outputs = PermutationImportance(kAllPairs).attribute(mean_output, Rng(0));
  for (const char* modality : {"a", "b"}) {
    const Score gap = row_of(outputs, modality, "emap.gap");
    EXPECT_NEAR(gap.value.value(), (-1.3 + 3.0 + 0.7 - (-0.8 + 2.1 + 0.5)) / 3.0, 1e-12);
    EXPECT_EQ(gap.std_error, 0.0);
  }
  TableProblem squares = emap_problem(regression_metric("mse", {-0.8, 2.1, 0.5}));
  EXPECT_NEAR(row_of(PermutationImportance(kAllPairs).attribute(squares, Rng(0)), "a", "emap.gap").value.value(),
              (0.25 + 0.81 + 0.04) / 3.0, 1e-12);
}

TEST(PermutationDraws, AnAdditiveModelHasNoGap) {
  TableProblem problem({.data = matrix_of({{1, 4, 0}, {2, -1, 3}, {0.5, 2, 2}, {7, 0, 1}}),
                        .model = [](std::span<const double> x) { return std::vector{x[0] - x[1] * x[1] + x[2]}; },
                        .metric = regression_metric("mse", {1, 2, 3, 4})});
  const Attribution result = PermutationImportance(kAllPairs).attribute(problem, Rng(0));
  for (const char* modality : {"a", "b", "c"}) {
    EXPECT_NEAR(row_of(result, modality, "emap.gap").value.value(), 0.0, 1e-12);
  }
}

TEST(PermutationDraws, ReportTheGapForAllPairsOfTheWholeSetOnly) {
  TableProblem problem = tangled_problem(4, 2, {{"side", {{"l", {0, 1}}, {"r", {2, 3}}}}});
  EXPECT_THROW(row_of(PermutationImportance({.repeats = 2}).attribute(problem, Rng(0)), "a", "emap.gap"),
               std::out_of_range);
  const PermutationImportance within({.draws = PermutationDraws::kAllPairs, .within = "side"});
  EXPECT_THROW(row_of(within.attribute(problem, Rng(0)), "a", "emap.gap"), std::out_of_range);
}

TEST(PermutationDraws, AllPermutationsHaveTheirShareOfTheDropOfAllPairs) {
  constexpr std::size_t kExampleCount = 5;
  TableProblem problem = tangled_problem(kExampleCount, 2);
  RowMap donors = identity_map(kExampleCount);
  const Coalition present = Coalition::single(2, 1);
  double sum = 0.0;
  double count = 0.0;
  do {
    sum += problem.score(present, donors);
    ++count;
  } while (std::ranges::next_permutation(donors).found);
  EXPECT_EQ(count, 120.0);
  const Attribution exact = PermutationImportance(kAllPairs).attribute(problem, Rng(0));
  EXPECT_NEAR(sum / count - problem.clean_score(),
              (1.0 - 1.0 / kExampleCount) * row_of(exact, "a", "permutation.drop").value.value(), 1e-13);
}

TEST(PermutationDraws, RandomOnesConvergeToAllPermutations) {
  TableProblem problem = tangled_problem(6, 2);
  const Attribution exact = PermutationImportance(kAllPairs).attribute(problem, Rng(0));
  const Attribution random = PermutationImportance({.repeats = 300}).attribute(problem, Rng(4));
  for (const char* const modality : {"a", "b"}) {
    const Score drop = row_of(random, modality, "permutation.drop");
    const double expected = (1.0 - 1.0 / 6.0) * row_of(exact, modality, "permutation.drop").value.value();
    EXPECT_NEAR(drop.value.value(), expected, 3.0 * drop.std_error.value());
    EXPECT_LT(*drop.std_error, 0.1 * std::abs(expected));
  }
}

TEST(PermutationDraws, AllPairsStayInsideStrata) {
  const std::vector<Stratum> strata = {{"x", {0, 5, 2}}, {"y", {1}}, {"z", {3, 6, 4, 7}}};
  TableProblem problem = tangled_problem(8, 3, {{"colour", strata}});
  const Attribution result =
      PermutationImportance({.draws = PermutationDraws::kAllPairs, .within = "colour"}).attribute(problem, Rng(0));
  expect_mean_over_pairs(result, problem, strata);
  ASSERT_FALSE(result.warnings.empty());
  EXPECT_NE(result.warnings.front().find("'colour'"), std::string::npos);
  EXPECT_NE(result.warnings.front().find("choose a coarser column"), std::string::npos);
}

TEST(PermutationDraws, RandomOnesStayInsideStrata) {
  const std::vector<Stratum> strata = {{"x", {0, 5, 2}}, {"z", {3, 1, 4}}};
  TableProblem problem = tangled_problem(6, 2, {{"colour", strata}});
  const auto in_first = [](std::uint32_t example) { return example == 0 || example == 5 || example == 2; };
  PermutationImportance({.repeats = 20, .within = "colour"}).attribute(problem, Rng(2));
  ASSERT_EQ(problem.row_maps_of(Coalition::single(2, 0)).size(), 20U);
  ASSERT_EQ(problem.row_maps_of(Coalition::single(2, 1)).size(), 20U);
  bool moved = false;
  for (const RowMap& donors : problem.row_maps()) {
    for (std::uint32_t example = 0; example < 6; ++example) {
      EXPECT_EQ(in_first(donors[example]), in_first(example));
      moved |= donors[example] != example;
    }
  }
  EXPECT_TRUE(moved);
}

// scikit-learn's max_samples scores the baseline on all rows and the permuted data on some.
TEST(PermutationDraws, UseTheSameRowsForCleanAndPermutedScores) {
  TableProblem problem = tangled_problem(9, 2);
  PermutationImportance({.repeats = 3}).attribute(problem, Rng(2));
  ASSERT_EQ(problem.row_maps_of(Coalition::single(2, 0)).size(), 3U);
  EXPECT_EQ(problem.row_maps().front(), identity_map(9));
  for (RowMap donors : problem.row_maps()) {
    std::ranges::sort(donors);
    EXPECT_EQ(donors, identity_map(9));
  }
}

TEST(PermutationDraws, AskForEachMixOnce) {
  constexpr std::size_t kExampleCount = 5;
  constexpr std::size_t kRepeatCount = 3;
  const std::vector<std::pair<std::size_t, std::size_t>> mixes_per_draw = {{1, 1}, {2, 2}, {3, 6}};
  for (const auto& [modality_count, mix_count] : mixes_per_draw) {
    TableProblem problem = tangled_problem(kExampleCount, modality_count);
    PermutationImportance({.repeats = kRepeatCount}).attribute(problem, Rng(0));
    EXPECT_EQ(problem.progress().done, kExampleCount * (1 + kRepeatCount * mix_count)) << modality_count;
    EXPECT_EQ(problem.progress().announced, problem.progress().done) << modality_count;
  }
}

TEST(PermutationDraws, AskForTheSameMixesWithoutAModalityAndWithItAlone) {
  constexpr std::size_t kExampleCount = 7;
  for (const std::size_t modality_count : {2U, 3U, 4U}) {
    TableProblem problem = tangled_problem(kExampleCount, modality_count);
    PermutationImportance({.repeats = 3}).attribute(problem, Rng(1));
    // Whose data stands in every modality: [mixes][modalities].
    const auto mixes_of = [&](const Coalition& present) {
      std::multiset<std::vector<std::size_t>> mixes;
      for (const RowMap& donors : problem.row_maps_of(present)) {
        for (std::size_t example = 0; example < kExampleCount; ++example) {
          std::vector<std::size_t> mix;
          for (std::size_t modality = 0; modality < modality_count; ++modality) {
            mix.push_back(present.contains(modality) ? example : donors[example]);
          }
          mixes.insert(mix);
        }
      }
      return mixes;
    };
    for (std::size_t modality = 0; modality < modality_count; ++modality) {
      EXPECT_EQ(mixes_of(Coalition::full(modality_count).without(modality)),
                mixes_of(Coalition::single(modality_count, modality)));
    }
  }
}

TEST(PermutationDraws, OfACoalitionAreIndependent) {
  // Of three rows each permutation has one chance in six; two that were inverses of each other would agree in four of
  // six cases.
  TableProblem problem = tangled_problem(3, 2);
  PermutationImportance({.repeats = 2000}).attribute(problem, Rng(3));
  for (const std::size_t modality : {0U, 1U}) {
    const std::vector<RowMap> maps = problem.row_maps_of(Coalition::single(2, modality));
    double inverses = 0.0;
    for (std::size_t draw = 1; draw < maps.size(); ++draw) {
      if (maps[draw] == inverse(maps[draw - 1])) ++inverses;
    }
    EXPECT_NEAR(inverses / 2000.0, 1.0 / 6.0, 0.04);
  }
}

TEST(PermutationDraws, AskForTheCleanOutcomesAndThenForAllPairs) {
  TableProblem problem = tangled_problem(5, 3);
  PermutationImportance({.modalities = {1}, .draws = PermutationDraws::kAllPairs}).attribute(problem, Rng(0));
  EXPECT_EQ(problem.progress().done, 5U);
  EXPECT_EQ(problem.progress().announced, 5U);
  EXPECT_EQ(problem.pair_modalities(), std::vector<std::size_t>{1});
}

TEST(PermutationDraws, AskForAllPairsOfTwoModalitiesOnce) {
  TableProblem problem = tangled_problem(5, 2);
  PermutationImportance(kAllPairs).attribute(problem, Rng(0));
  EXPECT_EQ(problem.pair_modalities(), std::vector<std::size_t>{0});
}

TEST(PermutationDraws, ScoreOneOfTwoModalitiesWithoutAsTheOtherAlone) {
  TableProblem problem = tangled_problem(7, 2);
  const Attribution result = PermutationImportance({.repeats = 4}).attribute(problem, Rng(9));
  EXPECT_EQ(row_of(result, "a", "permutation.without").value, row_of(result, "b", "permutation.alone").value);
  EXPECT_EQ(row_of(result, "b", "permutation.without").value, row_of(result, "a", "permutation.alone").value);
  EXPECT_NE(row_of(result, "a", "permutation.without").value, row_of(result, "b", "permutation.without").value);
}

TEST(PermutationDraws, ScoreTheOnlyModalityAloneAsTheModel) {
  TableProblem problem = tangled_problem(7, 1);
  const Attribution result = PermutationImportance({.repeats = 4}).attribute(problem, Rng(9));
  EXPECT_EQ(row_of(result, "a", "permutation.alone").value, result.score);
  EXPECT_NE(row_of(result, "a", "permutation.without").value, result.score);
}

TEST(PermutationDraws, DoNotDependOnWhichModalitiesAreScored) {
  TableProblem problem = tangled_problem(6, 3);
  const Attribution all = PermutationImportance({.repeats = 3}).attribute(problem, Rng(6));
  const Attribution some = PermutationImportance({.modalities = {2, 0}, .repeats = 3}).attribute(problem, Rng(6));
  ASSERT_EQ(all.rows.size(), 15U);
  ASSERT_EQ(some.rows.size(), 10U);
  EXPECT_EQ(some.rows.front().modality, "c");
  for (const Score& row : some.rows) {
    const Score same = row_of(all, row.modality, row.definition);
    EXPECT_EQ(row.value, same.value);
    EXPECT_EQ(row.std_error, same.std_error);
    EXPECT_EQ(row.p_value, same.p_value);
    ASSERT_EQ(row.ci95.has_value(), same.ci95.has_value());
    if (!row.ci95) continue;
    EXPECT_EQ(row.ci95->low, same.ci95->low);
    EXPECT_EQ(row.ci95->high, same.ci95->high);
  }
}

TEST(PermutationDraws, AreFixedByTheSeed) {
  TableProblem problem = tangled_problem(6, 2);
  const auto drop = [&](std::uint64_t seed) {
    return row_of(PermutationImportance({.repeats = 3}).attribute(problem, Rng(seed)), "a", "permutation.drop").value;
  };
  const std::optional<double> first = drop(1);
  EXPECT_EQ(drop(1), first);
  EXPECT_NE(drop(2), first);
}

}  // namespace
}  // namespace modattr::permutation_draws_test
