#include "modattr/engines/shapley/pair_solver.h"

#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/budget_error.h"
#include "modattr/engines/shapley/estimators/shapley_methods.h"
#include "support/formula_games.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

FeatureShapleyOptions pair_options(ShapleyIndex index, const std::string& method,
                                   std::optional<std::size_t> budget = std::nullopt) {
  return {
      .index = index, .estimator = make_shapley_estimator(method), .budget = budget, .pair_index = PairIndex::kKSii};
}

/// Values and pairs, as FeatureShapley asks for them.
struct SolvedPairs {
  std::vector<SolvedExample> values;
  std::vector<PairEstimate> pairs;
};

SolvedPairs solve_pairs(FormulaGames& games, const FeatureShapleyOptions& options, std::uint32_t first = 0) {
  const Rng rng(3);
  PairSolver pair_solver(games, options, rng, 2);
  const FeatureShapleyOptions value_options = pair_solver.options_of_values();
  FeatureSolver solver(games, value_options, rng, 2);
  pair_solver.check(solver);
  SolvedPairs result{solver.solve(first, games.example_count() - first), {}};
  result.pairs = pair_solver.solve(first, result.values);
  return result;
}

/// Everything interacts; other in every example.
double knotted(const Coalition& present, std::uint32_t example) {
  double sum = 0.3 * example;
  for (std::size_t player = 0; player < present.player_count(); ++player) {
    if (present.contains(player)) sum += std::cos(static_cast<double>(player * player + example));
  }
  return std::sin(sum) + 0.1 * sum * sum;
}

std::size_t different_coalitions(const FormulaGames& games) {
  std::set<std::pair<std::uint32_t, std::string>> asked;
  for (const ExampleGames::Query& query : games.asked()) {
    std::string members;
    for (std::size_t player = 0; player < query.coalition.player_count(); ++player) {
      members += query.coalition.contains(player) ? '1' : '0';
    }
    asked.emplace(query.example, members);
  }
  return asked.size();
}

TEST(PairSolver, FindsThePairsOfAProductWhateverTheValuesAreOf) {
  for (const ShapleyIndex index : {ShapleyIndex::kOwen, ShapleyIndex::kShapley}) {
    // 6 where b, c and d are there; the first modality is {a, b, c}, the second {d}.
    FormulaGames games({{{3, 1}}}, [](const Coalition& present, std::uint32_t) {
      return present.contains(1) && present.contains(2) && present.contains(3) ? 6.0 : 0.0;
    });
    const SolvedPairs solved = solve_pairs(games, pair_options(index, "auto"));
    // Half of what three add only together, to each pair of them: ab, ac, ad, bc, bd, cd.
    EXPECT_EQ(solved.pairs.front().values, (std::vector<double>{0.0, 0.0, 0.0, 3.0, 3.0, 3.0}));
    EXPECT_TRUE(solved.pairs.front().is_exact);
    EXPECT_EQ(solved.values.front().evaluation_count, 16U) << "every coalition once";
    EXPECT_EQ(games.asked().size(), 16U);
  }
}

TEST(PairSolver, LeavesTheValuesAsTheyAre) {
  for (const ShapleyIndex index : {ShapleyIndex::kOwen, ShapleyIndex::kShapley}) {
    FormulaGames games({{6, 4}, {3, 5}}, knotted);
    const FeatureShapleyOptions options = pair_options(index, "leverage", 400);
    FeatureShapleyOptions without = options;
    without.pair_index.reset();
    const Rng rng(3);
    const std::vector<SolvedExample> expected = FeatureSolver(games, without, rng, 1).solve(0, 2);
    const SolvedPairs solved = solve_pairs(games, options);
    for (std::size_t example = 0; example < 2; ++example) {
      EXPECT_EQ(solved.values[example].values, expected[example].values);
      EXPECT_EQ(solved.values[example].std_errors, expected[example].std_errors);
    }
  }
}

TEST(PairSolver, NeverExceedsTheBudgetAndAsksNothingTwice) {
  for (const ShapleyIndex index : {ShapleyIndex::kOwen, ShapleyIndex::kShapley}) {
    for (const char* const method : {"auto", "leverage", "gp"}) {
      for (const std::size_t budget : {301U, 420U}) {
        FormulaGames games({{5, 4}, {1, 8}}, knotted, 2);
        const SolvedPairs solved = solve_pairs(games, pair_options(index, method, budget));
        std::size_t evaluation_count = 0;
        for (const SolvedExample& values : solved.values) {
          EXPECT_LE(values.evaluation_count, budget);
          EXPECT_GT(values.evaluation_count, budget / 2);
          evaluation_count += values.evaluation_count;
        }
        EXPECT_EQ(games.asked().size() * 2, evaluation_count);
        EXPECT_EQ(different_coalitions(games), games.asked().size()) << method << " " << budget;
      }
    }
  }
}

