#include "modattr/engines/surrogate/local_solver.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "support/formula_games.h"
#include "support/thrown_message.h"

namespace modattr::local_solver_test {
namespace {

using Counts = std::vector<std::vector<std::size_t>>;

const Counts kTwoTimesTwelve = {{12, 12}, {12, 12}};

/// Players 0, 1 and 12 count.
double additive(const Coalition& present, std::uint32_t /*example*/) {
  return (present.contains(0) ? 3.0 : 0.0) - (present.contains(1) ? 1.0 : 0.0) + (present.contains(12) ? 2.0 : 0.0);
}

TEST(LocalSolver, NeverAsksForMoreThanTheBudget) {
  for (const std::size_t draw_count : {1U, 7U}) {
    for (const std::size_t budget : {80U, 200U, 1000U}) {
      FormulaGames games(kTwoTimesTwelve, additive, draw_count);
      const LocalSurrogateOptions options{.budget = budget};
      const Rng rng(3);
      LocalSolver solver(games, options, rng, 1);
      const std::vector<LocalExplanation> solved = solver.solve(0, 2);
      EXPECT_LE(games.asked().size() * draw_count, 2 * budget);
      for (const LocalExplanation& one : solved) {
        EXPECT_LE(one.evaluation_count, budget);
        EXPECT_GT(one.evaluation_count, budget * 8 / 10 - draw_count);
        EXPECT_EQ(one.held_out_count, (one.evaluation_count / draw_count - 2) / 5);
      }
    }
  }
}

/// additive() beside noise of each draw, which is large against it and cancels over the draws of a coalition.
double additive_draw(const Coalition& present, std::uint32_t example, std::size_t draw) {
  const double phase = static_cast<double>(draw) + static_cast<double>(present.hash() % 1000);
  const std::size_t absent = present.player_count() - present.size();
  return additive(present, example) + (absent == 0 ? 0.0 : 4.0 * std::sin(phase * 2.0 * 3.14159265358979 / 20.0));
}

TEST(LocalSolver, TakesAPartOfTheRowsForEachCoalition) {
  for (const std::size_t budget : {200U, 1000U, 3000U}) {
    FormulaGames games(kTwoTimesTwelve, additive_draw, 20);
    const LocalSurrogateOptions options{.budget = budget};
    const Rng rng(3);
    LocalSolver solver(games, options, rng, 1);
    const LocalExplanation solved = solver.solve(0, 1).at(0);
    std::size_t count = 0;
    for (const ExampleGames::Query& query : games.asked()) count += query.draws.empty() ? 20 : query.draws.size();
    EXPECT_EQ(solved.evaluation_count, count);
    EXPECT_LE(count, budget);
    EXPECT_GT(count, budget - 5);
    EXPECT_EQ(solver.budget(0), count);
    EXPECT_EQ(games.asked().size(), 2 + (budget - 1 - 20) / 5);
    EXPECT_EQ(games.asked().front().draws.size(), 1U) << "all are equal";
    EXPECT_TRUE(games.asked().back().draws.empty()) << "v without any player is told as it is";
    EXPECT_NEAR(solved.value_empty, 0.0, 1e-12);
    EXPECT_NEAR(solved.value_full, 4.0, 1e-12);
  }
}

TEST(LocalSolver, AsksForMoreCoalitionsWhereTheyAreCheap) {
  const LocalSurrogateOptions options;
  const Rng rng(3);
  FormulaGames parts(kTwoTimesTwelve, additive_draw, 20);
  EXPECT_EQ(LocalSolver(parts, options, rng, 1).budget(0), 1U + 20U + 998U * 5U);
  for (const auto& [draw_count, coalitions] : {std::pair{1U, 1000U}, {5U, 1000U}, {20U, 512U}}) {
    FormulaGames whole(kTwoTimesTwelve, additive, draw_count);
    EXPECT_EQ(LocalSolver(whole, options, rng, 1).budget(0), coalitions * draw_count) << draw_count;
  }
}

TEST(LocalSolver, IsThatOfTheMeanOverAllRows) {
  // 14/4 of variance by coins (less in a neighbourhood), 16/2 / 5 * 15/19 of noise.
  double r2 = 0.0;
  double first = 0.0;
  double error = 0.0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    FormulaGames games(kTwoTimesTwelve, additive_draw, 20);
    const LocalSurrogateOptions options{.budget = 2000, .kernel_width = 1.0};
    const Rng rng(seed);
    const LocalExplanation solved = LocalSolver(games, options, rng, 1).solve(0, 1).at(0);
    r2 += solved.r2.value() / 20.0;
    const auto term = std::ranges::find(solved.surrogate.terms, SurrogateFactor{0}, &SurrogateTerm::factor);
    ASSERT_NE(term, solved.surrogate.terms.end());
    first += term->value / 20.0;
    error += term->std_error.value() / 20.0;
  }
  EXPECT_NEAR(r2, 0.96, 0.03) << "noise is no fault of the surrogate: with it, below 0.75";
  EXPECT_NEAR(first, 3.0, 0.1);
  EXPECT_NEAR(error, 0.13, 0.03) << "noise of the rows is in the errors: 2 sqrt(16/2 / 5 * 15/19 / 320)";
}

TEST(LocalSolver, TakesAllRowsWhereEveryCoalitionIsEvaluated) {
  const auto draw_number = [](const Coalition& present, std::uint32_t, std::size_t draw) {
    return static_cast<double>(present.size() * draw);
  };
  FormulaGames games(Counts{{3, 2}}, draw_number, 20);
  const Rng rng(3);
  for (const LocalSurrogateOptions& options : {LocalSurrogateOptions{.budget = 1 + 31 * 20}, LocalSurrogateOptions{},
                                               LocalSurrogateOptions{.size = NeighbourhoodSize::kAll}}) {
    const LocalExplanation solved = LocalSolver(games, options, rng, 1).solve(0, 1).at(0);
    EXPECT_EQ(solved.evaluation_count, 1U + 31U * 20U);
    EXPECT_EQ(LocalSolver(games, options, rng, 1).budget(0), solved.evaluation_count);
    EXPECT_TRUE(solved.is_whole);
    EXPECT_EQ(solved.held_out_count, 0U);
  }
  // Of the example itself all rows are equal.
  for (const ExampleGames::Query& query : games.asked()) EXPECT_EQ(query.draws.empty(), !query.coalition.is_full());
}

TEST(LocalSolver, TakesTheRowsThatTheBudgetAllowsWhereCoalitionsAreFew) {
  const auto draw_number = [](const Coalition& present, std::uint32_t, std::size_t draw) {
    return static_cast<double>(present.size()) + 0.01 * static_cast<double>(draw);
  };
  const Rng rng(3);
  // 32 coalitions, of which 30 take 5 rows at least: 171 evaluations; all 20: 621.
  for (const std::size_t budget : {171U, 200U, 350U, 620U}) {
    FormulaGames games(Counts{{3, 2}}, draw_number, 20);
    const LocalSurrogateOptions options{.budget = budget};
    const LocalExplanation solved = LocalSolver(games, options, rng, 1).solve(0, 1).at(0);
    EXPECT_LE(solved.evaluation_count, budget);
    EXPECT_GT(solved.evaluation_count + 30, budget);
    EXPECT_FALSE(solved.is_whole);
    EXPECT_EQ(solved.held_out_count, 6U);
    EXPECT_TRUE(solved.r2.has_value());
    ASSERT_EQ(games.asked().size(), 32U);
    const std::size_t rows = (budget - 21) / 30;
    for (const ExampleGames::Query& query : games.asked()) {
      const bool is_end = query.coalition.is_full() || query.coalition.size() == 0;
      EXPECT_EQ(query.draws.size(), query.coalition.is_full() ? 1U : is_end ? 0U : rows);
    }
  }
}

TEST(LocalSolver, RunsWithTheLeastBudgetThatItNames) {
  const auto draw_number = [](const Coalition& present, std::uint32_t, std::size_t draw) {
    return static_cast<double>(present.size() * (1 + draw));
  };
  const Rng rng(3);
  for (const auto& [player_count, least] :
       {std::pair{1U, 51U}, {2U, 61U}, {3U, 81U}, {4U, 96U}, {12U, 96U}, {30U, 96U}}) {
    FormulaGames games(Counts{{player_count}}, draw_number, 50);
    LocalSurrogateOptions options{.budget = least - 1};
    EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { LocalSolver(games, options, rng, 1).solve(0, 1); }),
                         {"expected at least " + std::to_string(least) + " "}))
        << player_count;
    options.budget = least;
    EXPECT_LE(LocalSolver(games, options, rng, 1).solve(0, 1).at(0).evaluation_count, least) << player_count;
  }
  FormulaGames games(Counts{{0}}, draw_number, 50);
  const LocalSurrogateOptions options{.budget = 1};
  EXPECT_EQ(LocalSolver(games, options, rng, 1).solve(0, 1).at(0).evaluation_count, 1U) << "nothing to remove";
}

