#include "modattr/stats/regression_moments.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "modattr/core/vector_clones.h"

namespace modattr {
namespace {

// Rows whose products are added at once: the matrix is read and written a quarter as often.
constexpr std::size_t kRowsAtOnce = 4;

/// products += sum over kRowsAtOnce rows of weight * row row', the upper triangle. `rows` [kRowsAtOnce, columns].
MODATTR_VECTOR_CLONES
void add_products(const Matrix& rows, const std::array<double, kRowsAtOnce>& weights, Matrix& products) {
  const double* row0 = rows.row(0).data();
  const double* row1 = rows.row(1).data();
  const double* row2 = rows.row(2).data();
  const double* row3 = rows.row(3).data();
  for (std::size_t column = 0; column < products.column_count(); ++column) {
    const double factor0 = weights[0] * row0[column];
    const double factor1 = weights[1] * row1[column];
    const double factor2 = weights[2] * row2[column];
    const double factor3 = weights[3] * row3[column];
    double* target = products.row(column).data();
    for (std::size_t other = column; other < products.column_count(); ++other) {
      target[other] += factor0 * row0[other] + factor1 * row1[other] + factor2 * row2[other] + factor3 * row3[other];
    }
  }
}

}  // namespace

RegressionMoments RegressionMoments::of_columns(std::span<const std::size_t> columns) const {
  RegressionMoments result{.weight_sum = weight_sum,
                           .means = {},
                           .response_mean = response_mean,
                           .products = Matrix(columns.size(), columns.size()),
                           .responses = {},
                           .response_square = response_square};
  for (std::size_t row = 0; row < columns.size(); ++row) {
    result.means.push_back(means.at(columns[row]));
    result.responses.push_back(responses.at(columns[row]));
    for (std::size_t column = 0; column < columns.size(); ++column) {
      result.products(row, column) = products(columns[row], columns[column]);
    }
  }
  return result;
}

RegressionMoments regression_moments(const Matrix& columns, std::span<const double> response,
                                     std::span<const double> weights) {
  const std::size_t row_count = columns.row_count();
  const std::size_t column_count = columns.column_count();
  const double weight_sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (response.size() != row_count || weights.size() != row_count || !(weight_sum > 0.0)) {
    throw std::invalid_argument("regression: expected a response and a weight per row, and a positive sum of weights");
  }
  RegressionMoments result{.weight_sum = weight_sum,
                           .means = std::vector<double>(column_count, 0.0),
                           .response_mean = 0.0,
                           .products = Matrix(column_count, column_count),
                           .responses = std::vector<double>(column_count, 0.0),
                           .response_square = 0.0};
  for (std::size_t row = 0; row < row_count; ++row) {
    if (weights[row] < 0.0) throw std::invalid_argument("regression: expected weights of at least 0");
    if (weights[row] == 0.0) continue;
    const std::span<const double> values = columns.row(row);
    result.response_mean += weights[row] * response[row];
    for (std::size_t column = 0; column < column_count; ++column) {
      result.means[column] += weights[row] * values[column];
    }
  }
  result.response_mean /= weight_sum;
  for (double& mean : result.means) mean /= weight_sum;

  Matrix some(kRowsAtOnce, column_count);
  std::array<double, kRowsAtOnce> some_weights{};
  std::size_t some_count = 0;
  for (std::size_t row = 0; row < row_count; ++row) {
    if (weights[row] == 0.0) continue;
    const std::span<const double> values = columns.row(row);
    const std::span<double> centred = some.row(some_count);
    const double residue = response[row] - result.response_mean;
    result.response_square += weights[row] * residue * residue;
    for (std::size_t column = 0; column < column_count; ++column) {
      centred[column] = values[column] - result.means[column];
      result.responses[column] += weights[row] * centred[column] * residue;
    }
    some_weights[some_count++] = weights[row];
    if (some_count < kRowsAtOnce) continue;
    add_products(some, some_weights, result.products);
    some_count = 0;
  }
  if (some_count > 0) {
    std::fill(some_weights.begin() + static_cast<std::ptrdiff_t>(some_count), some_weights.end(), 0.0);
    add_products(some, some_weights, result.products);
  }
  for (std::size_t row = 0; row < column_count; ++row) {
    for (std::size_t column = 0; column < row; ++column) result.products(row, column) = result.products(column, row);
  }
  return result;
}

double LinearFit::predict(std::span<const double> row) const {
  return std::inner_product(row.begin(), row.end(), coefficients.begin(), intercept);
}

LinearFit with_intercept(const RegressionMoments& moments, std::vector<double> coefficients) {
  const double shift = std::inner_product(moments.means.begin(), moments.means.end(), coefficients.begin(), 0.0);
  return {moments.response_mean - shift, std::move(coefficients)};
}

std::optional<double> weighted_r2(std::span<const double> response, std::span<const double> predictions,
                                  std::span<const double> weights) {
  const double weight_sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (!(weight_sum > 0.0)) return std::nullopt;
  const double mean = std::inner_product(weights.begin(), weights.end(), response.begin(), 0.0) / weight_sum;
  double total = 0.0;
  double left = 0.0;
  double square = 0.0;
  for (std::size_t row = 0; row < response.size(); ++row) {
    const double spread = response[row] - mean;
    const double residue = response[row] - predictions[row];
    total += weights[row] * spread * spread;
    left += weights[row] * residue * residue;
    square += weights[row] * response[row] * response[row];
  }
  // What rounding leaves of equal responses.
  const double rounding = static_cast<double>(response.size()) * std::numeric_limits<double>::epsilon();
  if (!(total > rounding * rounding * square)) return std::nullopt;
  return 1.0 - left / total;
}

}  // namespace modattr
