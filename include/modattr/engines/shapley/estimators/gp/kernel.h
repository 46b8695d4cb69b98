#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "modattr/core/matrix.h"
#include "modattr/engines/shapley/estimators/paired_coalitions.h"

namespace modattr {

/// Parameters of the kernel of an odd Gaussian process over coalitions,
///
///   k(S, T) = (rho^H - rho^(n - H)) / (1 - rho^n) + a (1 - 2 H / n),   H = number of players in one of S and T only,
/// so that k(S, complement of T) = -k(S, T). The scale of the kernel is not among them: it has a closed answer.
struct GpKernel {
  /// Similarity of coalitions that differ by one player, in (0, 1).
  double rho = 0.9;
  /// Variance of the additive part, relative to that of the rest.
  double additive = 1.0;
  /// Variance of what has no structure, relative to that of the rest.
  double nugget = 1e-3;
};

/// k without the nugget by Hamming distance, [players + 1].
std::vector<double> kernel_by_distance(const GpKernel& kernel, std::size_t player_count);

/// Shapley values of the game v(S) = k(S, T), by the size of T, [players + 1]: for a player in T the entry of its size,
/// for one outside -1 times the entry of one more. By the multilinear extension of rho^H, a product over the players,
///
///   c(t) = 2 (1 - rho) / (1 - rho^n) integral over q in [0, 1] of p^(t - 1) r^(n - t) + 2 a / n,
///   p = q + (1 - q) rho,  r = 1 - q + q rho
/// The integrand is a polynomial of degree n - 1: Gauss-Legendre with n/2 + 1 nodes is exact.
std::vector<double> kernel_shapley_values(const GpKernel& kernel, std::size_t player_count);

/// What an odd process is conditioned on: g(S) = (v(S) - v(complement)) / 2 of the first pairs of a game, then g(full).
struct GpData {
  /// +1 for players present, -1 for the others, [pairs + 1, players].
  Matrix signs;
  /// g, [pairs + 1].
  std::vector<double> values;
  /// Players present, [pairs + 1].
  std::vector<std::size_t> sizes;
  /// Hamming distances, row by row, [(pairs + 1)^2]; only those of a later to an earlier row, and 0.
  std::vector<std::uint16_t> distances;

  std::size_t count() const noexcept { return values.size(); }
};

GpData odd_data(const PairedGame& game, std::size_t pair_count);

/// Covariance of the data, nugget included, [pairs + 1, pairs + 1]; only the upper triangle is filled. g(full) is known
/// exactly: its nugget only keeps the matrix away from singular.
Matrix odd_covariance(const GpData& data, const GpKernel& kernel);

/// The kernel with the largest marginal likelihood of the first kSearchPairLimit pairs, the scale at its best for each:
/// of a grid the best rho at a middling nugget, then uphill along the nugget and rho in turns; with the best additive
/// part at every step.
GpKernel likeliest_kernel(const PairedGame& game);

/// More pairs hardly move the likeliest kernel, and cost their cube for each candidate.
inline constexpr std::size_t kSearchPairLimit = 120;

}  // namespace modattr
