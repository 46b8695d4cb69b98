#include "modattr/engines/shapley/estimators/pair_index.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "support/shapley_game.h"
#include "support/thrown_message.h"

namespace modattr::pair_index_test {
namespace {

constexpr double kRounding = 1e-12;
constexpr PairIndex kEveryIndex[] = {PairIndex::kKSii, PairIndex::kStii, PairIndex::kFsii};

std::vector<double> pairs_of(PairIndex index, const ShapleyGame& game) {
  return pair_values(index, table_of(game), game.player_count);
}

/// The entries above the diagonal, row by row.
std::vector<double> upper_triangle(const Matrix& matrix) {
  std::vector<double> values;
  for (std::size_t row = 0; row < matrix.row_count(); ++row) {
    for (std::size_t column = row + 1; column < matrix.column_count(); ++column) {
      values.push_back(matrix(row, column));
    }
  }
  return values;
}

void expect_pairs(const std::vector<double>& values, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t pair = 0; pair < values.size(); ++pair) EXPECT_NEAR(values[pair], expected[pair], tolerance) << pair;
}

double joint_effect(const ShapleyGame& game, const Coalition& others, std::size_t i, std::size_t j) {
  return game.value(others.with(i).with(j)) - game.value(others.with(i)) - game.value(others.with(j)) +
         game.value(others);
}

/// Shapley-Taylor as its paper defines it: the mean over all orders of the joint effect on those before both.
Matrix taylor_by_orders(const ShapleyGame& game) {
  const std::size_t count = game.player_count;
  Matrix result(count, count);
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  double order_count = 0.0;
  do {
    Coalition before(count);
    for (std::size_t place = 0; place < count; before.insert(order[place++])) {
      for (std::size_t later = place + 1; later < count; ++later) {
        const auto [low, high] = std::minmax(order[place], order[later]);
        result(low, high) += joint_effect(game, before, low, high);
      }
    }
    ++order_count;
  } while (std::ranges::next_permutation(order).found);
  for (double& value : result.values()) value /= order_count;
  return result;
}

/// Solves a system of equations by elimination with the largest pivots.
std::vector<double> solve_dense(Matrix matrix, std::vector<double> right_side) {
  const std::size_t size = right_side.size();
  for (std::size_t step = 0; step < size; ++step) {
    std::size_t pivot = step;
    for (std::size_t row = step; row < size; ++row) {
      if (std::abs(matrix(row, step)) > std::abs(matrix(pivot, step))) pivot = row;
    }
    for (std::size_t column = 0; column < size; ++column) std::swap(matrix(step, column), matrix(pivot, column));
    std::swap(right_side[step], right_side[pivot]);
    for (std::size_t row = 0; row < size; ++row) {
      if (row == step) continue;
      const double factor = matrix(row, step) / matrix(step, step);
      for (std::size_t column = step; column < size; ++column) matrix(row, column) -= factor * matrix(step, column);
      right_side[row] -= factor * right_side[step];
    }
  }
  for (std::size_t row = 0; row < size; ++row) right_side[row] /= matrix(row, row);
  return right_side;
}

/// Faith-SHAP as its paper defines it: the polynomial of order 2 of the least squares with the Shapley kernel that
/// agrees with the game at both ends, by its Lagrange equations.
std::vector<double> faithful_by_regression(const ShapleyGame& game) {
  const std::size_t count = game.player_count;
  const std::size_t term_count = 1 + count + count * (count - 1) / 2;
  const auto terms_of = [&](const Coalition& coalition) {
    std::vector<double> terms = {1.0};
    for (std::size_t i = 0; i < count; ++i) terms.push_back(coalition.contains(i) ? 1.0 : 0.0);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = i + 1; j < count; ++j) {
        terms.push_back(coalition.contains(i) && coalition.contains(j) ? 1.0 : 0.0);
      }
    }
    return terms;
  };
  Matrix matrix(term_count + 2, term_count + 2);
  std::vector<double> right_side(term_count + 2, 0.0);
  std::size_t end_count = 0;
  for (std::size_t members = 0; members < std::size_t{1} << count; ++members) {
    const Coalition coalition = coalition_of_bits(members, count);
    const std::vector<double> terms = terms_of(coalition);
    const double value = game.value(coalition);
    const auto n = static_cast<double>(count);
    const auto s = static_cast<double>(coalition.size());
    if (coalition.size() == 0 || coalition.is_full()) {
      const std::size_t place = term_count + end_count++;
      for (std::size_t term = 0; term < term_count; ++term) matrix(place, term) = matrix(term, place) = terms[term];
      right_side[place] = value;
      continue;
    }
    const double sets = std::tgamma(n + 1.0) / std::tgamma(s + 1.0) / std::tgamma(n - s + 1.0);
    const double weight = (n - 1.0) / (sets * s * (n - s));
    for (std::size_t row = 0; row < term_count; ++row) {
      for (std::size_t column = 0; column < term_count; ++column) {
        matrix(row, column) += weight * terms[row] * terms[column];
      }
      right_side[row] += weight * terms[row] * value;
    }
  }
  const std::vector<double> solution = solve_dense(std::move(matrix), std::move(right_side));
  return {solution.begin() + static_cast<std::ptrdiff_t>(1 + count),
          solution.begin() + static_cast<std::ptrdiff_t>(term_count)};
}

