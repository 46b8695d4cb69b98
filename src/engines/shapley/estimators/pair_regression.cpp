#include "modattr/engines/shapley/estimators/pair_regression.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "modattr/core/vector_clones.h"
#include "modattr/stats/cholesky.h"
#include "modattr/stats/moments.h"

namespace modattr {
namespace {

constexpr std::size_t kMostAddedPairs = 64;
constexpr std::size_t kRowsPerAddedPair = 8;
constexpr std::size_t kSearchRows = 300;
/// Prior variance of a free coefficient, relative to the sum of those of all pairs.
constexpr double kFree = 10.0;
constexpr double kSmallestPenalty = 1e-5;
constexpr double kLargestPenalty = 1e2;

struct SignPair {
  std::size_t low = 0;
  std::size_t high = 0;
};

/// target += factor * source.
MODATTR_VECTOR_CLONES
void add_scaled(std::span<double> target, std::span<const double> source, double factor) {
  for (std::size_t index = 0; index < target.size(); ++index) target[index] += factor * source[index];
}

/// sum over rows of factors[row] x_i x_j, [players, players]; only i < j is filled.
Matrix sign_products(const Matrix& signs, std::span<const double> factors) {
  const std::size_t player_count = signs.column_count();
  Matrix result(player_count, player_count);
  for (std::size_t row = 0; row < factors.size(); ++row) {
    const auto x = signs.row(row);
    for (std::size_t i = 0; i < player_count; ++i) {
      add_scaled(result.row(i).subspan(i), x.subspan(i), factors[row] * x[i]);
    }
  }
  return result;
}

/// Least squares of few columns.
struct PairColumns {
  /// Borrows `part`.
  explicit PairColumns(const EvenPart& part) : data(part), columns{std::vector<double>(part.values.size(), 1.0)} {
    fit();
  }

  void add(const SignPair& pair) {
    pairs.push_back(pair);
    columns.emplace_back();
    for (std::size_t row = 0; row < data.values.size(); ++row) {
      columns.back().push_back(data.signs(row, pair.low) * data.signs(row, pair.high));
    }
    fit();
  }

  void fit() {
    constexpr double kSmallPenalty = 1e-10;
    const std::size_t count = columns.size();
    Matrix gram(count, count);
    std::vector<double> right_side(count, 0.0);
    for (std::size_t row = 0; row < data.values.size(); ++row) {
      for (std::size_t i = 0; i < count; ++i) {
        const double factor = data.weights[row] * columns[i][row];
        right_side[i] += factor * data.values[row];
        for (std::size_t j = i; j < count; ++j) gram(i, j) += factor * columns[j][row];
      }
    }
    // Every column has squares of 1. Columns that are the same share what they explain; the constant stays free.
    const double penalty = kSmallPenalty * gram(0, 0);
    for (std::size_t i = 1; i < count; ++i) gram(i, i) += penalty;
    coefficients = Cholesky::factorise(std::move(gram)).value().solve(right_side);
    residuals = data.values;
    for (std::size_t i = 0; i < count; ++i) add_scaled(residuals, columns[i], -coefficients[i]);
  }

  /// Rounding has no pattern worth finding.
  bool is_done() const {
    constexpr double kRoundingSquare = 1e-24;
    return dot(residuals, residuals) <= kRoundingSquare * dot(data.values, data.values);
  }

  const EvenPart& data;
  std::vector<SignPair> pairs;
  /// The constant, then the pairs, [1 + pairs][rows].
  std::vector<std::vector<double>> columns;
  std::vector<double> coefficients;
  std::vector<double> residuals;
};

/// Pairs that are there beyond doubt.
PairColumns clear_pairs(const EvenPart& data) {
  PairColumns found(data);
  const std::size_t player_count = data.signs.column_count();
  const std::size_t row_count = data.values.size();
  const double chance =
      std::sqrt(2.0 * std::log(static_cast<double>(player_count) * static_cast<double>(player_count - 1) / 2.0));
  const double weight_sum = std::accumulate(data.weights.begin(), data.weights.end(), 0.0);
  const Matrix weighted = sign_products(data.signs, data.weights);
  const std::size_t most = std::min(kMostAddedPairs, row_count / kRowsPerAddedPair);
  while (found.pairs.size() < most) {
    if (found.is_done()) break;
    std::vector<double> pulls(row_count);
    std::vector<double> squares(row_count);
    for (std::size_t row = 0; row < row_count; ++row) {
      pulls[row] = data.weights[row] * found.residuals[row];
      squares[row] = pulls[row] * pulls[row];
    }
    const double pull_sum = std::accumulate(pulls.begin(), pulls.end(), 0.0);
    const double square_sum = std::accumulate(squares.begin(), squares.end(), 0.0);
    const Matrix pull_products = sign_products(data.signs, pulls);
    const Matrix square_products = sign_products(data.signs, squares);
    double best = chance;
    std::optional<SignPair> next;
    for (std::size_t low = 0; low < player_count; ++low) {
      for (std::size_t high = low + 1; high < player_count; ++high) {
        const double mean = weighted(low, high) / weight_sum;
        const double pull = pull_products(low, high) - mean * pull_sum;
        const double spread = (1.0 + mean * mean) * square_sum - 2.0 * mean * square_products(low, high);
        const double t = spread > 0.0 ? std::abs(pull) / std::sqrt(spread) : 0.0;
        if (t <= best) continue;
        best = t;
        next = {low, high};
      }
    }
    if (!next) break;
    found.add(*next);
  }
  return found;
}

/// A ridge regression on all pairs by its kernel: rows are fewer than pairs, as a rule.
class PairRidge {
 public:
  /// Of the first `row_count` rows; borrows `found`.
  PairRidge(const PairColumns& found, std::size_t row_count) : found_(found), kernel_(row_count, row_count) {
    const EvenPart& data = found.data;
    const auto player_count = static_cast<double>(data.signs.column_count());
    pair_count_ = player_count * (player_count - 1.0) / 2.0;
    for (std::size_t row = 0; row < row_count; ++row) {
      for (std::size_t other = row; other < row_count; ++other) {
        const double overlap = dot(data.signs.row(row), data.signs.row(other));
        kernel_(row, other) = (overlap * overlap - player_count) / 2.0;
      }
      for (const std::vector<double>& column : found.columns) {
        add_scaled(kernel_.row(row).subspan(row), std::span(column).subspan(row, row_count - row),
                   kFree * pair_count_ * column[row]);
      }
    }
    const double weight_sum =
        std::accumulate(data.weights.begin(), data.weights.begin() + static_cast<std::ptrdiff_t>(row_count), 0.0);
    for (std::size_t row = 0; row < row_count; ++row) {
      noise_.push_back(pair_count_ * weight_sum / static_cast<double>(row_count) / data.weights[row]);
    }
  }

