#include "modattr/engines/shapley/solved_games.h"

#include <map>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/engines/shapley/estimators/auto_shapley.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "support/fake_estimator_game.h"
#include "support/shapley_game.h"
#include "support/table_game.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

using Game = std::function<std::vector<double>(const Coalition& present, std::size_t example)>;

TableProblem problem_of(std::size_t modality_count, std::size_t example_count, Game game, std::size_t width = 1) {
  return TableProblem({.data = Matrix(example_count, modality_count),
                       .model = [](std::span<const double>) { return std::vector{0.0}; },
                       .metric = regression_metric("output", std::vector<double>(example_count)),
                       .game = std::move(game),
                       .game_width = width});
}

SolvedGames solve(Problem& problem, const ShapleyEstimator* estimator, std::size_t coalition_count) {
  ModalityCoalitions asked(problem.players().count(), estimator, coalition_count, Rng(1));
  ModalityValues values = evaluate_modalities(problem, asked);
  return SolvedGames(std::move(asked), std::move(values), problem.thread_count());
}

TEST(SolvedGames, AreTheEnumeratedGamesOfEveryExample) {
  // Another random game for every example and number.
  std::vector<ShapleyGame> games;
  for (std::uint32_t seed = 0; seed < 6; ++seed) games.push_back(random_game(4, seed));
  TableProblem problem = problem_of(
      4, 3,
      [&](const Coalition& present, std::size_t example) {
        return std::vector{games[example].value(present), games[3 + example].value(present)};
      },
      2);
  const SolvedGames solved = solve(problem, nullptr, 0);
  EXPECT_TRUE(solved.is_enumerated());
  EXPECT_TRUE(solved.knows_accuracy());
  EXPECT_EQ(solved.solved(0, 0).method, "exact");
  EXPECT_EQ(solved.evaluations_per_example(), 16U);
  for (std::size_t index = 0; index < games.size(); ++index) {
    const std::size_t number = index / 3;
    const std::size_t example = index % 3;
    const std::vector<double> table = table_of(games[index]);
    EXPECT_EQ(solved.empty_value(number, example), table.front());
    EXPECT_EQ(solved.full_value(number, example), table.back());
    const SolvedGame& game = solved.solved(number, example);
    EXPECT_EQ(game.values, shapley_values(table, 4));
    EXPECT_EQ(game.std_errors, std::vector<double>(4, 0.0));
    const Matrix interactions = shapley_interactions(table, 4);
    std::vector<double> pairs;
    std::vector<double> main_effects;
    for (std::size_t first = 0; first < 4; ++first) {
      main_effects.push_back(interactions(first, first));
      for (std::size_t second = first + 1; second < 4; ++second) pairs.push_back(interactions(first, second));
    }
    EXPECT_EQ(game.pairs, pairs);
    EXPECT_EQ(game.main_effects, main_effects);
  }
}

TEST(SolvedGames, AskForEveryCoalitionOnce) {
  std::map<std::size_t, int> asked;
  TableProblem problem = problem_of(3, 2, [&](const Coalition& present, std::size_t example) {
    if (example == 1) ++asked[present.hash()];
    return std::vector{0.0};
  });
  const SolvedGames solved = solve(problem, nullptr, 0);
  EXPECT_EQ(asked.size(), 8U);
  for (const auto& [coalition, times] : asked) EXPECT_EQ(times, 1);
  EXPECT_EQ(problem.progress().announced, 16U);
  EXPECT_FALSE(solved.knows_accuracy());
}

TEST(SolvedGames, OfOneModalityHaveNothingBetweenEmptyAndFull) {
  TableProblem problem = problem_of(1, 2, [](const Coalition& present, std::size_t example) {
    return std::vector{present.is_full() ? 5.0 : static_cast<double>(example)};
  });
  const SolvedGames solved = solve(problem, nullptr, 0);
  EXPECT_EQ(solved.solved(0, 0).method, "exact");
  EXPECT_EQ(solved.evaluations_per_example(), 2U);
  for (const std::size_t example : {0U, 1U}) {
    const double empty = static_cast<double>(example);
    EXPECT_EQ(solved.solved(0, example).values, std::vector{5.0 - empty});
    EXPECT_EQ(solved.solved(0, example).main_effects, std::vector{5.0 - empty});
    EXPECT_TRUE(solved.solved(0, example).pairs.empty());
    EXPECT_EQ(solved.empty_value(0, example), empty);
  }
}

