#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "modattr/core/matrix.h"
#include "modattr/engines/shapley/estimators/shapley_estimator.h"

namespace modattr {

/// Shapley values of a game of which every coalition is known (Shapley 1953):
///
///   phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! (v(S + i) - v(S))
/// `table` [2^players]: v of the coalition whose players are the set bits of the index. A player that never changes v
/// gets exactly 0. Returns [players]. Throws std::invalid_argument when the table has another length.
std::vector<double> shapley_values(std::span<const double> table, std::size_t player_count);

/// Sum over S without i and j of weights[|S|] (v(S + ij) - v(S + i) - v(S + j) + v(S)), for the pairs (0, 1), (0, 2),
/// ... (1, 2), ... `table` as above; `weights` [players - 1]. A pair that adds nothing gets exactly 0.
std::vector<double> weighted_pair_sums(std::span<const double> table, std::size_t player_count,
                                       std::span<const double> weights);

/// Shapley interaction index of every pair (Grabisch, Roubens 1999), the main effects on the diagonal:
///
///   phi_ij = sum over S without i and j of |S|! (n - |S| - 2)! / (n - 1)! (v(S + ij) - v(S + i) - v(S + j) + v(S))
///   phi_ii = phi_i - (1/2) sum over j != i of phi_ij
/// So the diagonal and one triangle sum to v(full) - v(empty). `table` as above. Returns [players, players], symmetric.
Matrix shapley_interactions(std::span<const double> table, std::size_t player_count);

/// v of every coalition, as a table; the game's own are in any order. Throws std::invalid_argument when one is missing.
std::vector<double> enumerated_values(const SampledGame& game);

/// Enumeration: all 2^n - 2 coalitions that are neither empty nor full, and the formula itself; no error.
class ExactShapley final : public ShapleyEstimator {
 public:
  std::string_view name() const noexcept override { return "exact"; }
  Guarantees guarantees() const noexcept override {
    return {.efficiency = true, .symmetry = true, .null_player = true};
  }
  /// In the order of their bit masks, for every stream.
  std::vector<Coalition> coalitions(std::size_t player_count, std::size_t evaluation_count,
                                    RandomStream stream) const override;
  std::size_t least_coalition_count(std::size_t player_count) const override;
  /// Takes the coalitions in any order. Throws std::invalid_argument when one is missing.
  ShapleyEstimate estimate(const SampledGame& game) const override;
};

/// Coalitions of a game that are neither empty nor full, 2^n - 2; the largest number there is when that is larger.
std::size_t inner_coalition_count(std::size_t player_count) noexcept;

}  // namespace modattr