TEST(LocalSolver, EvaluatesEveryCoalitionOnceWhereTheBudgetAllowsIt) {
  FormulaGames games(Counts{{3, 4}}, [](const Coalition& present, std::uint32_t) {
    return (present.contains(0) ? 3.0 : 0.0) + (present.contains(1) && present.contains(5) ? 2.0 : 0.0);
  });
  for (const LocalSurrogateOptions& options :
       {LocalSurrogateOptions{.budget = 128}, LocalSurrogateOptions{.size = NeighbourhoodSize::kAll}}) {
    const Rng rng(3);
    LocalSolver solver(games, options, rng, 1);
    const LocalExplanation solved = solver.solve(0, 1).at(0);
    EXPECT_EQ(solved.evaluation_count, 128U);
    EXPECT_EQ(solved.held_out_count, 0U);
    EXPECT_EQ(solved.stability, 1.0);
    EXPECT_TRUE(solved.r2.has_value());
    for (const SurrogateTerm& term : solved.surrogate.terms) EXPECT_EQ(term.std_error, 0.0);
  }
  EXPECT_EQ(games.asked().size(), 256U);
}

TEST(LocalSolver, HoldsTheOtherModalitiesWhereOneIsAskedFor) {
  FormulaGames games(Counts{{3, 4}}, [](const Coalition& present, std::uint32_t) {
    return (present.contains(0) ? 10.0 : 0.0) + (present.contains(4) ? 1.0 : 0.0);
  });
  const LocalSurrogateOptions options{.modalities = {1}, .surrogate = {.alpha = 1e-9}};
  const Rng rng(3);
  const LocalExplanation solved = LocalSolver(games, options, rng, 1).solve(0, 1).at(0);
  for (const ExampleGames::Query& query : games.asked()) {
    for (std::size_t player = 0; player < 3; ++player) EXPECT_TRUE(query.coalition.contains(player));
  }
  EXPECT_EQ(games.asked().size(), 16U);
  EXPECT_EQ(solved.players, (std::vector<std::size_t>{3, 4, 5, 6}));
  EXPECT_NEAR(solved.value_empty, 10.0, 1e-12);
  EXPECT_NEAR(solved.surrogate.terms.at(1).value, 1.0, 1e-6);
  EXPECT_EQ(solved.shares.at(0), 0.0);
  EXPECT_NEAR(solved.shares.at(1), 1.0, 1e-12);
}

