#include "modattr/engines/shapley/feature_solver.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/engines/shapley/estimators/shapley_methods.h"
#include "support/formula_games.h"
#include "support/thrown_message.h"

namespace modattr::feature_solver_test {
namespace {

constexpr double kRounding = 1e-12;

FeatureShapleyOptions options_of(ShapleyIndex index, const std::string& method) {
  return {.index = index, .estimator = make_shapley_estimator(method)};
}

std::vector<SolvedExample> solve(FormulaGames& games, const FeatureShapleyOptions& options, std::uint32_t first = 0,
                                 std::optional<std::size_t> count = std::nullopt) {
  const Rng rng(3);
  return FeatureSolver(games, options, rng, 2).solve(first, count.value_or(games.example_count()));
}

/// 6 where b, c and d are there; the first modality is {a, b, c}, the second {d}.
FormulaGames product_games() {
  return FormulaGames({{{3, 1}}}, [](const Coalition& present, std::uint32_t) {
    return present.contains(1) && present.contains(2) && present.contains(3) ? 6.0 : 0.0;
  });
}

void expect_values(const std::vector<double>& values, const std::vector<double>& expected) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t player = 0; player < values.size(); ++player) {
    EXPECT_NEAR(values[player], expected[player], kRounding) << player;
  }
}

TEST(FeatureSolver, FindsTheOwenValuesOfAProduct) {
  FormulaGames games = product_games();
  const SolvedExample solved = solve(games, options_of(ShapleyIndex::kOwen, "exact")).front();
  expect_values(solved.values, {0.0, 1.5, 1.5, 3.0});
  expect_values(solved.modalities, {3.0, 3.0});
  EXPECT_EQ(solved.std_errors, std::vector<double>(4, 0.0));
  EXPECT_EQ(solved.player_counts, (std::vector<std::size_t>{3, 1}));
  EXPECT_EQ(solved.value_full, 6.0);
  EXPECT_EQ(solved.value_empty, 0.0);
  EXPECT_EQ(solved.evaluation_count, 4U + 2U * 6U) << "sets of modalities, and 2^3 - 2 coalitions with and without d";
  EXPECT_EQ(games.asked().size(), solved.evaluation_count);
}

TEST(FeatureSolver, FindsTheShapleyValuesOfAProduct) {
  FormulaGames games = product_games();
  const SolvedExample solved = solve(games, options_of(ShapleyIndex::kShapley, "exact")).front();
  expect_values(solved.values, {0.0, 2.0, 2.0, 2.0});
  expect_values(solved.modalities, {4.0, 2.0});
  EXPECT_EQ(solved.evaluation_count, 16U);
}

/// A game of a formula that has all kinds of interactions, other in every example.
double rich(const Coalition& present, std::uint32_t example) {
  double sum = 0.3 * example;
  for (std::size_t player = 0; player < present.player_count(); ++player) {
    if (present.contains(player)) sum += std::cos(static_cast<double>(player * player + example));
  }
  return std::sin(sum) + 0.1 * sum * sum;
}

/// Owen values as the mean over orders of modalities and, within them, of players (Owen 1977), by brute force.
std::vector<double> owen_by_orders(const std::vector<std::size_t>& counts, std::uint32_t example) {
  std::vector<std::size_t> players(std::accumulate(counts.begin(), counts.end(), std::size_t{0}));
  std::iota(players.begin(), players.end(), std::size_t{0});
  std::vector<std::size_t> modality_of;
  for (std::size_t modality = 0; modality < counts.size(); ++modality) {
    modality_of.insert(modality_of.end(), counts[modality], modality);
  }
  std::vector<double> sums(players.size());
  double order_count = 0.0;
  do {
    std::size_t changes = 1;
    for (std::size_t place = 1; place < players.size(); ++place) {
      changes += modality_of[players[place]] != modality_of[players[place - 1]] ? 1U : 0U;
    }
    if (changes != counts.size()) continue;
    Coalition present(players.size());
    for (const std::size_t player : players) {
      const double before = rich(present, example);
      sums[player] += rich(present.insert(player), example) - before;
    }
    ++order_count;
  } while (std::ranges::next_permutation(players).found);
  for (double& sum : sums) sum /= order_count;
  return sums;
}

TEST(FeatureSolver, AgreesWithAllOrdersThatKeepModalitiesTogether) {
  FormulaGames games({{2, 1, 3}, {2, 2, 2}}, rich);
  const std::vector<SolvedExample> solved = solve(games, options_of(ShapleyIndex::kOwen, "exact"));
  expect_values(solved[0].values, owen_by_orders({2, 1, 3}, 0));
  expect_values(solved[1].values, owen_by_orders({2, 2, 2}, 1));
}

