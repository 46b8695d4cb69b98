#include "modattr/engines/shapley/modality_shapley.h"

#include <cmath>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/engines/mean_bootstrap.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "support/fake_estimator_game.h"
#include "support/shapley_game.h"
#include "support/table_game.h"
#include "support/thrown_message.h"

namespace modattr::modality_shapley_test {
namespace {

constexpr double kRounding = 1e-14;

/// One game per example; the model itself says nothing.
TableProblem problem_of(const std::vector<ShapleyGame>& games, std::vector<Stratum> groups = {},
                        std::map<std::string, std::vector<Stratum>, std::less<>> columns = {}) {
  return TableProblem({.data = Matrix(games.size(), games.front().player_count),
                       .model = [](std::span<const double>) { return std::vector{0.0}; },
                       .metric = regression_metric("output", std::vector<double>(games.size())),
                       .groups = std::move(groups),
                       .columns = std::move(columns),
                       .game = [games](const Coalition& present,
                                       std::size_t example) { return std::vector{games[example].value(present)}; }});
}

Attribution explain(TableProblem problem, ModalityShapleyOptions options = {}) {
  return ModalityShapley(std::move(options)).attribute(problem, Rng(1));
}

double value_of(const Attribution& result, std::string_view modality, std::string_view definition,
                const std::optional<std::string>& group = std::nullopt) {
  return row_of(result, modality, definition, group).value.value();
}

/// a adds 2, b takes 1 away, c does nothing.
const ShapleyGame kSum = additive_game({2.0, -1.0, 0.0});
/// The other way round.
const ShapleyGame kOpposite = additive_game({-1.0, 1.0, 0.0});

TEST(ModalityShapley, SolvesGamesWithClosedAnswers) {
  const Attribution glove = explain(problem_of({glove_game(3, 1)}));
  EXPECT_NEAR(value_of(glove, "a", "shapley.mean"), 2.0 / 3.0, kRounding);
  EXPECT_NEAR(value_of(glove, "b", "shapley.mean"), 1.0 / 6.0, kRounding);
  EXPECT_NEAR(value_of(glove, "c", "share.abs"), 1.0 / 6.0, kRounding);
  for (const std::size_t count : {2U, 3U, 4U}) {
    const double equal = 1.0 / static_cast<double>(count);
    for (const ShapleyGame& game : {and_game(count), or_game(count)}) {
      const Attribution result = explain(problem_of({game}));
      for (std::size_t player = 0; player < count; ++player) {
        const std::string name(1, static_cast<char>('a' + player));
        EXPECT_NEAR(value_of(result, name, "shapley.mean"), equal, kRounding);
        EXPECT_NEAR(value_of(result, name, "share.abs"), equal, kRounding);
      }
      EXPECT_EQ(value_of(result, "all", "shapley.full"), 1.0);
      EXPECT_EQ(value_of(result, "all", "shapley.empty"), 0.0);
    }
  }
  const Attribution sum = explain(problem_of({kSum}));
  EXPECT_EQ(value_of(sum, "a", "shapley.mean"), 2.0);
  EXPECT_EQ(value_of(sum, "b", "shapley.mean"), -1.0);
  EXPECT_EQ(value_of(sum, "c", "shapley.mean"), 0.0);
  EXPECT_EQ(value_of(sum, "c", "share.abs"), 0.0);
  EXPECT_NEAR(value_of(sum, "b", "share.abs"), 1.0 / 3.0, kRounding);
}

TEST(ModalityShapley, AveragesValuesAndTheirSizes) {
  const Attribution result = explain(problem_of({kSum, kSum, kOpposite}));
  EXPECT_NEAR(value_of(result, "a", "shapley.mean"), 1.0, kRounding);
  EXPECT_NEAR(value_of(result, "a", "shapley.mean_abs"), 5.0 / 3.0, kRounding);
  EXPECT_NEAR(value_of(result, "b", "shapley.mean"), -1.0 / 3.0, kRounding);
  EXPECT_NEAR(value_of(result, "b", "shapley.mean_abs"), 1.0, kRounding);
  EXPECT_NEAR(value_of(result, "a", "share.abs"), 5.0 / 8.0, kRounding)
      << "of the sums of sizes, not of example shares";
  EXPECT_NEAR(value_of(result, "all", "shapley.full"), 2.0 / 3.0, kRounding);
  const Score row = row_of(result, "a", "shapley.mean");
  EXPECT_EQ(row.examples, 3U);
  EXPECT_EQ(row.std_error, 0.0) << "enumerated";
  EXPECT_EQ(row.p_value, std::nullopt);
}

TEST(ModalityShapley, ResamplesTheExamples) {
  const Attribution result = explain(problem_of({kSum, kSum, kOpposite}));
  const Matrix columns = matrix_of({{2.0, 2.0, -1.0}, {2.0, 2.0, 1.0}, {1.0, 1.0, 1.0}});
  const MeanBootstrap bootstrap(columns, identity_map(3), {.example_count = 3}, Rng(1));
  const auto expect_interval = [&](std::string_view definition, const auto& score) {
    const Interval expected = bootstrap.estimate(score).interval().value();
    const Interval actual = row_of(result, "a", definition).ci95.value();
    EXPECT_NEAR(actual.low, expected.low, kRounding) << definition;
    EXPECT_NEAR(actual.high, expected.high, kRounding) << definition;
  };
  using Means = std::span<const double>;
  expect_interval("shapley.mean", [](Means means) { return std::optional(means[0]); });
  expect_interval("shapley.mean_abs", [](Means means) { return std::optional(means[1]); });
  expect_interval("share.abs", [](Means means) { return std::optional(means[1] / (means[1] + means[2])); });
  EXPECT_FALSE(row_of(explain(problem_of({kSum})), "a", "shapley.mean").ci95.has_value()) << "one example";
}

TEST(ModalityShapley, ResamplesEverySubsetForItself) {
  std::vector<ShapleyGame> games;
  Matrix weights(1, 12);
  for (std::uint32_t example = 0; example < 12; ++example) {
    weights(0, example) = static_cast<double>(example * 7 % 13);
    games.push_back(additive_game({weights(0, example), 1.0}));
  }
  const Attribution result = explain(problem_of(games, {{"few", {0, 1, 2}}, {"most", {3, 4, 5, 6, 7, 8, 9, 10, 11}}}));
  const std::vector<std::uint32_t> most = {3, 4, 5, 6, 7, 8, 9, 10, 11};
  const auto interval = [&](std::uint32_t subset) {
    return MeanBootstrap(weights, most, {.example_count = 9, .subset = subset}, Rng(1))
        .estimate([](std::span<const double> means) { return std::optional(means[0]); })
        .interval()
        .value();
  };
  const Interval actual = row_of(result, "a", "shapley.mean", "most").ci95.value();
  EXPECT_NEAR(actual.low, interval(2).low, kRounding);
  EXPECT_NEAR(actual.high, interval(2).high, kRounding);
  EXPECT_NE(interval(0).low, interval(2).low) << "another draw";
}

TEST(ModalityShapley, HasNoEfficiencyGap) {
  std::vector<ShapleyGame> games;
  for (std::uint32_t seed = 0; seed < 5; ++seed) games.push_back(random_game(4, seed));
  const Attribution result = explain(problem_of(games));
  EXPECT_LT(value_of(result, "all", "shapley.efficiency_gap"), 1e-13);
  for (const ExampleAttribution& example : result.examples) EXPECT_LT(std::abs(example.efficiency_gap), 1e-13);
}

/// An estimator that is right for sums only, on games of 13 modalities; the second has a joint bonus.
std::vector<ShapleyGame> large_games() {
  const auto sum = [](double bonus) {
    return ShapleyGame{13, [bonus](const Coalition& present) {
                         double value = present.is_full() ? bonus : 0.0;
                         for (std::size_t player = 0; player < 13; ++player) {
                           if (present.contains(player)) value += static_cast<double>(player);
                         }
                         return value;
                       }};
  };
  return {sum(0.0), sum(-3.0), sum(1.0)};
}

TEST(ModalityShapley, ShowsTheLargestEfficiencyGapOfAnEstimator) {
  const Attribution result = explain(problem_of(large_games(), {{"some", {0, 2}}}),
                                     {.estimator = std::make_shared<SinglePlayers>(), .coalition_count = 50});
  EXPECT_EQ(value_of(result, "all", "shapley.efficiency_gap"), 3.0);
  EXPECT_EQ(value_of(result, "all", "shapley.efficiency_gap", "some"), 1.0);
  ASSERT_EQ(result.examples.size(), 3U);
  EXPECT_EQ(result.examples[0].efficiency_gap, 0.0);
  EXPECT_EQ(result.examples[1].efficiency_gap, -3.0) << "signed";
  EXPECT_EQ(result.examples[2].efficiency_gap, 1.0);
}

TEST(ModalityShapley, SaysHowSureAnEstimatorIsAndNoMore) {
  const Attribution result =
      explain(problem_of(large_games()), {.estimator = std::make_shared<SinglePlayers>(), .coalition_count = 50});
  EXPECT_EQ(value_of(result, "e", "shapley.mean"), 4.0);
  EXPECT_NEAR(row_of(result, "e", "shapley.mean").std_error.value(), 0.4, kRounding);
  EXPECT_EQ(row_of(result, "e", "shapley.mean_abs").std_error, std::nullopt);
  EXPECT_EQ(row_of(result, "e", "share.abs").std_error, std::nullopt);
  EXPECT_NEAR(value_of(result, "e", "share.abs"), 4.0 / 78.0, kRounding);
  for (const Score& row : result.rows) EXPECT_FALSE(row.definition.starts_with("interaction.")) << row.definition;
  EXPECT_EQ(result.examples[0].method, "single-players");
  EXPECT_TRUE(result.examples[0].interactions.empty());
  EXPECT_TRUE(result.warnings.empty());
}

TEST(ModalityShapley, NeedsAnEstimatorBeyondTwelveModalities) {
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([] { return explain(problem_of(large_games())); }),
                       {"at most 12 modalities", "got 13"}));
}

