#include "modattr/engines/surrogate/local_surrogate.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/surrogate/local_solver.h"
#include "support/formula_games.h"
#include "support/table_game.h"
#include "support/thrown_message.h"

namespace modattr::local_surrogate_test {
namespace {

using Counts = std::vector<std::vector<std::size_t>>;

/// A problem of two examples and two modalities, "a" and "b", whose features play by a formula.
TableProblem problem_of(const Counts& player_counts, const FormulaGames::Formula& formula) {
  return TableProblem({.data = matrix_of({{0.0, 0.0}, {1.0, 1.0}}),
                       .model = [](std::span<const double> numbers) { return std::vector{numbers[0] - 0.5}; },
                       .metric = binary_metric("accuracy", {0, 1}),
                       .columns = {{"half", {{"one", {0}}, {"two", {1}}}}},
                       .features = [=] { return std::make_unique<FormulaGames>(player_counts, formula); }});
}

/// Players 0, 1 of a and 12 of b count; in the second example nothing does.
double additive(const Coalition& present, std::uint32_t example) {
  if (example == 1) return 0.25;
  return (present.contains(0) ? 3.0 : 0.0) - (present.contains(1) ? 1.0 : 0.0) + (present.contains(12) ? 2.0 : 0.0);
}

const Counts kTwoTimesTwelve = {{12, 12}, {12, 12}};

Attribution attribute(const LocalSurrogateOptions& options, const FormulaGames::Formula& formula = additive,
                      const Counts& counts = kTwoTimesTwelve, std::uint64_t seed = 1) {
  TableProblem problem = problem_of(counts, formula);
  return LocalSurrogate(options).attribute(problem, Rng(seed));
}

TEST(LocalSurrogate, FindsTheShapleyValuesOfAnAdditiveGame) {
  for (const SurrogateKind kind : {SurrogateKind::kRidge, SurrogateKind::kLasso, SurrogateKind::kTree}) {
    LocalSurrogateOptions options{.surrogate = {.kind = kind}};
    if (kind != SurrogateKind::kTree) options.surrogate.alpha = 1e-9;
    const ExampleAttribution example = attribute(options).examples.at(0);
    ASSERT_EQ(example.players.size(), 24U);
    EXPECT_NEAR(example.players[0].value, 3.0, 1e-6);
    EXPECT_NEAR(example.players[1].value, -1.0, 1e-6);
    EXPECT_NEAR(example.players[12].value, 2.0, 1e-6);
    EXPECT_NEAR(example.players[5].value, 0.0, 1e-6);
    EXPECT_EQ(example.players[13].modality, 1U);
    EXPECT_EQ(example.players[13].player, 1U);
    EXPECT_EQ(example.players[13].label, "1");
    EXPECT_NEAR(example.modalities[0], 2.0, 1e-6);
    EXPECT_NEAR(example.efficiency_gap, 0.0, 1e-6);
    const SurrogateReport& report = example.surrogate.value();
    EXPECT_NEAR(report.r2.value(), 1.0, 1e-9);
    EXPECT_NEAR(report.intercept, 0.0, 1e-6);
    EXPECT_NEAR(report.local_prediction, 4.0, 1e-6);
    EXPECT_EQ(report.rules.empty(), kind != SurrogateKind::kTree);
    EXPECT_EQ(example.value_full, 4.0);
    EXPECT_EQ(example.value_empty, 0.0);
  }
}

TEST(LocalSurrogate, SharesMagnitudesAndTheFidelityOfAModality) {
  const Attribution result = attribute({.surrogate = {.alpha = 1e-9}});
  EXPECT_NEAR(row_of(result, "a", "lime.share").value.value(), 4.0 / 6.0, 1e-6);
  EXPECT_NEAR(row_of(result, "b", "lime.share").value.value(), 2.0 / 6.0, 1e-6);
  EXPECT_NEAR(row_of(result, "all", "lime.r2").value.value(), 1.0, 1e-6);
  // Coins: variances 9/4 + 1/4 of 14/4; the coalitions are weighted and few.
  EXPECT_NEAR(row_of(result, "a", "lime.fidelity_lost").value.value(), 10.0 / 14.0, 0.15);
  EXPECT_NEAR(row_of(result, "b", "lime.fidelity_lost").value.value(), 4.0 / 14.0, 0.15);
  EXPECT_TRUE(row_of(result, "a", "lime.share").std_error.has_value());
  EXPECT_EQ(result.rows.front().definition, "lime.share");
}

TEST(LocalSurrogate, SaysNothingAboutAnExampleThatNeverChanges) {
  const Attribution result = attribute({.surrogate = {.alpha = 1e-9}, .breakdown = "half"});
  const SurrogateReport& report = result.examples.at(1).surrogate.value();
  EXPECT_EQ(report.r2, std::nullopt);
  EXPECT_EQ(row_of(result, "a", "lime.fidelity_lost", "half two").value, std::nullopt);
  EXPECT_EQ(row_of(result, "all", "lime.r2", "half two").value, std::nullopt);
  EXPECT_NEAR(row_of(result, "a", "lime.share", "half one").value.value(), 4.0 / 6.0, 1e-6);
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_NE(result.warnings[0].find("in 1 of 2 examples there is no r2"), std::string::npos) << result.warnings[0];
}

TEST(LocalSurrogate, SaysNothingAboutRounding) {
  const auto rounding = [](const Coalition& present, std::uint32_t) {
    return present.contains(3) ? 0.25 + 1e-9 : 0.25;
  };
  for (const SurrogateKind kind : {SurrogateKind::kRidge, SurrogateKind::kTree}) {
    const Attribution result = attribute({.surrogate = {.kind = kind}}, rounding);
    EXPECT_EQ(result.examples.at(0).surrogate.value().r2, std::nullopt);
    EXPECT_EQ(row_of(result, "a", "lime.share").value, std::nullopt);
  }
}

TEST(LocalSurrogate, KnowsWhatEveryCoalitionSaysWithoutError) {
  const Attribution result = attribute(
      {.size = NeighbourhoodSize::kAll},
      [](const Coalition& present, std::uint32_t) { return static_cast<double>(present.size()); }, {{3, 3}, {3, 3}});
  for (const char* const definition : {"lime.share", "lime.fidelity_lost"}) {
    EXPECT_EQ(row_of(result, "a", definition).std_error, 0.0) << definition;
  }
  EXPECT_EQ(row_of(result, "all", "lime.r2").std_error, 0.0);
}

TEST(LocalSurrogate, WarnsWhereNoPlayerHasACoefficient) {
  const Attribution result = attribute({.surrogate = {.kind = SurrogateKind::kLasso, .alpha = 100.0}});
  EXPECT_TRUE(std::ranges::any_of(result.warnings, [](const std::string& warning) {
    return warning.find("no player has a coefficient") != std::string::npos &&
           warning.find(option("alpha")) != std::string::npos;
  }));
}

TEST(LocalSurrogate, NeverAsksForMoreThanTheBudget) {
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

TEST(LocalSurrogate, TakesAPartOfTheRowsForEachCoalition) {
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

TEST(LocalSurrogate, AsksForMoreCoalitionsWhereTheyAreCheap) {
  const LocalSurrogateOptions options;
  const Rng rng(3);
  FormulaGames parts(kTwoTimesTwelve, additive_draw, 20);
  EXPECT_EQ(LocalSolver(parts, options, rng, 1).budget(0), 1U + 20U + 998U * 5U);
  for (const auto& [draw_count, coalitions] : {std::pair{1U, 1000U}, {5U, 1000U}, {20U, 512U}}) {
    FormulaGames whole(kTwoTimesTwelve, additive, draw_count);
    EXPECT_EQ(LocalSolver(whole, options, rng, 1).budget(0), coalitions * draw_count) << draw_count;
  }
}

TEST(LocalSurrogate, IsThatOfTheMeanOverAllRows) {
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

TEST(LocalSurrogate, TakesAllRowsWhereEveryCoalitionIsEvaluated) {
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

TEST(LocalSurrogate, TakesTheRowsThatTheBudgetAllowsWhereCoalitionsAreFew) {
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

TEST(LocalSurrogate, RunsWithTheLeastBudgetThatItNames) {
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

TEST(LocalSurrogate, EvaluatesEveryCoalitionOnceWhereTheBudgetAllowsIt) {
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

TEST(LocalSurrogate, HoldsTheOtherModalitiesWhereOneIsAskedFor) {
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
  const Attribution result = attribute({.modalities = {1}});
  EXPECT_THROW(static_cast<void>(row_of(result, "a", "lime.share")), std::out_of_range);
}

TEST(LocalSurrogate, DoesNotDependOnTheExamplesAround) {
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

TEST(LocalSurrogate, DrawsByTheExamplesOwnNumber) {
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

TEST(LocalSurrogate, RanksAPlantedConjunctionFirst) {
  const auto conjunction = [](const Coalition& present, std::uint32_t) {
    return (present.contains(3) && present.contains(14) ? 1.0 : 0.0) + (present.contains(5) ? 0.1 : 0.0);
  };
  const Attribution result =
      attribute({.surrogate = {.alpha = 1e-6, .pairs = PairSearch::kAcrossModalities}}, conjunction);
  const ExampleAttribution& example = result.examples.front();
  ASSERT_FALSE(example.surrogate->pairs.empty());
  const PairScore& pair = example.surrogate->pairs.front();
  EXPECT_EQ(pair.first.label, "3");
  EXPECT_EQ(pair.second.label, "2");
  EXPECT_NEAR(pair.value, 1.0, 0.01);
  for (const PlayerScore& player : example.players) EXPECT_LT(std::abs(player.value), pair.value / 5.0);
  // A pair counts half for each of its modalities.
  EXPECT_NEAR(row_of(result, "b", "lime.share").value.value(), 0.5 / 1.1, 0.02);
  EXPECT_NEAR(example.modalities[0], 0.6, 0.02);
}

TEST(LocalSurrogate, WarnsOfASurrogateThatIsNotToBeTrusted) {
  const auto parity = [](const Coalition& present, std::uint32_t) { return static_cast<double>(present.size() % 2); };
  const Attribution result = attribute({}, parity);
  EXPECT_LT(row_of(result, "all", "lime.r2").value.value(), 0.1);
  ASSERT_FALSE(result.warnings.empty());
  EXPECT_NE(result.warnings[0].find("in 2 of 2 examples the surrogate is not to be trusted"), std::string::npos);
}

TEST(LocalSurrogate, IsJudgedByCoalitionsThatItHasNotSeen) {
  // Noise: 24 coefficients fit a third of 80 numbers, and nothing of others.
  const auto noise = [](const Coalition& present, std::uint32_t example) {
    return std::sin(1e4 * static_cast<double>(present.hash() % 9973) + example);
  };
  double sum = 0.0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Attribution result =
        attribute({.budget = 100, .surrogate = {.alpha = 1e-3, .selection = ColumnSelection::kNone}}, noise,
                  kTwoTimesTwelve, seed);
    for (const ExampleAttribution& example : result.examples) sum += example.surrogate->r2.value();
  }
  EXPECT_LT(sum / 20.0, 0.0);
}

TEST(LocalSurrogate, PromisesSymmetryWhereNothingIsDrawnOrChosen) {
  const LocalSurrogateOptions whole{.size = NeighbourhoodSize::kAll,
                                    .surrogate = {.selection = ColumnSelection::kNone}};
  EXPECT_TRUE(LocalSurrogate(whole).guarantees().symmetry);
  EXPECT_FALSE(LocalSurrogate({}).guarantees().symmetry);
  const auto twins = [](const Coalition& present, std::uint32_t) {
    const double pair = (present.contains(0) ? 1.0 : 0.0) + (present.contains(1) ? 1.0 : 0.0);
    return pair * pair * (present.contains(3) ? 2.0 : 0.5);
  };
  for (const SurrogateKind kind : {SurrogateKind::kRidge, SurrogateKind::kLasso}) {
    LocalSurrogateOptions options = whole;
    options.surrogate.kind = kind;
    const ExampleAttribution example = attribute(options, twins, Counts{{3, 3}, {3, 3}}).examples.front();
    EXPECT_NEAR(example.players[0].value, example.players[1].value, 1e-10);
    EXPECT_GT(std::abs(example.players[0].value), 0.1);
  }
}

TEST(LocalSurrogate, ExplainsAnExampleWithoutPlayers) {
  const Attribution result = attribute({}, additive, Counts{{12, 12}, {0, 0}});
  EXPECT_TRUE(result.examples.at(1).players.empty());
  EXPECT_EQ(result.examples.at(1).surrogate->intercept, 0.25);
  EXPECT_NE(result.warnings.at(0).find("1 of 2 examples had no players"), std::string::npos);
}

TEST(LocalSurrogate, NamesTheLeastBudgetThatServesEveryExample) {
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

TEST(LocalSurrogate, RefusesMorePlayersThanAFitTakes) {
  FormulaGames games({{1, 4096}},
                     [](const Coalition& present, std::uint32_t) { return static_cast<double>(present.size()); });
  const Rng rng(3);
  const LocalSurrogateOptions options;
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { LocalSolver(games, options, rng, 1).solve(0, 1); }),
                       {"at most 4096 players", "got 4097", "shap"}));
}

TEST(LocalSurrogate, RefusesWhatDoesNotGoTogether) {
  const auto message = [](const LocalSurrogateOptions& options) {
    return spell_options(thrown_message<ConfigError>([&] { attribute(options); }), command_line_option);
  };
  EXPECT_NE(message({.budget = 10}).find("--budget: expected at least 11 evaluations per example for 24 players, got"),
            std::string::npos);
  EXPECT_NE(message({.size = NeighbourhoodSize::kAll}).find("at most 20 players in an example, got 24"),
            std::string::npos);
  EXPECT_NE(message({.surrogate = {.kind = SurrogateKind::kTree, .pairs = PairSearch::kAcrossModalities}})
                .find("--pairs: expected --surrogate ridge or lasso"),
            std::string::npos);
  EXPECT_NE(message({.modalities = {0}, .surrogate = {.pairs = PairSearch::kAcrossModalities}})
                .find("--pairs: expected players of at least 2 modalities"),
            std::string::npos);
  EXPECT_NE(message({.similarity = Similarity::kEncoder}).find("similarity: expected games of a model's inputs"),
            std::string::npos);
  EXPECT_THROW(attribute({.breakdown = "third"}), ConfigError);
}

}  // namespace
}  // namespace modattr::local_surrogate_test
