#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "modattr/core/coalition.h"
#include "modattr/core/matrix.h"
#include "modattr/engines/shapley/estimators/shapley_estimator.h"

namespace modattr {

/// A game with one value per coalition, from a formula.
struct ShapleyGame {
  std::size_t player_count = 0;
  std::function<double(const Coalition& coalition)> value;
};

/// The coalition whose players are the set bits.
Coalition coalition_of_bits(std::size_t members, std::size_t player_count);

/// v of every coalition by bit mask, [2^players].
std::vector<double> table_of(const ShapleyGame& game);

/// Shapley values as the mean marginal contribution over all n! orders, [players].
std::vector<double> values_over_all_orders(const ShapleyGame& game);

/// Shapley interaction index from its formula, coalition by coalition, [players, players]; the diagonal is 0.
Matrix interactions_by_formula(const ShapleyGame& game);

/// v(S) from a seed, independent normal-like numbers without any structure.
ShapleyGame random_game(std::size_t player_count, std::uint32_t seed);

/// A small random network of the players, as real models are: mostly smooth, with interactions of every order.
ShapleyGame network_game(std::size_t player_count, std::uint32_t seed);

/// Games with known answers.
ShapleyGame and_game(std::size_t player_count);
ShapleyGame or_game(std::size_t player_count);
/// 1 for an odd number of players.
ShapleyGame xor_game(std::size_t player_count);
/// The first `left_count` players own a left glove, the others a right one; a pair is worth 1.
ShapleyGame glove_game(std::size_t player_count, std::size_t left_count);
ShapleyGame additive_game(std::vector<double> weights);
/// Players 0 and 1 are interchangeable, the last one is never used, the others differ.
ShapleyGame axiom_game(std::size_t player_count);

/// A game at some coalitions, as estimators are given it.
struct EvaluatedGame {
  EvaluatedGame(const ShapleyGame& game, std::vector<Coalition> asked);
  /// Borrows from this object.
  SampledGame sampled() const;

  std::size_t player_count;
  double empty_value;
  double full_value;
  std::vector<Coalition> coalitions;
  std::vector<double> values;
};

/// A stream of coalitions of its own for every seed.
RandomStream coalition_stream(std::uint64_t seed);

/// What an estimator makes of a game with this budget.
ShapleyEstimate estimate_game(const ShapleyEstimator& estimator, const ShapleyGame& game, std::size_t evaluation_count,
                              std::uint64_t seed = 1);

}  // namespace modattr