TEST(ModalityShapley, ScoresGroupsAndABreakdown) {
  const Attribution result = explain(problem_of({kSum, kOpposite, kSum, kOpposite}, {{"red", {0, 1}}, {"blue", {2, 3}}},
                                                {{"label", {{"0", {0, 2}}, {"1", {1}}}}}),
                                     {.breakdown = "label"});
  EXPECT_NEAR(value_of(result, "a", "shapley.mean"), 0.5, kRounding);
  EXPECT_NEAR(value_of(result, "a", "shapley.mean", "red"), 0.5, kRounding);
  EXPECT_EQ(value_of(result, "a", "shapley.mean", "label 0"), 2.0);
  EXPECT_EQ(value_of(result, "a", "shapley.mean", "label 1"), -1.0);
  EXPECT_EQ(value_of(result, "all", "shapley.full", "label 0"), 1.0);
  EXPECT_EQ(value_of(result, "all", "interaction.intershap", "label 0"), 0.0);
  EXPECT_EQ(value_of(result, "a|b", "interaction.mean", "label 1"), 0.0);
  EXPECT_EQ(row_of(result, "a", "shapley.mean", "label 0").examples, 2U);
  EXPECT_FALSE(row_of(result, "a", "shapley.mean", "label 1").ci95.has_value()) << "one example";
  EXPECT_THROW(explain(problem_of({kSum}), {.breakdown = "colour"}), ConfigError);
}

