#pragma once

#include <cstddef>
#include <vector>

#include "modattr/stats/regression_moments.h"

namespace modattr {

/// Weighted lasso, the intercept free (Tibshirani 1996), by coordinate descent (Friedman, Hastie, Tibshirani 2010) with
/// scikit-learn's objective, which brings sample weights to the sum n:
///
///   minimise over b, c   sum_i w_i (y_i - c - x_i . b)^2 / (2 sum_i w_i) + alpha |b|_1
/// `alpha` > 0. The intercept is that of the coefficients.
LinearFit lasso(const RegressionMoments& moments, double alpha);

/// Where the set of nonzero coefficients of the lasso changes.
struct LassoKnot {
  double alpha = 0.0;
  /// [columns]
  std::vector<double> coefficients;
};

/// The lasso for every alpha, from the first where all coefficients are 0 down to alpha = 0: it is linear between the
/// knots (LARS with the lasso's step; Efron, Hastie, Johnstone, Tibshirani 2004):
///
///   active columns have |covariance with the residual| = alpha, all others less
///   move along G_AA^-1 signs until another column catches up (it joins), or a coefficient reaches 0 (it leaves)
/// Ends early at a column that is a combination of active ones.
std::vector<LassoKnot> lasso_path(const RegressionMoments& moments);

}  // namespace modattr
