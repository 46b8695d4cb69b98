#include "modattr/engines/surrogate/local_surrogate.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
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

TEST(LocalSurrogate, HasNoRowsOfModalitiesThatDoNotPlay) {
  const Attribution result = attribute({.modalities = {1}});
  EXPECT_THROW(static_cast<void>(row_of(result, "a", "lime.share")), std::out_of_range);
}

}  // namespace
}  // namespace modattr::local_surrogate_test
