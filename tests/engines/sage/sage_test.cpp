#include "modattr/engines/sage/sage.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/engines/shapley/estimators/leverage_shapley.h"
#include "support/formula_games.h"
#include "support/shapley_game.h"
#include "support/table_game.h"
#include "support/thrown_message.h"

namespace modattr::sage_test {
namespace {

/// A number of an example, half of them 1, half -1.
double sign_of(std::uint32_t example) {
  return example % 2 == 0 ? 1.0 : -1.0;
}

/// Modality a has the features 1, 2 + sign and 4, modality b one feature; the last two only count together.
double feature_game(const Coalition& present, std::uint32_t example) {
  double sum = -10.0;
  if (present.contains(0)) sum += 1.0;
  if (present.contains(1)) sum += 2.0 + sign_of(example);
  if (present.contains(2) && present.contains(3)) sum += 4.0;
  return sum;
}

struct SageProblem {
  std::size_t example_count = 40;
  std::vector<std::size_t> player_counts = {3, 1};
  FormulaGames::Formula formula = feature_game;
  /// Players of the last example, when they are not those of the others.
  std::vector<std::size_t> last_player_counts = {};

  TableProblem make() const {
    std::vector<std::vector<double>> rows;
    std::vector<std::int64_t> labels;
    Stratum even{"even", {}};
    for (std::uint32_t example = 0; example < example_count; ++example) {
      rows.push_back(std::vector<double>(player_counts.size(), sign_of(example)));
      labels.push_back(example % 2 == 0 ? 1 : 0);
      if (example % 2 == 0) even.examples.push_back(example);
    }
    std::vector<std::vector<std::size_t>> counts(example_count, player_counts);
    if (!last_player_counts.empty()) counts.back() = last_player_counts;
    return TableProblem({.data = matrix_of(rows),
                         .model = [](std::span<const double> numbers) { return std::vector{numbers[0]}; },
                         .metric = binary_metric("accuracy", labels),
                         .groups = {even},
                         .game =
                             [](const Coalition& present, std::size_t example) {
                               double sum = present.contains(0) ? sign_of(static_cast<std::uint32_t>(example)) : 0.0;
                               if (present.contains(0) && present.contains(1)) sum += 3.0;
                               // The second number, accuracy, is no business of this engine.
                               return std::vector{sum, 99.0};
                             },
                         .game_width = 2,
                         .features = [counts, this] { return std::make_unique<FormulaGames>(counts, formula); }});
  }
};

Attribution attribute(const SageProblem& problem, SageOptions options) {
  TableProblem table = problem.make();
  if (!options.estimator) options.estimator = std::make_shared<const ExactShapley>();
  return Sage(options).attribute(table, Rng(0));
}

double value_of(const Attribution& attribution, const std::string& modality, const std::string& definition = "sage",
                const std::optional<std::string>& group = std::nullopt) {
  return row_of(attribution, modality, definition, group).value.value();
}

TEST(Sage, SharesTheMeanLossAmongModalities) {
  const Attribution result = attribute({}, {});
  EXPECT_NEAR(value_of(result, "a"), 1.5, 1e-12);
  EXPECT_NEAR(value_of(result, "b"), 1.5, 1e-12);
  EXPECT_NEAR(value_of(result, "a", "sage", "even"), 2.5, 1e-12);
  EXPECT_NEAR(value_of(result, "all", "shapley.full", "even"), 4.0, 1e-12);
  EXPECT_NEAR(value_of(result, "all", "shapley.empty"), 0.0, 1e-12);
  EXPECT_EQ(row_of(result, "a", "sage").std_error, 0.0);
  ASSERT_TRUE(result.whole_set.has_value());
  EXPECT_NEAR(result.whole_set->modalities.at(0), 1.5, 1e-12);
  EXPECT_NEAR(result.whole_set->value_full, 3.0, 1e-12);
  EXPECT_TRUE(result.whole_set->players.empty()) << "modalities play themselves";
  EXPECT_TRUE(result.examples.empty());
}

TEST(Sage, SharesTheMeanLossAmongFeatures) {
  const Attribution result = attribute({}, {.players = SagePlayers::kFeatures});
  ASSERT_TRUE(result.whole_set.has_value());
  const std::vector<PlayerScore>& players = result.whole_set->players;
  ASSERT_EQ(players.size(), 4U);
  // Owen values: the pair of the last two is shared between the modalities.
  const std::vector<double> expected = {1.0, 2.0, 2.0, 2.0};
  for (std::size_t player = 0; player < 4; ++player) EXPECT_NEAR(players[player].value, expected[player], 1e-12);
  EXPECT_NEAR(value_of(result, "a"), 5.0, 1e-12);
  EXPECT_NEAR(result.whole_set->value_full - result.whole_set->value_empty, 7.0, 1e-12);
  EXPECT_NEAR(value_of(result, "a", "sage", "even"), 6.0, 1e-12);
}

TEST(Sage, PlaysOneGameOfAllFeaturesOnRequest) {
  SageProblem problem;
  problem.player_counts = {2, 2};
  problem.formula = [](const Coalition& present, std::uint32_t) { return present.size() >= 3 ? 12.0 : 0.0; };
  const Attribution result = attribute(problem, {.players = SagePlayers::kFeatures, .index = ShapleyIndex::kShapley});
  for (const PlayerScore& player : result.whole_set->players) EXPECT_NEAR(player.value, 3.0, 1e-12);
  EXPECT_NEAR(value_of(result, "b"), 6.0, 1e-12);
  EXPECT_EQ(row_of(result, "b", "sage").std_error, std::nullopt) << "errors of players depend on each other";
}

/// Standard error that a 95 % interval stands for.
double spread(const std::optional<Interval>& interval) {
  return interval ? (interval->high - interval->low) / (2.0 * 1.96) : -1.0;
}

TEST(Sage, TellsTheSamplingErrorOfTheExamples) {
  // The second feature's value is 2 +- 1: its mean over N examples has the error 1 / sqrt(N).
  for (const std::size_t example_count : {40U, 1000U}) {
    SageProblem problem;
    problem.example_count = example_count;
    const Attribution result = attribute(problem, {.players = SagePlayers::kFeatures});
    const std::vector<PlayerScore>& players = result.whole_set->players;
    const double expected = 1.0 / std::sqrt(static_cast<double>(example_count));
    EXPECT_NEAR(spread(players[1].ci95), expected, 0.25 * expected) << example_count;
    EXPECT_NEAR(spread(row_of(result, "a", "sage").ci95), expected, 0.25 * expected) << example_count;
    EXPECT_NEAR((players[1].ci95->high + players[1].ci95->low) / 2.0, 2.0, 0.5 * expected);
    EXPECT_NEAR(spread(players[0].ci95), 0.0, 1e-12) << "the same for every example";
  }
}

TEST(Sage, CutsManyExamplesIntoBlocks) {
  // 150 examples make 50 blocks of two and 50 of one.
  SageProblem problem;
  problem.example_count = 150;
  problem.player_counts = {1, 1};
  problem.formula = [](const Coalition& present, std::uint32_t example) {
    return present.contains(0) ? static_cast<double>(example) : 0.0;
  };
  const Attribution result = attribute(problem, {.players = SagePlayers::kFeatures});
  EXPECT_NEAR(value_of(result, "a"), 74.5, 1e-9);
  const Interval interval = row_of(result, "a", "sage").ci95.value();
  EXPECT_LT(interval.low, 74.5);
  EXPECT_GT(interval.high, 74.5);
}

/// One modality of 14 features: the mean of two networks.
SageProblem network_problem() {
  SageProblem problem;
  problem.example_count = 4;
  problem.player_counts = {14};
  problem.formula = [games = std::vector{network_game(14, 3), network_game(14, 4)}](
                        const Coalition& present, std::uint32_t example) { return games[example % 2].value(present); };
  return problem;
}

double largest_error(const ExampleAttribution& whole_set) {
  double largest = 0.0;
  for (const PlayerScore& player : whole_set.players) largest = std::max(largest, player.std_error.value());
  return largest;
}

double range(const ExampleAttribution& whole_set) {
  const auto [least, most] = std::ranges::minmax_element(whole_set.players, {}, &PlayerScore::value);
  return most->value - least->value;
}

Attribution attribute_network(SageOptions options) {
  options.players = SagePlayers::kFeatures;
  options.estimator = std::make_shared<const LeverageShapley>();
  return attribute(network_problem(), options);
}

TEST(Sage, AsksUntilTheErrorsAreSmall) {
  const Attribution usual = attribute_network({});
  EXPECT_LE(largest_error(*usual.whole_set), 0.025 * range(*usual.whole_set));
  EXPECT_TRUE(usual.warnings.empty());
  const Attribution loose = attribute_network({.tolerance = 0.5 * range(*usual.whole_set)});
  EXPECT_LT(loose.whole_set->evaluation_count, usual.whole_set->evaluation_count);
  const Attribution strict = attribute_network({.tolerance = 0.1 * largest_error(*usual.whole_set)});
  EXPECT_GT(strict.whole_set->evaluation_count, usual.whole_set->evaluation_count);

  // The mean of the two networks' own values.
  std::vector<double> truth(14, 0.0);
  for (const std::uint32_t seed : {3U, 4U}) {
    const std::vector<double> values = shapley_values(table_of(network_game(14, seed)), 14);
    for (std::size_t player = 0; player < 14; ++player) truth[player] += values[player] / 2.0;
  }
  for (std::size_t player = 0; player < 14; ++player) {
    const PlayerScore& score = usual.whole_set->players[player];
    EXPECT_NEAR(score.value, truth[player], 5.0 * score.std_error.value() + 1e-9);
  }
}

TEST(Sage, KeepsToTheBudgetAndSaysWhenItIsTooSmall) {
  const Attribution result = attribute_network({.budget = 100, .tolerance = 1e-9});
  EXPECT_LE(result.whole_set->evaluation_count, 100U);
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_NE(result.warnings.front().find("raise " + option("budget")), std::string::npos);
}

TEST(Sage, EnumeratesWhereTheBudgetAllowsIt) {
  SageProblem problem;
  problem.player_counts = {5, 5};
  problem.formula = [](const Coalition& present, std::uint32_t) { return static_cast<double>(present.size()); };
  const SageOptions options{.players = SagePlayers::kFeatures, .index = ShapleyIndex::kShapley, .budget = 1024};
  EXPECT_NEAR(attribute(problem, options).whole_set->players.front().value, 1.0, 1e-12);
}

TEST(Sage, ScoresTheModalitiesAskedFor) {
  const Attribution result = attribute({}, {.modalities = {1}});
  for (const Score& row : result.rows) EXPECT_NE(row.modality, "a");
  EXPECT_NEAR(value_of(result, "b"), 1.5, 1e-12);
}

TEST(Sage, RefusesFeaturesThatDifferFromExampleToExample) {
  SageProblem problem;
  problem.last_player_counts = {3, 2};
  const std::string message =
      thrown_message<ConfigError>([&] { attribute(problem, {.players = SagePlayers::kFeatures}); });
  EXPECT_NE(message.find("modality 'b'"), std::string::npos) << message;
}

}  // namespace
}  // namespace modattr::sage_test
