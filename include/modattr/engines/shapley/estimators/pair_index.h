#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/engines/shapley/estimators/shapley_estimator.h"

namespace modattr {

/// How the interplay of two players is averaged over the sets of others. Every index is, for a pair (i, j),
///
///   I_ij = sum over t = 0 ... n - 2 of q_t times the mean over sets S of t players without i and j of
///          v(S + ij) - v(S + i) - v(S + j) + v(S)
/// and they differ in the weights q, which sum to 1. So all of them are a_ij of a game sum of a_i z_i + a_ij z_i z_j.
enum class PairIndex {
  /// q_t = 1 / (n - 1): the pairs of n-Shapley values of order 2 (Bordt, von Luxburg 2023), which are the Shapley
  /// interaction index (Grabisch, Roubens 1999).
  kKSii,
  /// q_t = 2 (n - 1 - t) / (n (n - 1)): Shapley-Taylor (Sundararajan, Dhamdhere, Agarwal 2020), of the highest order.
  kStii,
  /// q_t = 6 (t + 1) (n - 1 - t) / ((n + 1) n (n - 1)): Faith-SHAP (Tsai, Yeh, Ravikumar 2023), the pairs of the
  /// polynomial of order 2 that is nearest to the game by the Shapley kernel and agrees with it at both ends.
  kFsii
};

/// The words of the option "interaction_index", in the order of the enumeration.
std::span<const std::string> pair_index_words();
/// Throws ConfigError for an unknown word.
PairIndex pair_index_of(std::string_view word);
/// The id in docs/definitions.md.
std::string_view pair_definition(PairIndex index);

/// q, [players - 1]. `player_count` is at least 2.
std::vector<double> pair_size_weights(PairIndex index, std::size_t player_count);

/// Pairs of a game, player_count (player_count - 1) / 2.
constexpr std::size_t pair_count_of(std::size_t player_count) noexcept {
  return player_count * (player_count - (player_count > 0 ? 1 : 0)) / 2;
}

/// The index of every pair (0, 1), (0, 2), ... (1, 2), ... of a game of which every coalition is known. `table`
/// [2^players] as of shapley_values(). Throws std::invalid_argument when the table has another length.
std::vector<double> pair_values(PairIndex index, std::span<const double> table, std::size_t player_count);

/// Interaction index of all pairs, in the order of pair_values().
struct PairEstimate {
  /// [pairs]
  std::vector<double> values;
  /// Monte Carlo error of each; 0 where every coalition is known. [pairs]
  std::vector<double> std_errors;
  bool is_exact = false;
};

}  // namespace modattr