TEST(SolvedGames, AreEnumeratedUpToTwelveModalities) {
  const Game sum = [](const Coalition& present, std::size_t) { return std::vector{double(present.size())}; };
  TableProblem twelve = problem_of(12, 1, sum);
  const SolvedGames solved = solve(twelve, nullptr, 0);
  EXPECT_EQ(solved.evaluations_per_example(), 4096U);
  EXPECT_NEAR(solved.solved(0, 0).values[7], 1.0, 1e-12);
  TableProblem thirteen = problem_of(13, 1, sum);
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { return solve(thirteen, nullptr, 100); }),
                       {"shap", "at most 12 modalities", "got 13"}));
}

TEST(SolvedGames, NameTheEstimatorThatWasChosen) {
  TableProblem problem = problem_of(13, 1, [](const Coalition& present, std::size_t) {
    return std::vector{static_cast<double>(present.size() * present.size())};
  });
  const AutoShapley estimator;
  const std::string method = solve(problem, &estimator, 200).solved(0, 0).method;
  EXPECT_TRUE(method == "leverage" || method == "gp") << method;
}

TEST(SolvedGames, LeaveLargeGamesToTheEstimator) {
  int calls = 0;
  TableProblem problem = problem_of(13, 2, [&](const Coalition& present, std::size_t example) {
    ++calls;
    double sum = 10.0;
    for (std::size_t player = 0; player < 13; ++player) {
      if (present.contains(player)) sum += static_cast<double>((player + 1) * (example + 1));
    }
    return std::vector{sum};
  });
  const SinglePlayers estimator;
  const SolvedGames solved = solve(problem, &estimator, 500);
  EXPECT_EQ(estimator.asked_count, 500U);
  EXPECT_FALSE(solved.is_enumerated());
  EXPECT_EQ(solved.solved(0, 0).method, "single-players");
  EXPECT_EQ(calls, 2 * (13 + 2)) << "a coalition that is listed twice is evaluated once";
  for (const std::size_t example : {0U, 1U}) {
    const SolvedGame& game = solved.solved(0, example);
    EXPECT_EQ(solved.empty_value(0, example), 10.0);
    EXPECT_EQ(solved.full_value(0, example), 10.0 + 91.0 * static_cast<double>(example + 1));
    EXPECT_EQ(game.values[4], 5.0 * static_cast<double>(example + 1));
    EXPECT_EQ(game.std_errors[4], 0.4);
    EXPECT_TRUE(game.pairs.empty());
    EXPECT_TRUE(game.main_effects.empty());
  }
}

TEST(SolvedGames, AskForNoMoreCoalitionsThanThereAre) {
  TableProblem problem = problem_of(13, 1, [](const Coalition&, std::size_t) { return std::vector{0.0}; });
  const SinglePlayers estimator;
  const SolvedGames solved = solve(problem, &estimator, 1000000);
  EXPECT_EQ(estimator.asked_count, 8190U);
}

TEST(SolvedGames, LeaveSmallGamesToTheFormula) {
  const ShapleyGame game = and_game(3);
  TableProblem problem =
      problem_of(3, 1, [&](const Coalition& present, std::size_t) { return std::vector{game.value(present)}; });
  const SinglePlayers estimator;
  const SolvedGames solved = solve(problem, &estimator, 100);
  EXPECT_EQ(solved.solved(0, 0).method, "exact");
  EXPECT_NEAR(solved.solved(0, 0).values[2], 1.0 / 3.0, 1e-15);
}

}  // namespace
}  // namespace modattr