TEST(FeatureSolver, GivesNothingToAModalityWithoutPlayers) {
  for (const ShapleyIndex index : {ShapleyIndex::kOwen, ShapleyIndex::kShapley}) {
    FormulaGames games({{2, 0, 2}, {0, 0, 0}, {0, 1, 0}}, rich);
    const std::vector<SolvedExample> solved = solve(games, options_of(index, "exact"));
    EXPECT_EQ(solved[0].modalities[1], 0.0);
    EXPECT_NEAR(std::accumulate(solved[0].modalities.begin(), solved[0].modalities.end(), 0.0),
                solved[0].value_full - solved[0].value_empty, kRounding);
    EXPECT_EQ(solved[1].modalities, std::vector<double>(3, 0.0));
    EXPECT_TRUE(solved[1].values.empty());
    EXPECT_EQ(solved[1].value_full, solved[1].value_empty);
    EXPECT_EQ(solved[1].evaluation_count, 1U);
    EXPECT_EQ(solved[2].modalities[1], solved[2].value_full - solved[2].value_empty);
    EXPECT_EQ(solved[2].evaluation_count, 2U);
  }
}

TEST(FeatureSolver, NeverExceedsItsBudget) {
  for (const ShapleyIndex index : {ShapleyIndex::kOwen, ShapleyIndex::kShapley}) {
    for (const char* const method : {"auto", "leverage", "permutation", "gp"}) {
      // Those that regress take longer the more they are given.
      const bool is_quick = method == std::string_view("permutation");
      for (const std::size_t budget : {400U, 501U, is_quick ? 1500U : 700U}) {
        FormulaGames games({{12, 5}, {3, 20}, {1, 9}}, rich, 2);
        FeatureShapleyOptions options = options_of(index, method);
        options.budget = budget;
        std::size_t sum = 0;
        for (const SolvedExample& solved : solve(games, options)) {
          EXPECT_LE(solved.evaluation_count, budget) << method;
          EXPECT_GT(solved.evaluation_count, budget / 4) << method;
          EXPECT_NEAR(std::accumulate(solved.values.begin(), solved.values.end(), 0.0),
                      solved.value_full - solved.value_empty, 1e-8)
              << method;
          sum += solved.evaluation_count;
        }
        EXPECT_EQ(games.asked().size() * games.evaluations_per_query(), sum) << "counted as asked";
      }
    }
  }
}

TEST(FeatureSolver, StopsEarlierWithinATolerance) {
  FormulaGames games({{12, 9}}, rich);
  FeatureShapleyOptions options = options_of(ShapleyIndex::kShapley, "leverage");
  options.budget = 4000;
  const SolvedExample all = solve(games, options).front();
  options.tolerance = 10.0 * std::ranges::max(all.std_errors) + 0.05;
  const SolvedExample some = solve(games, options).front();
  EXPECT_LT(some.evaluation_count, all.evaluation_count);
  EXPECT_LT(std::ranges::max(some.std_errors), *options.tolerance);
  options.tolerance = 1e-300;
  const SolvedExample none = solve(games, options).front();
  EXPECT_EQ(none.values, all.values) << "as if there were no tolerance";
  EXPECT_LE(none.evaluation_count, 4000U);
}

TEST(FeatureSolver, TakesAnErrorOfNothingForNoKnowledge) {
  // Right wherever player 0 is, and for a few other coalitions, which are seldom drawn.
  FormulaGames games({{12, 2}}, [](const Coalition& present, std::uint32_t) {
    bool is_rare = true;
    for (std::size_t player = 1; player < 12; ++player) is_rare = is_rare && present.contains(player) == (player < 7);
    return present.contains(0) || is_rare ? 1.0 : 0.0;
  });
  FeatureShapleyOptions options = options_of(ShapleyIndex::kShapley, "leverage");
  options.budget = 4000;
  options.tolerance = 0.01;
  EXPECT_GT(solve(games, options).front().evaluation_count, 500U);
}

TEST(FeatureSolver, SolvesAnExampleAloneAsAmongOthers) {
  for (const ShapleyIndex index : {ShapleyIndex::kOwen, ShapleyIndex::kShapley}) {
    for (const std::optional<double> tolerance : {std::optional<double>(), std::optional(0.2)}) {
      FormulaGames games({{9, 4}, {20, 15}, {5, 6}, {2, 30}}, rich);
      FeatureShapleyOptions options = options_of(index, "leverage");
      options.tolerance = tolerance;
      const std::vector<SolvedExample> together = solve(games, options);
      for (std::uint32_t example = 0; example < 4; ++example) {
        const SolvedExample alone = solve(games, options, example, 1).front();
        EXPECT_EQ(alone.values, together[example].values) << example << (tolerance ? " tolerance" : "");
        EXPECT_EQ(alone.std_errors, together[example].std_errors);
        EXPECT_EQ(alone.evaluation_count, together[example].evaluation_count);
      }
    }
  }
}