TEST(ModalityShapley, ReportsTheModalitiesAskedFor) {
  const std::vector<ShapleyGame> games = {random_game(3, 1), random_game(3, 2)};
  const Attribution all = explain(problem_of(games));
  const Attribution some = explain(problem_of(games), {.modalities = {2}});
  EXPECT_EQ(value_of(some, "c", "shapley.mean"), value_of(all, "c", "shapley.mean"));
  EXPECT_EQ(value_of(some, "c", "share.abs"), value_of(all, "c", "share.abs")) << "all of them play";
  EXPECT_THROW(row_of(some, "a", "shapley.mean"), std::out_of_range);
  EXPECT_EQ(some.examples.front().modalities, all.examples.front().modalities);
}

TEST(ModalityShapley, ExplainsEveryExample) {
  const std::vector<ShapleyGame> games = {random_game(3, 1), random_game(3, 2)};
  const Attribution result = explain(problem_of(games));
  ASSERT_EQ(result.examples.size(), 2U);
  for (std::uint32_t index = 0; index < 2; ++index) {
    const ExampleAttribution& example = result.examples[index];
    const std::vector<double> table = table_of(games[index]);
    const Matrix interactions = shapley_interactions(table, 3);
    EXPECT_EQ(example.example, index);
    EXPECT_EQ(example.value_full, table.back());
    EXPECT_EQ(example.value_empty, table.front());
    EXPECT_EQ(example.modalities, shapley_values(table, 3));
    EXPECT_EQ(example.interactions, (std::vector{interactions(0, 1), interactions(0, 2), interactions(1, 2)}));
    EXPECT_TRUE(example.players.empty());
    EXPECT_EQ(example.evaluation_count, 8U);
    EXPECT_EQ(example.method, "exact");
  }
}

TEST(ModalityShapley, GivesOneModalityTheWholeEffect) {
  const Attribution result = explain(problem_of({additive_game({-3.0})}));
  EXPECT_EQ(value_of(result, "a", "shapley.mean"), -3.0);
  EXPECT_EQ(value_of(result, "a", "share.abs"), 1.0);
  EXPECT_EQ(value_of(result, "all", "shapley.efficiency_gap"), 0.0);
  EXPECT_THROW(row_of(result, "all", "interaction.intershap"), std::out_of_range) << "there is no pair";
  EXPECT_TRUE(result.examples.front().interactions.empty());
}

TEST(ModalityShapley, LeavesTheShareOfNothingEmptyAndSaysSo) {
  const Attribution result =
      explain(problem_of({additive_game({0.0, 0.0}), additive_game({1.0, 0.0})}, {{"dull", {0}}, {"lively", {1}}}));
  for (const char* const modality : {"a", "b"}) {
    const Score row = row_of(result, modality, "share.abs", "dull");
    EXPECT_EQ(row.value, std::nullopt);
    EXPECT_EQ(row.std_error, std::nullopt);
    EXPECT_FALSE(row.ci95.has_value());
  }
  EXPECT_EQ(value_of(result, "a", "share.abs"), 1.0);
  EXPECT_EQ(value_of(result, "a", "share.abs", "lively"), 1.0);
  ASSERT_EQ(result.warnings.size(), 3U) << "each definition once, not for every modality";
  EXPECT_EQ(result.warnings[0], "share.abs is not defined for group 'dull': every Shapley value is 0");
  EXPECT_TRUE(result.warnings[1].starts_with("interaction.intershap is not defined for group 'dull'"));
  EXPECT_TRUE(result.warnings[2].starts_with("interaction.intershap_local is not defined for group 'dull'"));
}

}  // namespace
}  // namespace modattr::modality_shapley_test
