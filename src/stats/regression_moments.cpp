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

namespace {

RegressionMoments zero_moments(std::size_t column_count) {
  return {.weight_sum = 0.0,
          .means = std::vector<double>(column_count, 0.0),
          .response_mean = 0.0,
          .products = Matrix(column_count, column_count),
          .responses = std::vector<double>(column_count, 0.0),
          .response_square = 0.0};
}

/// What rounding makes of the mean of equal numbers is that number.
class BoundedMean {
 public:
  void add(double weight, double value) {
    sum_ += weight * value;
    least_ = std::min(least_, value);
    most_ = std::max(most_, value);
  }
  double mean(double weight_sum) const { return std::clamp(sum_ / weight_sum, least_, most_); }

 private:
  double sum_ = 0.0;
  double least_ = std::numeric_limits<double>::infinity();
  double most_ = -std::numeric_limits<double>::infinity();
};

/// Where the weighted means of all rows lie.
RegressionMoments means_of(const Matrix& columns, std::span<const double> response, std::span<const double> weights) {
  const double weight_sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (response.size() != columns.row_count() || weights.size() != columns.row_count() || !(weight_sum > 0.0)) {
    throw std::invalid_argument("regression: expected a response and a weight per row, and a positive sum of weights");
  }
  RegressionMoments result = zero_moments(columns.column_count());
  result.weight_sum = weight_sum;
  BoundedMean mean;
  for (std::size_t row = 0; row < columns.row_count(); ++row) {
    if (weights[row] < 0.0) throw std::invalid_argument("regression: expected weights of at least 0");
    if (weights[row] == 0.0) continue;
    const std::span<const double> values = columns.row(row);
    mean.add(weights[row], response[row]);
    for (std::size_t column = 0; column < values.size(); ++column) {
      result.means[column] += weights[row] * values[column];
    }
  }
  result.response_mean = mean.mean(weight_sum);
  for (double& of_column : result.means) of_column /= weight_sum;
  return result;
}

/// Adds up what rows have off a centre, a few rows at a time.
class CentredSums {
 public:
  CentredSums(std::span<const double> centre, double response_centre)
      : centre_(centre), response_centre_(response_centre), some_(kRowsAtOnce, centre.size()) {}

  void add(std::span<const double> values, double response, double weight, RegressionMoments& sums) {
    const std::span<double> centred = some_.row(count_);
    const double residue = response - response_centre_;
    sums.response_square += weight * residue * residue;
    for (std::size_t column = 0; column < centred.size(); ++column) {
      centred[column] = values[column] - centre_[column];
      sums.responses[column] += weight * centred[column] * residue;
    }
    weights_[count_++] = weight;
    if (count_ == kRowsAtOnce) flush(sums);
  }
  void flush(RegressionMoments& sums) {
    if (count_ == 0) return;
    std::fill(weights_.begin() + static_cast<std::ptrdiff_t>(count_), weights_.end(), 0.0);
    add_products(some_, weights_, sums.products);
    count_ = 0;
  }

 private:
  std::span<const double> centre_;
  double response_centre_;
  Matrix some_;
  std::array<double, kRowsAtOnce> weights_{};
  std::size_t count_ = 0;
};

void mirror(Matrix& products) {
  for (std::size_t row = 0; row < products.row_count(); ++row) {
    for (std::size_t column = 0; column < row; ++column) products(row, column) = products(column, row);
  }
}

}  // namespace

RegressionMoments regression_moments(const Matrix& columns, std::span<const double> response,
                                     std::span<const double> weights) {
  RegressionMoments result = means_of(columns, response, weights);
  const std::vector<double> centre = result.means;
  CentredSums sums(centre, result.response_mean);
  for (std::size_t row = 0; row < columns.row_count(); ++row) {
    if (weights[row] > 0.0) sums.add(columns.row(row), response[row], weights[row], result);
  }
  sums.flush(result);
  mirror(result.products);
  return result;
}