TEST(FeatureSolver, RefusesABudgetThatIsTooSmall) {
  for (const ShapleyIndex index : {ShapleyIndex::kOwen, ShapleyIndex::kShapley}) {
    for (const char* const method : {"auto", "exact", "leverage", "permutation", "gp", "proxy"}) {
      for (const std::size_t budget : {1U, 7U, 14U}) {
        FormulaGames games({{9, 4}}, rich);
        FeatureShapleyOptions options = options_of(index, method);
        options.budget = budget;
        EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { return solve(games, options); }), {option("budget")}))
            << method << " " << budget;
      }
    }
  }
}

TEST(FeatureSolver, EnumeratesUpToSixteenPlayersWithoutABudget) {
  // More than 32 coalitions per player.
  FormulaGames games({{3, 12}}, rich);
  for (const ShapleyIndex index : {ShapleyIndex::kOwen, ShapleyIndex::kShapley}) {
    const SolvedExample solved = solve(games, options_of(index, "exact")).front();
    EXPECT_EQ(solved.method, "exact");
    EXPECT_EQ(std::ranges::max(solved.std_errors), 0.0);
  }
  FormulaGames large({{3, 17}}, rich);
  EXPECT_NE(thrown_message<ConfigError>([&] { solve(large, options_of(ShapleyIndex::kOwen, "exact")); }).find("budget"),
            std::string::npos);
}

TEST(FeatureSolver, NamesTheLeastBudgetThatServesEveryExample) {
  for (const ShapleyIndex index : {ShapleyIndex::kOwen, ShapleyIndex::kShapley}) {
    for (const char* const method : {"auto", "exact", "leverage", "permutation", "gp", "proxy"}) {
      for (const std::size_t draw_count : {1U, 7U}) {
        FormulaGames games({{2, 1}, {3, 9}, {1, 1}, {5, 6}}, rich, draw_count);
        FeatureShapleyOptions options = options_of(index, method);
        options.budget = 9 * draw_count;
        const auto message = [&] { return thrown_message<ConfigError>([&] { return solve(games, options); }); };
        const std::string refusal = message();
        const std::string begin = option("budget") + ": expected at least ";
        ASSERT_TRUE(refusal.starts_with(begin)) << refusal;
        EXPECT_EQ(refusal.find("background rows") != std::string::npos, draw_count > 1) << refusal;
        options.budget = std::stoul(refusal.substr(begin.size()));
        EXPECT_EQ(solve(games, options).size(), 4U) << method;
        --*options.budget;
        EXPECT_EQ(message().substr(0, refusal.find(", got")), refusal.substr(0, refusal.find(", got"))) << method;
      }
    }
  }
}

TEST(FeatureSolver, SaysWhatServesMorePlayersThanTheMethodTakes) {
  FormulaGames games({{500, 2}}, rich);
  for (const char* const method : {"exact", "gp"}) {
    EXPECT_TRUE(
        mentions(thrown_message<ConfigError>([&] { return solve(games, options_of(ShapleyIndex::kOwen, method)); }),
                 {option("method") + " " + method, "500", "use method auto"}));
  }
}

TEST(FeatureSolver, RefusesOwenValuesOfManyModalities) {
  FormulaGames games({std::vector<std::size_t>(13, 1)}, rich);
  EXPECT_TRUE(
      mentions(thrown_message<ConfigError>([&] { return solve(games, options_of(ShapleyIndex::kOwen, "exact")); }),
               {option("index") + " owen", "at most 12", "got 13", option("index") + " shapley"}));
  EXPECT_EQ(solve(games, options_of(ShapleyIndex::kShapley, "leverage")).size(), 1U);
}

TEST(FeatureSolver, PassesOnValuesThatAreNoNumbers) {
  // Sums of infinities of both signs, in several rounds.
  FormulaGames games({{6, 2}}, [](const Coalition& present, std::uint32_t) {
    const double infinity = std::numeric_limits<double>::infinity();
    return !present.contains(0) ? 0.0 : present.contains(7) ? infinity : -infinity;
  });
  FeatureShapleyOptions options = options_of(ShapleyIndex::kOwen, "leverage");
  options.tolerance = 1e-9;
  const SolvedExample solved = solve(games, options).front();
  EXPECT_EQ(solved.values.size(), 8U);
  EXPECT_EQ(games.asked().size(), solved.evaluation_count);
}

}  // namespace
}  // namespace modattr::feature_solver_test
