#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "modattr/core/coalition.h"
#include "modattr/core/matrix.h"
#include "modattr/core/rng.h"
#include "modattr/engines/shapley/estimators/shapley_estimator.h"

namespace modattr {

/// Players of a game that a regression over pairs takes: its memory grows with their square times the pairs per player.
inline constexpr std::size_t kPairedPlayerLimit = 2'000;

/// Pairs (S, complement) of inner coalitions by leverage scores, without replacement (Musco, Witter: "Provably accurate
/// Shapley value estimation via leverage score sampling", ICLR 2025):
///
///   the leverage of S in the Shapley regression is 1 / C(n, |S|): every size weighs the same in all
///   class k = pairs of sizes k and n - k, k = 1 ... n/2; rate 1, of the middle class of an even n 1/2
///   repeat: from the class with the smallest (pairs drawn + offset of the class) / rate that is not used up,
///           draw a new pair; the offsets are uniform on [0, 1)
/// So a shorter list is the beginning of a longer one. Within a class every set is as likely as any other; sets of at
/// most a third of the players are dealt from a shuffled deck until it is used up, which evens out how often each is
/// present. Returns S, its complement, the next S, ...: the largest even number of at most `evaluation_count`
/// coalitions. Throws ConfigError, naming `method`, for fewer than 3 n evaluations when that is not all, and for more
/// than kPairedPlayerLimit players.
std::vector<Coalition> paired_leverage_coalitions(std::size_t player_count, std::size_t evaluation_count,
                                                  RandomStream stream, std::string_view method);

/// The fewest that it gives: 3 n, or all where there are fewer; the largest number where no count is enough.
std::size_t least_paired_coalition_count(std::size_t player_count) noexcept;

/// A sampled game as a regression: the Shapley values are the phi with sum `total` that minimise the sum over all pairs
/// of w (v(S) - v(complement) - signs . phi)^2, w = 1 / (C(n, |S|) |S| (n - |S|)).
struct PairedGame {
  /// +1 for the players of the first coalition of the pair, -1 for the others, [pairs, players].
  Matrix signs;
  /// v(S) - v(complement), [pairs].
  std::vector<double> differences;
  /// v(full) - v(empty).
  double total = 0.0;
  /// min(|S|, n - |S|) of each pair, [pairs].
  std::vector<std::size_t> classes;
  /// w of each pair times the pairs that it stands for, [pairs]. The factors themselves leave the range of a double
  /// from some 1,000 players on.
  std::vector<double> weights;
  /// Pairs sampled of each class, and pairs that it has, infinity beyond the range of a double, [n/2 + 1].
  std::vector<double> sampled_counts;
  std::vector<double> pair_counts;

  std::size_t pair_count() const noexcept { return differences.size(); }
  std::size_t player_count() const noexcept { return signs.column_count(); }
  /// Part of the class's pairs that was sampled.
  double sampled_part(std::size_t pair) const { return sampled_counts[classes[pair]] / pair_counts[classes[pair]]; }
};

/// Throws std::invalid_argument unless the coalitions are pairs as above.
PairedGame paired_game(const SampledGame& game);

/// What an estimator makes of a paired game.
struct PairedFit {
  ShapleyEstimate estimate;
  /// v(S) - v(complement) - signs . (the values estimated without this pair), [pairs].
  std::vector<double> left_out;
};

/// Expected excess of the regression's sum over that of the true Shapley values, up to a constant of the game; in
/// proportion to the squared error of the values. Pairs that were sampled are known; those that were not are like the
/// sampled ones of their class to an estimator that has not seen them.
double held_out_loss(const PairedGame& game, const PairedFit& fit);

}  // namespace modattr