TEST(PairSolver, TakesNothingMoreForThePlainIndex) {
  FormulaGames games({{12, 8}}, knotted);
  const SolvedPairs solved = solve_pairs(games, pair_options(ShapleyIndex::kShapley, "leverage", 200));
  EXPECT_EQ(solved.values.front().evaluation_count, 200U);
  EXPECT_EQ(games.asked().size(), 200U);
  EXPECT_FALSE(solved.pairs.front().is_exact);
  EXPECT_EQ(solved.pairs.front().values.size(), 190U);
}

TEST(PairSolver, EnumeratesWhereTheBudgetAllowsIt) {
  FormulaGames games({{3, 4}}, knotted);
  // Half for the values, which take 6 + 14 coalitions with and without the other modality, and 4 ends; the pairs all.
  EXPECT_TRUE(solve_pairs(games, pair_options(ShapleyIndex::kOwen, "auto", 130)).pairs.front().is_exact);
  EXPECT_FALSE(solve_pairs(games, pair_options(ShapleyIndex::kOwen, "auto", 110)).pairs.front().is_exact);
}

TEST(PairSolver, EnumeratesUpTo16PlayersByTheExactMethod) {
  FormulaGames games({{5, 5}}, knotted);
  EXPECT_TRUE(solve_pairs(games, pair_options(ShapleyIndex::kOwen, "exact")).pairs.front().is_exact);
  EXPECT_FALSE(solve_pairs(games, pair_options(ShapleyIndex::kOwen, "leverage")).pairs.front().is_exact);
}

TEST(PairSolver, ExplainsAnExampleAloneAsAmongOthers) {
  FormulaGames games({{6, 5}, {3, 8}}, knotted);
  const SolvedPairs both = solve_pairs(games, pair_options(ShapleyIndex::kOwen, "leverage", 300));
  const SolvedPairs alone = solve_pairs(games, pair_options(ShapleyIndex::kOwen, "leverage", 300), 1);
  EXPECT_EQ(alone.pairs.front().values, both.pairs.back().values);
  EXPECT_EQ(alone.pairs.front().std_errors, both.pairs.back().std_errors);
}

TEST(PairSolver, NamesTheLeastBudget) {
  for (const ShapleyIndex index : {ShapleyIndex::kOwen, ShapleyIndex::kShapley}) {
    FormulaGames games({{12, 8}, {2, 2}}, knotted, 5);
    std::size_t least = 0;
    try {
      solve_pairs(games, pair_options(index, "leverage", 20));
    } catch (const BudgetError& error) {
      least = error.need().least * error.need().evaluations_per_coalition;
      EXPECT_EQ(error.need().player_count, 20U);
    }
    ASSERT_GT(least, 5U * 60U) << "three coalitions per player";
    EXPECT_NO_THROW(solve_pairs(games, pair_options(index, "leverage", least)));
    EXPECT_THROW(solve_pairs(games, pair_options(index, "leverage", least - 1)), BudgetError);
  }
}

TEST(PairSolver, RefusesMorePlayersThanItsMemoryIsFor) {
  FormulaGames games({{150, 51}}, knotted);
  const std::string message =
      thrown_message<ConfigError>([&] { solve_pairs(games, pair_options(ShapleyIndex::kOwen, "auto")); });
  EXPECT_NE(message.find(option("interactions") + ": expected at most 200 features in an example"), std::string::npos)
      << message;
  EXPECT_NE(message.find("got 201"), std::string::npos) << message;
  EXPECT_TRUE(games.asked().empty());
}

TEST(PairSolver, FindsNoPairsAmongFewerThanTwoPlayers) {
  FormulaGames games({{0, 0}, {1, 0}, {1, 1}}, knotted);
  const SolvedPairs solved = solve_pairs(games, pair_options(ShapleyIndex::kOwen, "auto"));
  EXPECT_TRUE(solved.pairs[0].values.empty());
  EXPECT_TRUE(solved.pairs[1].values.empty());
  EXPECT_EQ(solved.pairs[2].values.size(), 1U);
}

}  // namespace
}  // namespace modattr