TEST(LocalSolver, DoesNotDependOnTheExamplesAround) {
  const auto rough = [](const Coalition& present, std::uint32_t example) {
    return std::sin(static_cast<double>(present.hash() % 1000) + example) + (present.contains(2) ? 2.0 : 0.0);
  };
  FormulaGames games(kTwoTimesTwelve, rough);
  const LocalSurrogateOptions options{.budget = 200, .surrogate = {.kind = SurrogateKind::kLasso}};
  const Rng rng(3);
  LocalSolver together(games, options, rng, 2);
  LocalSolver apart(games, options, rng, 1);
  const LocalExplanation first = together.solve(0, 2).at(1);
  const LocalExplanation second = apart.solve(1, 1).at(0);
  EXPECT_EQ(first.r2, second.r2);
  EXPECT_EQ(first.stability, second.stability);
  EXPECT_EQ(first.share_errors, second.share_errors);
  ASSERT_EQ(first.surrogate.terms.size(), second.surrogate.terms.size());
  for (std::size_t term = 0; term < first.surrogate.terms.size(); ++term) {
    EXPECT_EQ(first.surrogate.terms[term].value, second.surrogate.terms[term].value);
    EXPECT_EQ(first.surrogate.terms[term].std_error, second.surrogate.terms[term].std_error);
  }
  EXPECT_LT(first.stability.value(), 1.0);
  EXPECT_GT(first.stability.value(), 0.0);
}

TEST(LocalSolver, DrawsByTheExamplesOwnNumber) {
  FormulaGames games(kTwoTimesTwelve, additive);
  const LocalSurrogateOptions options{.draws = {NeighbourDraw::kUniformCount, NeighbourDraw::kFairCoins},
                                      .budget = 100};
  const Rng rng(8);
  LocalSolver(games, options, rng, 1).solve(1, 1);
  const std::vector<NeighbourPart> parts = {{12, NeighbourDraw::kUniformCount}, {12, NeighbourDraw::kFairCoins}};
  const Neighbourhood expected =
      sample_neighbourhood(parts, 99, rng.stream(RandomPurpose::kNeighbourhood, games.key(1), 0));
  ASSERT_EQ(games.asked().size(), expected.coalitions.size() + 1);
  for (std::size_t row = 0; row < expected.coalitions.size(); ++row) {
    EXPECT_EQ(games.asked()[row].coalition, expected.coalitions[row]);
  }
  EXPECT_EQ(games.asked().back().coalition.size(), 0U);
}

TEST(LocalSolver, NamesTheLeastBudgetThatServesEveryExample) {
  for (const auto& [counts, least] : {std::pair{Counts{{2, 1}, {1, 1}}, 8U}, {Counts{{2, 1}, {12, 12}}, 11U}}) {
    const auto size = [](const Coalition& present, std::uint32_t) { return static_cast<double>(present.size()); };
    FormulaGames games(counts, size, 7);
    const Rng rng(3);
    LocalSurrogateOptions options{.budget = 7 * least - 1};
    EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { LocalSolver(games, options, rng, 1).solve(0, 2); }),
                         {"expected at least " + std::to_string(7 * least) + " ", "background rows"}));
    options.budget = 7 * least;
    EXPECT_EQ(LocalSolver(games, options, rng, 1).solve(0, 2).size(), 2U);
  }
}

TEST(LocalSolver, RefusesMorePlayersThanAFitTakes) {
  FormulaGames games({{1, 4096}},
                     [](const Coalition& present, std::uint32_t) { return static_cast<double>(present.size()); });
  const Rng rng(3);
  const LocalSurrogateOptions options;
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { LocalSolver(games, options, rng, 1).solve(0, 1); }),
                       {"at most 4096 players", "got 4097", "shap"}));
}

}  // namespace
}  // namespace modattr::local_solver_test