TEST(PairIndex, IsTheShapleyInteractionIndex) {
  for (std::size_t count = 2; count <= 8; ++count) {
    const ShapleyGame game = random_game(count, 5);
    expect_pairs(pairs_of(PairIndex::kKSii, game), upper_triangle(interactions_by_formula(game)), kRounding);
  }
}

TEST(PairIndex, IsShapleyTaylorOverAllOrders) {
  for (std::size_t count = 2; count <= 6; ++count) {
    const ShapleyGame game = random_game(count, 6);
    expect_pairs(pairs_of(PairIndex::kStii, game), upper_triangle(taylor_by_orders(game)), kRounding);
  }
}

TEST(PairIndex, IsTheRegressionOfFaithShap) {
  for (std::size_t count = 3; count <= 7; ++count) {
    const ShapleyGame game = random_game(count, 7);
    expect_pairs(pairs_of(PairIndex::kFsii, game), faithful_by_regression(game), 1e-9);
  }
}

TEST(PairIndex, LeavesWhatSinglePlayersAddToShapleyTaylor) {
  const ShapleyGame game = random_game(7, 8);
  double sum = 0.0;
  for (const double value : pairs_of(PairIndex::kStii, game)) sum += value;
  const double empty = game.value(Coalition::empty(7));
  for (std::size_t player = 0; player < 7; ++player) sum += game.value(Coalition::single(7, player)) - empty;
  EXPECT_NEAR(sum, game.value(Coalition::full(7)) - empty, kRounding);
}

TEST(PairIndex, GivesAProductToItsPair) {
  // Two of six players: every index is the coefficient.
  const ShapleyGame game = {6, [](const Coalition& coalition) {
                              const double pair = coalition.contains(1) && coalition.contains(4) ? 2.5 : 0.0;
                              return pair + (coalition.contains(0) ? 0.25 : 0.0);
                            }};
  for (const PairIndex index : kEveryIndex) {
    const std::vector<double> values = pairs_of(index, game);
    // (0, 1) ... (0, 5), (1, 2), (1, 3), (1, 4)
    for (std::size_t pair = 0; pair < values.size(); ++pair)
      EXPECT_NEAR(values[pair], pair == 7 ? 2.5 : 0.0, kRounding);
  }
}

TEST(PairIndex, AgreesWithShapiqOnItsPairGame) {
  // interactions_pair_game5 of the peer cases: singles 0, .2, -.1, -.9, 0, pairs 01: .4, 13: .3, 24: 1.
  const ShapleyGame game = {5, [](const Coalition& coalition) {
                              const auto has = [&](std::size_t player) {
                                return coalition.contains(player) ? 1.0 : 0.0;
                              };
                              return 0.2 * has(1) - 0.1 * has(2) - 0.9 * has(3) + 0.4 * has(0) * has(1) +
                                     0.3 * has(1) * has(3) + has(2) * has(4);
                            }};
  for (const PairIndex index : kEveryIndex) {
    expect_pairs(pairs_of(index, game), {0.4, 0.0, 0.0, 0.0, 0.0, 0.3, 0.0, 0.0, 1.0, 0.0}, kRounding);
  }
}

TEST(PairIndex, SplitsAnAndByItsOwnWeights) {
  for (std::size_t count = 2; count <= 9; ++count) {
    const auto n = static_cast<double>(count);
    EXPECT_NEAR(pairs_of(PairIndex::kKSii, and_game(count)).back(), 1.0 / (n - 1.0), kRounding);
    EXPECT_NEAR(pairs_of(PairIndex::kStii, and_game(count)).back(), 2.0 / (n * (n - 1.0)), kRounding);
    EXPECT_NEAR(pairs_of(PairIndex::kFsii, and_game(count)).back(), 6.0 / (n * (n + 1.0)), kRounding);
  }
}

TEST(PairIndex, SaysNothingOfAdditiveGames) {
  for (const PairIndex index : kEveryIndex) {
    for (const double value : pairs_of(index, additive_game({1.0, -0.5, 4.0, 0.25, 0.0}))) EXPECT_EQ(value, 0.0);
  }
}

TEST(PairIndex, GivesExactlyNothingToAPlayerThatIsNeverUsed) {
  for (const PairIndex index : kEveryIndex) {
    const std::vector<double> values = pairs_of(index, axiom_game(6));
    for (const std::size_t pair : {4U, 8U, 11U, 13U, 14U}) EXPECT_EQ(values[pair], 0.0) << "with the last player";
    EXPECT_NEAR(values[1], values[5], kRounding) << "players 0 and 1 are interchangeable";
  }
}

TEST(PairIndex, HasWeightsThatSumToOne) {
  for (const PairIndex index : kEveryIndex) {
    for (const std::size_t count : {2U, 3U, 10U, 200U}) {
      const std::vector<double> weights = pair_size_weights(index, count);
      EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1.0, kRounding);
    }
  }
}

TEST(PairIndex, KnowsItsWords) {
  EXPECT_EQ(pair_index_of("stii"), PairIndex::kStii);
  EXPECT_EQ(pair_definition(pair_index_of("k-sii")), "pairs.k_sii");
  EXPECT_NE(thrown_message<ConfigError>([] { pair_index_of("fsi"); }).find("did you mean 'fsii'?"), std::string::npos);
}

}  // namespace
}  // namespace modattr::pair_index_test
