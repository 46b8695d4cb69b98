#include "modattr/engines/shapley/estimators/exact_shapley.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <unordered_set>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/shapley_game.h"
#include "support/thrown_message.h"

namespace modattr::exact_shapley_test {
namespace {

constexpr double kRounding = 1e-13;

std::vector<double> values_of(const ShapleyGame& game) {
  return shapley_values(table_of(game), game.player_count);
}

Matrix interactions_of(const ShapleyGame& game) {
  return shapley_interactions(table_of(game), game.player_count);
}

void expect_near(std::span<const double> actual, std::span<const double> expected, double tolerance = kRounding) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t index = 0; index < actual.size(); ++index) {
    EXPECT_NEAR(actual[index], expected[index], tolerance) << index;
  }
}

/// a joins c in a product and d never matters; b is alone.
ShapleyGame game_with_a_null_player() {
  return {4, [](const Coalition& coalition) {
            return (coalition.contains(0) && coalition.contains(2) ? 0.7 : 0.1) + (coalition.contains(1) ? 0.3 : 0.0);
          }};
}

EvaluatedGame whole_game(const ShapleyGame& game) {
  const std::size_t count = inner_coalition_count(game.player_count);
  return {game, ExactShapley().coalitions(game.player_count, count, coalition_stream(1))};
}

TEST(ShapleyValues, ShareAndOrAndXorEqually) {
  for (std::size_t count = 1; count <= 9; ++count) {
    const double player_count = static_cast<double>(count);
    expect_near(values_of(and_game(count)), std::vector(count, 1.0 / player_count));
    expect_near(values_of(or_game(count)), std::vector(count, 1.0 / player_count));
    expect_near(values_of(xor_game(count)), std::vector(count, count % 2 == 1 ? 1.0 / player_count : 0.0));
  }
}

TEST(ShapleyValues, SplitAGloveGame) {
  expect_near(values_of(glove_game(3, 1)), std::vector{2.0 / 3.0, 1.0 / 6.0, 1.0 / 6.0});
  expect_near(values_of(glove_game(3, 2)), std::vector{1.0 / 6.0, 1.0 / 6.0, 2.0 / 3.0});
}

TEST(ShapleyValues, ArePartsOfASum) {
  const std::vector<double> weights = {0.5, -2.0, 3.25, 0.0, 1.0};
  expect_near(values_of(additive_game(weights)), weights);
}

TEST(ShapleyValues, GiveANullPlayerExactlyNothing) {
  const std::vector<double> values = values_of(game_with_a_null_player());
  EXPECT_EQ(values[3], 0.0);
  EXPECT_NEAR(values[0], 0.3, kRounding);
  EXPECT_NEAR(values[1], 0.3, kRounding);
  EXPECT_NEAR(values[2], 0.3, kRounding);
}

TEST(ShapleyValues, AreTheMeanOverAllOrders) {
  for (std::size_t count = 1; count <= 6; ++count) {
    const ShapleyGame game = random_game(count, 3);
    expect_near(values_of(game), values_over_all_orders(game), 1e-12);
  }
}

TEST(ShapleyValues, RefuseATableOfAnotherLength) {
  EXPECT_THROW(shapley_values(std::vector<double>(7), 3), std::invalid_argument);
  EXPECT_THROW(shapley_values(std::vector<double>(1), 0), std::invalid_argument);
  EXPECT_THROW(shapley_values(std::vector<double>(1), 64), std::invalid_argument);
  EXPECT_THROW(shapley_interactions(std::vector<double>(7), 3), std::invalid_argument);
}

TEST(ShapleyInteractions, TellAndFromOrFromXorOfTwo) {
  expect_near(interactions_of(and_game(2)).values(), std::vector{0.0, 1.0, 1.0, 0.0});
  expect_near(interactions_of(or_game(2)).values(), std::vector{1.0, -1.0, -1.0, 1.0});
  expect_near(interactions_of(xor_game(2)).values(), std::vector{1.0, -2.0, -2.0, 1.0});
}

TEST(ShapleyInteractions, OfAGloveGame) {
  // The two right gloves stand in for each other.
  const Matrix interactions = interactions_of(glove_game(3, 1));
  EXPECT_NEAR(interactions(0, 1), 0.5, kRounding);
  EXPECT_NEAR(interactions(0, 2), 0.5, kRounding);
  EXPECT_NEAR(interactions(1, 2), -0.5, kRounding);
}

