#include "modattr/stats/ridge.h"

#include <algorithm>
#include <cmath>

#include "modattr/stats/cholesky.h"

namespace modattr {
namespace {

std::optional<Cholesky> penalised(const RegressionMoments& moments, double alpha) {
  Matrix products = moments.products;
  for (std::size_t column = 0; column < moments.column_count(); ++column) products(column, column) += alpha;
  return Cholesky::factorise(std::move(products));
}

}  // namespace

std::optional<LinearFit> ridge(const RegressionMoments& moments, double alpha) {
  const std::optional<Cholesky> factors = penalised(moments, alpha);
  if (!factors) return std::nullopt;
  return with_intercept(moments, factors->solve(moments.responses));
}

std::optional<std::vector<double>> ridge_std_errors(const Matrix& columns, std::span<const double> response,
                                                    std::span<const double> weights, double alpha) {
  const std::size_t column_count = columns.column_count();
  const auto row_count = static_cast<std::size_t>(std::ranges::count_if(weights, [](double w) { return w > 0.0; }));
  if (row_count <= column_count + 1) return std::nullopt;
  const RegressionMoments moments = regression_moments(columns, response, weights);
  const std::optional<Cholesky> factors = penalised(moments, alpha);
  if (!factors) return std::nullopt;
  const LinearFit fit = with_intercept(moments, factors->solve(moments.responses));
  // Column i of the influence is what row i moves the coefficients by, for each unit of its weighted residual.
  Matrix influence(column_count, columns.row_count());
  for (std::size_t row = 0; row < columns.row_count(); ++row) {
    for (std::size_t column = 0; column < column_count; ++column) {
      influence(column, row) = columns(row, column) - moments.means[column];
    }
  }
  factors->solve_half(influence);
  factors->solve_other_half(influence);
  const double factor =
      static_cast<double>(row_count) / (static_cast<double>(row_count) - static_cast<double>(column_count) - 1.0);
  std::vector<double> variances(column_count, 0.0);
  for (std::size_t row = 0; row < columns.row_count(); ++row) {
    const double residue = weights[row] * (response[row] - fit.predict(columns.row(row)));
    for (std::size_t column = 0; column < column_count; ++column) {
      const double step = residue * influence(column, row);
      variances[column] += factor * step * step;
    }
  }
  for (double& variance : variances) variance = std::sqrt(variance);
  return variances;
}

}  // namespace modattr
