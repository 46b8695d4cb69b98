#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "modattr/core/matrix.h"
#include "modattr/trees/tree_ensemble.h"

namespace modattr {

/// The column of no player: it is never removed.
inline constexpr std::uint32_t kNoTreePlayer = std::numeric_limits<std::uint32_t>::max();

/// Who plays, and which game.
struct TreeShapOptions {
  /// Player of each column, or kNoTreePlayer; a player may own several. [columns]
  std::vector<std::uint32_t> player_of_column;
  std::size_t player_count = 0;
  /// Owen values (Owen 1977): the union of each player, [players]; empty = Shapley values, all players in one game.
  std::vector<std::uint32_t> union_of_player = {};
  /// Also the Shapley interaction index of all pairs of players, of the game of all players.
  bool are_pairs_asked = false;
  std::size_t thread_count = 1;
};

/// What explains the margins of some rows; no estimates.
struct TreeValues {
  /// [rows, players]
  Matrix values;
  /// Of the pairs (0, 1), (0, 2), ... (1, 2), ...; [rows, pairs], empty where not asked for.
  Matrix pairs;
  /// The margin of each row, and what it is without any player. [rows]
  std::vector<double> full;
  std::vector<double> empty;
};

/// Shapley or Owen values, and interactions, of the margin of an ensemble, exact and in polynomial time (Lundberg et
/// al. 2020). A leaf's game is a product over the players on its path: o where the player is present, z where it is
/// absent, times the leaf's value; o says whether the row meets all conditions on the player's columns. Interventional:
/// z says the same of a background row, and values are means over the rows. Path-dependent: z is the product of the
/// shares of the training rows that go the leaf's way at the player's conditions.
///
///   interventional, a players with o > z and n with z > o, all others 1:
///     phi = v (a - 1)! n! / (a + n)!  and  -v a! (n - 1)! / (a + n)!
///   path-dependent: phi_i = v (o_i - z_i) integral over [0, 1] of prod_{j != i} (o_j t + z_j (1 - t)) dt,
///     by a Gauss-Legendre rule that is exact for the degree
///
/// Rows that meet the same conditions of a leaf share its numbers, and so do background rows: time grows with the rows
/// and leaves, and hardly with the background (as in Nadel, Wettenstein 2025). Pure, and the same for any number of
/// threads.
class TreeShap {
 public:
  /// Borrows the ensemble.
  TreeShap(const TreeEnsemble& ensemble, TreeShapOptions options);

  /// Values of output outputs[r] for each of the rows [rows, columns], over background rows [background, columns] of
  /// equal weight; at least one.
  TreeValues interventional(std::span<const double> rows, std::span<const std::uint32_t> outputs,
                            std::span<const double> background) const;
  /// The same by the covers of the nodes, which the ensemble must have.
  TreeValues path_dependent(std::span<const double> rows, std::span<const std::uint32_t> outputs) const;

 private:
  TreeValues run(std::span<const double> rows, std::span<const std::uint32_t> outputs,
                 std::span<const double> background) const;

  const TreeEnsemble& ensemble_;
  TreeShapOptions options_;
  /// Most different players on a path.
  std::size_t longest_path_ = 0;
};

}  // namespace modattr