  struct Solution {
    double penalty = 0.0;
    /// The fit is the sum over rows of the kernel times these, [rows].
    std::vector<double> factors;
    /// Residuals by the fit without the row, [rows].
    std::vector<double> left_out;
  };

  /// nullopt where the penalty is too small to tell rows apart.
  std::optional<Solution> solve(double penalty) const {
    Matrix covariance = kernel_;
    for (std::size_t row = 0; row < noise_.size(); ++row) covariance(row, row) += penalty * noise_[row];
    const std::optional<Cholesky> factors = Cholesky::factorise(std::move(covariance));
    if (!factors) return std::nullopt;
    Solution solution{penalty, factors->solve(std::span(found_.residuals).first(noise_.size())),
                      factors->inverse_diagonal()};
    for (std::size_t row = 0; row < noise_.size(); ++row) {
      solution.left_out[row] = solution.factors[row] / solution.left_out[row];
    }
    return solution;
  }

  Solution solve_from(double penalty) const {
    std::optional<Solution> solution = solve(penalty);
    for (; !solution; solution = solve(penalty)) penalty *= 10.0;
    return *std::move(solution);
  }

  double best_penalty() const {
    double best = kLargestPenalty;
    double least_loss = std::numeric_limits<double>::infinity();
    for (double penalty = kSmallestPenalty; penalty <= kLargestPenalty; penalty *= 10.0) {
      const std::optional<Solution> solution = solve(penalty);
      if (!solution) continue;
      double loss = 0.0;
      for (std::size_t row = 0; row < noise_.size(); ++row) {
        loss += found_.data.weights[row] * solution->left_out[row] * solution->left_out[row];
      }
      if (loss >= least_loss) continue;
      least_loss = loss;
      best = penalty;
    }
    return best;
  }

  /// Prior variance of a free coefficient.
  double free_variance() const { return kFree * pair_count_; }

 private:
  const PairColumns& found_;
  double pair_count_ = 0.0;
  Matrix kernel_;
  /// Variance of the noise of each row at a penalty of 1, [rows].
  std::vector<double> noise_;
};

}  // namespace

EvenFit fit_even_part(const EvenPart& data) {
  const PairColumns found = clear_pairs(data);
  const std::size_t player_count = data.signs.column_count();
  const std::size_t row_count = found.is_done() ? 0 : std::min(data.values.size(), kMostRidgeRows);
  const PairRidge ridge(found, row_count);
  PairRidge::Solution solution;
  if (row_count > 0) {
    solution = ridge.solve_from(PairRidge(found, std::min(row_count, kSearchRows)).best_penalty());
  }

  Matrix coefficients = sign_products(data.signs, solution.factors);
  for (std::size_t place = 0; place < found.pairs.size(); ++place) {
    const auto [low, high] = found.pairs[place];
    const auto column = std::span(found.columns[place + 1]).first(row_count);
    coefficients(low, high) += found.coefficients[place + 1] + ridge.free_variance() * dot(column, solution.factors);
  }
  const double constant = found.coefficients[0] + ridge.free_variance() * std::accumulate(solution.factors.begin(),
                                                                                          solution.factors.end(), 0.0);

  EvenFit fit;
  fit.pair_values.reserve(player_count * (player_count - 1) / 2);
  for (std::size_t low = 0; low < player_count; ++low) {
    for (std::size_t high = low + 1; high < player_count; ++high) {
      fit.pair_values.push_back(4.0 * coefficients(low, high));
    }
  }
  for (std::size_t row = 0; row < data.values.size(); ++row) {
    const auto x = data.signs.row(row);
    double rest = data.values[row] - constant;
    for (std::size_t low = 0; low < player_count; ++low) {
      rest -= x[low] * dot(coefficients.row(low).subspan(low + 1), x.subspan(low + 1));
    }
    fit.residuals.push_back(rest);
    fit.left_out.push_back(row < row_count ? solution.left_out[row] : rest);
  }
  return fit;
}

}  // namespace modattr
