#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "modattr/engines/surrogate/surrogate.h"

namespace modattr {

/// Players of a modality that are tried in pairs: those of the largest ridge coefficients.
inline constexpr std::size_t kMostPairedPlayers = 32;

/// Conjunctions of players of different modalities that a linear surrogate lacks, the strongest first:
///
///   fit ridge (alpha 0.01) of all players
///   repeat: for every pair (i, j) across modalities, with c = (z_i - mean z_i)(z_j - mean z_j) and the residuals r,
///             t = sum w c r / sqrt(sum (w c r)^2)
///           keep the pair of the largest |t|, add its column z_i z_j and fit again
///   until |t| < sqrt(2 ln(number of pairs)) + 1, what the largest of so many would reach by chance, or `most` are
///   found
/// c is what the conjunction tells beyond its players when these are drawn independently. The players are the
/// kMostPairedPlayers strongest of each modality, so that a round takes time in proportion to rows * pairs.
std::vector<SurrogateFactor> find_pairs(const SurrogateData& data, std::span<const double> weights, std::size_t most);

/// The columns of terms, [rows, factors].
Matrix factor_columns(const Matrix& players, std::span<const SurrogateFactor> factors);

}  // namespace modattr
