#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "modattr/core/matrix.h"

namespace modattr {

/// The even part of a game, g(S) = (v(S) + v(complement)) / 2, at some pairs of coalitions. Pairs of players show there
/// alone: x_i x_j is the same for both coalitions, x_i = +1 for a player that is present and -1 for another.
struct EvenPart {
  /// x of one coalition of each pair, [rows, players].
  Matrix signs;
  /// g, [rows].
  std::vector<double> values;
  /// How much a row counts in the regression, [rows]; positive.
  std::vector<double> weights;
};

/// A polynomial c + sum of b_ij x_i x_j near the even part of a game.
struct EvenFit {
  /// 4 b_ij, the interaction index of the polynomial by every definition, (0, 1), (0, 2), ...; [pairs of players]
  std::vector<double> pair_values;
  /// g less the polynomial, [rows].
  std::vector<double> residuals;
  /// g less what the fit without this row says of it, [rows].
  std::vector<double> left_out;
};

/// Rows that the ridge regression is given at most, the first ones: its time grows with their cube.
inline constexpr std::size_t kMostRidgeRows = 600;

/// Fits the polynomial in two steps:
///
///   repeat: add the pair of the largest |t|, t = sum w c r / sqrt(sum (w c r)^2), r the residuals, c = x_i x_j less
///           its weighted mean, and fit the added pairs by weighted least squares
///   until |t| < sqrt(2 ln(number of pairs)), what the largest of so many reaches by chance, or 64 pairs or one for
///   every 8 rows are found
///   fit what is left by weighted ridge regression on all pairs, the added ones free
/// The penalty is the one of eight, from 1e-5 to 100, that predicts each of the first 300 rows best from the others.
/// left_out takes the choice of pairs as given.
EvenFit fit_even_part(const EvenPart& data);

}  // namespace modattr