TEST(ShapleyInteractions, OfASumAreItsParts) {
  expect_near(interactions_of(additive_game({0.5, -2.0, 3.25})).values(),
              std::vector{0.5, 0.0, 0.0, 0.0, -2.0, 0.0, 0.0, 0.0, 3.25});
  EXPECT_EQ(interactions_of(additive_game({4.0})).values()[0], 4.0);
}

TEST(ShapleyInteractions, GiveANullPlayerExactlyNothing) {
  const Matrix interactions = interactions_of(game_with_a_null_player());
  for (std::size_t player = 0; player < 4; ++player) EXPECT_EQ(interactions(3, player), 0.0);
  EXPECT_NEAR(interactions(0, 2), 0.6, kRounding);
}

TEST(ShapleyInteractions, AreTheFormula) {
  for (std::size_t count = 2; count <= 6; ++count) {
    const ShapleyGame game = random_game(count, 4);
    const Matrix actual = interactions_of(game);
    const Matrix expected = interactions_by_formula(game);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < count; ++j) {
        if (i == j) continue;
        EXPECT_NEAR(actual(i, j), expected(i, j), 1e-12) << i << ", " << j;
      }
    }
  }
}

TEST(ShapleyInteractions, SumWithTheMainEffectsToTheWhole) {
  const ShapleyGame game = random_game(7, 5);
  const Matrix interactions = interactions_of(game);
  const std::vector<double> values = values_of(game);
  double total = 0.0;
  for (std::size_t i = 0; i < 7; ++i) {
    double row = interactions(i, i);
    for (std::size_t j = 0; j < 7; ++j) {
      if (i != j) row += interactions(i, j) / 2.0;
      if (j >= i) total += interactions(i, j);
    }
    EXPECT_NEAR(row, values[i], 1e-12);
  }
  EXPECT_NEAR(total, game.value(Coalition::full(7)) - game.value(Coalition::empty(7)), 1e-12);
}

TEST(ExactShapley, AsksForEveryCoalitionOnce) {
  for (std::size_t count = 2; count <= 10; ++count) {
    const EvaluatedGame game = whole_game(random_game(count, 1));
    const std::unordered_set<Coalition> different(game.coalitions.begin(), game.coalitions.end());
    EXPECT_EQ(different.size(), (std::size_t{1} << count) - 2);
    EXPECT_EQ(game.coalitions.size(), different.size());
    EXPECT_FALSE(different.contains(Coalition::empty(count)));
    EXPECT_FALSE(different.contains(Coalition::full(count)));
  }
}

TEST(ExactShapley, HasNoErrorInAnyOrder) {
  const ShapleyGame game = random_game(6, 2);
  EvaluatedGame whole = whole_game(game);
  std::ranges::reverse(whole.coalitions);
  std::ranges::reverse(whole.values);
  const ShapleyEstimate estimate = ExactShapley().estimate(whole.sampled());
  expect_near(estimate.values, values_over_all_orders(game), 1e-12);
  EXPECT_EQ(estimate.std_errors, std::vector<double>(6, 0.0));
}

TEST(ExactShapley, NeedsAnEvaluationForEveryCoalition) {
  const RandomStream stream = coalition_stream(1);
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { return ExactShapley().coalitions(5, 29, stream); }),
                       {"exact: expected a budget for all 2^n - 2 coalitions, got n = 5 players", "auto"}));
  EXPECT_TRUE(
      mentions(thrown_message<ConfigError>([&] { return ExactShapley().coalitions(200, 5000, stream); }), {"n = 200"}));
  EXPECT_EQ(ExactShapley().coalitions(5, 30, stream).size(), 30U);
}

TEST(ExactShapley, RefusesAGameWithHoles) {
  EvaluatedGame game = whole_game(random_game(4, 2));
  game.coalitions[3] = game.coalitions[4];
  EXPECT_THROW(static_cast<void>(ExactShapley().estimate(game.sampled())), std::invalid_argument);
  game.coalitions.resize(5);
  EXPECT_THROW(static_cast<void>(ExactShapley().estimate(game.sampled())), std::invalid_argument);
}

TEST(InnerCoalitionCount, IsTheLargestNumberWhereThereAreMore) {
  EXPECT_EQ(inner_coalition_count(2), 2U);
  EXPECT_EQ(inner_coalition_count(16), 65534U);
  EXPECT_EQ(inner_coalition_count(64), std::numeric_limits<std::size_t>::max());
  EXPECT_EQ(inner_coalition_count(1000), std::numeric_limits<std::size_t>::max());
}

}  // namespace
}  // namespace modattr::exact_shapley_test
