#include "modattr/engines/shapley/feature_shapley.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "support/formula_games.h"
#include "support/table_game.h"

namespace modattr::feature_shapley_test {
namespace {

/// Two examples; modality a has the players 1, -1 and 2, modality b one of 2, all of which add up; in the second
/// example nothing counts.
TableProblem additive_problem() {
  const auto games = [] {
    return std::make_unique<FormulaGames>(std::vector<std::vector<std::size_t>>{{3, 1}, {3, 1}},
                                          [](const Coalition& present, std::uint32_t example) {
                                            const std::vector<double> worth = {1.0, -1.0, 2.0, 2.0};
                                            double sum = 0.0;
                                            for (std::size_t player = 0; player < worth.size(); ++player) {
                                              if (example == 0 && present.contains(player)) sum += worth[player];
                                            }
                                            return sum;
                                          });
  };
  return TableProblem({.data = matrix_of({{0.0, 0.0}, {1.0, 1.0}}),
                       .model = [](std::span<const double> numbers) { return std::vector{numbers[0] - 0.5}; },
                       .metric = binary_metric("accuracy", {0, 1}),
                       .columns = {{"half", {{"one", {0}}, {"two", {1}}}}},
                       .features = games});
}

Attribution attribute(FeatureShapleyOptions options) {
  TableProblem problem = additive_problem();
  options.estimator = std::make_shared<const ExactShapley>();
  return FeatureShapley(options).attribute(problem, Rng(0));
}

double value_of(const Attribution& attribution, const std::string& modality, const std::string& definition) {
  return row_of(attribution, modality, definition).value.value();
}

TEST(FeatureShapley, SharesOwenValuesByMagnitude) {
  const Attribution result = attribute({.index = ShapleyIndex::kOwen});
  // The second example has no shares: its 0/0 is not one half.
  EXPECT_NEAR(value_of(result, "a", "share.owen"), 4.0 / 6.0, 1e-12);
  EXPECT_NEAR(value_of(result, "b", "share.owen"), 2.0 / 6.0, 1e-12);
  EXPECT_NEAR(value_of(result, "a", "shapley.mean"), 1.0, 1e-12);
  EXPECT_NEAR(value_of(result, "b", "shapley.mean_abs"), 1.0, 1e-12);
  EXPECT_NEAR(value_of(result, "a", "share.abs"), 0.5, 1e-12);
  EXPECT_NEAR(value_of(result, "all", "shapley.full"), 2.0, 1e-12);
  EXPECT_EQ(value_of(result, "all", "shapley.empty"), 0.0);
}

TEST(FeatureShapley, KnowsSharesOfExactValuesWithoutError) {
  for (const ShapleyIndex index : {ShapleyIndex::kOwen, ShapleyIndex::kShapley}) {
    for (const Score& row : attribute({.index = index}).rows) {
      EXPECT_EQ(row.std_error,
                row.modality == "all" && row.definition == "accuracy" ? std::nullopt : std::optional(0.0))
          << row.definition;
    }
  }
}

TEST(FeatureShapley, SumsUpPairsOfModalities) {
  // Modality a has three players, b two; products of 4 across, of 2 and -1 within a, and of 1 in half of the examples.
  const auto games = [] {
    return std::make_unique<FormulaGames>(
        std::vector<std::vector<std::size_t>>{{3, 2}, {3, 2}}, [](const Coalition& present, std::uint32_t example) {
          const auto both = [&](std::size_t i, std::size_t j) { return present.contains(i) && present.contains(j); };
          return (both(0, 3) ? 4.0 : 0.0) + (both(0, 1) ? 2.0 : 0.0) - (both(1, 2) ? 1.0 : 0.0) +
                 (example == 1 && both(3, 4) ? 1.0 : 0.0);
        });
  };
  for (const PairIndex index : {PairIndex::kKSii, PairIndex::kStii, PairIndex::kFsii}) {
    TableProblem problem({.data = matrix_of({{0.0, 0.0}, {1.0, 1.0}}),
                          .model = [](std::span<const double> numbers) { return std::vector{numbers[0] - 0.5}; },
                          .metric = binary_metric("accuracy", {0, 1}),
                          .features = games});
    FeatureShapleyOptions options{.pair_index = index};
    options.estimator = std::make_shared<const ExactShapley>();
    const Attribution result = FeatureShapley(options).attribute(problem, Rng(0));
    const std::string definition(pair_definition(index));
    EXPECT_NEAR(value_of(result, "a|b", definition), 4.0, 1e-12);
    EXPECT_NEAR(value_of(result, "a", definition), 1.0, 1e-12);
    EXPECT_NEAR(value_of(result, "b", definition), 0.5, 1e-12);
    EXPECT_EQ(row_of(result, "a|b", definition).std_error, 0.0);

    const PlayerInteractions& pairs = result.examples.at(1).player_interactions.value();
    EXPECT_EQ(pairs.definition, definition);
    EXPECT_EQ(pairs.method, "exact");
    ASSERT_EQ(pairs.pairs.size(), 10U);
    // Those across modalities first, then by magnitude.
    EXPECT_EQ(pairs.pairs[0].first, 0U);
    EXPECT_EQ(pairs.pairs[0].second, 3U);
    EXPECT_NEAR(pairs.pairs[6].value, 2.0, 1e-12);
    EXPECT_EQ(pairs.pairs[6].second, 1U);
    EXPECT_NEAR(std::abs(pairs.pairs[7].value), 1.0, 1e-12);
  }
}

TEST(FeatureShapley, GivesRoundingNoShares) {
  // In the second example single precision alone makes differences, and the parts of modality b cancel up to rounding.
  const auto games = [] {
    return std::make_unique<FormulaGames>(
        std::vector<std::vector<std::size_t>>{{2, 2}, {2, 2}}, [](const Coalition& present, std::uint32_t example) {
          if (example == 1) return present.contains(2) ? 0.25 + 1e-9 : 0.25;
          return (present.contains(0) ? 1.0 : 0.0) + (present.contains(2) ? 0.1 : 0.0) +
                 (present.contains(3) ? 0.2 - 0.3 : 0.0);
        });
  };
  for (const ShapleyIndex index : {ShapleyIndex::kOwen, ShapleyIndex::kShapley}) {
    TableProblem problem({.data = matrix_of({{0.0, 0.0}, {1.0, 1.0}}),
                          .model = [](std::span<const double> numbers) { return std::vector{numbers[0] - 0.5}; },
                          .metric = binary_metric("accuracy", {0, 1}),
                          .features = games});
    FeatureShapleyOptions options{.index = index};
    options.estimator = std::make_shared<const ExactShapley>();
    const Attribution result = FeatureShapley(options).attribute(problem, Rng(0));
    const char* const share = index == ShapleyIndex::kOwen ? "share.owen" : "share.mm_shap";
    EXPECT_NEAR(value_of(result, "a", share), 1.0 / 1.2, 1e-9);
    EXPECT_NEAR(value_of(result, "b", share), 0.2 / 1.2, 1e-9);
  }
}

TEST(FeatureShapley, GivesWhatCancelsNoNetShares) {
  const auto games = [] {
    return std::make_unique<FormulaGames>(
        std::vector<std::vector<std::size_t>>{{3, 1}, {3, 1}}, [](const Coalition& present, std::uint32_t example) {
          if (example == 1) return present.contains(3) ? 1.0 : 0.0;
          return (present.contains(0) ? 0.3 : 0.0) - (present.contains(1) ? 0.1 : 0.0) -
                 (present.contains(2) ? 0.2 : 0.0);
        });
  };
  TableProblem problem({.data = matrix_of({{0.0, 0.0}, {1.0, 1.0}}),
                        .model = [](std::span<const double> numbers) { return std::vector{numbers[0] - 0.5}; },
                        .metric = binary_metric("accuracy", {0, 1}),
                        .features = games});
  FeatureShapleyOptions options{.index = ShapleyIndex::kShapley};
  options.estimator = std::make_shared<const ExactShapley>();
  EXPECT_EQ(value_of(FeatureShapley(options).attribute(problem, Rng(0)), "b", "share.net"), 1.0);
}

TEST(FeatureShapley, SharesOnePlainGameInThreeWays) {
  const Attribution result = attribute({.index = ShapleyIndex::kShapley});
  EXPECT_NEAR(value_of(result, "a", "share.mm_shap"), 4.0 / 6.0, 1e-12);
  EXPECT_NEAR(value_of(result, "a", "share.mm_shap_avg"), (4.0 / 3.0) / (4.0 / 3.0 + 2.0), 1e-12);
  EXPECT_NEAR(value_of(result, "a", "share.net"), 0.5, 1e-12);
}

TEST(FeatureShapley, ExplainsEveryExamplePlayerByPlayer) {
  const Attribution result = attribute({});
  ASSERT_EQ(result.examples.size(), 2U);
  const ExampleAttribution& first = result.examples.front();
  ASSERT_EQ(first.players.size(), 4U);
  EXPECT_EQ(first.players[1].label, "1");
  EXPECT_NEAR(first.players[1].value, -1.0, 1e-12);
  EXPECT_EQ(first.players[3].modality, 1U);
  EXPECT_EQ(first.players[3].player, 0U);
  EXPECT_NEAR(first.modalities[0], 2.0, 1e-12);
  EXPECT_NEAR(first.efficiency_gap, 0.0, 1e-12);
}

TEST(FeatureShapley, LeavesSharesOfNothingEmptyInABreakdown) {
  const Attribution result = attribute({.breakdown = "half"});
  for (const Score& row : result.rows) {
    if (row.definition != "share.owen" || row.group != "half two") continue;
    EXPECT_EQ(row.value, std::nullopt);
    EXPECT_EQ(
        std::ranges::count(result.warnings, "share.owen is not defined for group 'half two': every Shapley value is 0"),
        1);
    return;
  }
  FAIL() << "no row for the second half";
}

TEST(FeatureShapley, RefusesAnUnknownBreakdown) {
  EXPECT_THROW(attribute({.breakdown = "third"}), ConfigError);
}

}  // namespace
}  // namespace modattr::feature_shapley_test
