#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "modattr/core/matrix.h"
#include "modattr/stats/regression_moments.h"

namespace modattr {

/// Weighted ridge regression, the intercept free (Hoerl, Kennard 1970; scikit-learn's Ridge with sample weights):
///
///   minimise over b, c   sum_i w_i (y_i - c - x_i . b)^2 + alpha |b|^2
/// nullopt where the columns depend on each other and alpha is too small to tell them apart.
std::optional<LinearFit> ridge(const RegressionMoments& moments, double alpha);

/// Standard errors of a ridge fit's coefficients over other draws of the rows, whose weights say how much a row
/// counts and nothing about its noise (the sandwich of White 1980, with the small-sample factor of MacKinnon and White
/// 1985):
///
///   A = X'WX + alpha I,   Cov = n / (n - p - 1)  A^-1 X'W diag(residuals^2) WX A^-1,   X without its weighted means
/// [columns]; nullopt for no more rows of positive weight than p + 1, or where ridge() is.
std::optional<std::vector<double>> ridge_std_errors(const Matrix& columns, std::span<const double> response,
                                                    std::span<const double> weights, double alpha);

}  // namespace modattr