GroupedMoments::GroupedMoments(const Matrix& columns, std::span<const double> response, std::span<const double> weights,
                               std::span<const std::size_t> group_of_row) {
  const RegressionMoments all = means_of(columns, response, weights);
  centre_ = all.means;
  response_centre_ = all.response_mean;
  std::size_t group_count = 0;
  for (std::size_t row = 0; row < columns.row_count(); ++row) {
    if (weights[row] > 0.0) group_count = std::max(group_count, group_of_row[row] + 1);
  }
  groups_.assign(group_count, zero_moments(columns.column_count()));
  for (std::size_t group = 0; group < group_count; ++group) {
    RegressionMoments& sums = groups_[group];
    CentredSums centred(centre_, response_centre_);
    for (std::size_t row = 0; row < columns.row_count(); ++row) {
      if (weights[row] == 0.0 || group_of_row[row] != group) continue;
      const std::span<const double> values = columns.row(row);
      sums.weight_sum += weights[row];
      sums.response_mean += weights[row] * (response[row] - response_centre_);
      for (std::size_t column = 0; column < values.size(); ++column) {
        sums.means[column] += weights[row] * (values[column] - centre_[column]);
      }
      centred.add(values, response[row], weights[row], sums);
    }
    centred.flush(sums);
  }
}

RegressionMoments GroupedMoments::of(std::span<const std::size_t> groups) const {
  // What rounding leaves of a column that is the same in all rows.
  constexpr double kSmallestPart = 1e-12;
  const std::size_t column_count = centre_.size();
  RegressionMoments result = zero_moments(column_count);
  for (const std::size_t number : groups) {
    const RegressionMoments& group = groups_.at(number);
    result.weight_sum += group.weight_sum;
    result.response_mean += group.response_mean;
    result.response_square += group.response_square;
    for (std::size_t column = 0; column < column_count; ++column) {
      result.means[column] += group.means[column];
      result.responses[column] += group.responses[column];
      const std::span<const double> products = group.products.row(column);
      const std::span<double> sums = result.products.row(column);
      for (std::size_t other = column; other < column_count; ++other) sums[other] += products[other];
    }
  }
  if (!(result.weight_sum > 0.0)) throw std::invalid_argument("regression: expected a positive sum of weights");
  // From the shared centre to the union's own.
  for (double& mean : result.means) mean /= result.weight_sum;
  result.response_mean /= result.weight_sum;
  result.response_square -= result.weight_sum * result.response_mean * result.response_mean;
  std::vector<bool> is_constant(column_count, false);
  for (std::size_t column = 0; column < column_count; ++column) {
    const double move = result.weight_sum * result.means[column];
    const double about_centre = result.products(column, column);
    const std::span<double> products = result.products.row(column);
    for (std::size_t other = column; other < column_count; ++other) products[other] -= move * result.means[other];
    result.responses[column] -= move * result.response_mean;
    is_constant[column] = products[column] <= kSmallestPart * about_centre;
  }
  for (std::size_t column = 0; column < column_count; ++column) {
    if (is_constant[column]) result.responses[column] = 0.0;
    for (std::size_t other = column; other < column_count; ++other) {
      if (is_constant[column] || is_constant[other]) result.products(column, other) = 0.0;
    }
    result.means[column] += centre_[column];
  }
  result.response_mean += response_centre_;
  mirror(result.products);
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
                                  std::span<const double> weights, std::span<const double> variances) {
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
  double noise_squares = 0.0;
  for (std::size_t row = 0; row < variances.size(); ++row) {
    const double noise = weights[row] * variances[row];
    left -= noise;
    total -= noise * (1.0 - weights[row] / weight_sum);
    noise_squares += noise * noise;
  }
  if (!(total > 2.0 * std::sqrt(2.0 * noise_squares))) return std::nullopt;
  return 1.0 - left / total;
}

}  // namespace modattr
