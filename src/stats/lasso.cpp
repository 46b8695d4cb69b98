#include "modattr/stats/lasso.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "modattr/stats/cholesky.h"

namespace modattr {
namespace {

constexpr std::size_t kMostSweeps = 100000;
/// Largest move of a last sweep, in standard deviations of the response.
constexpr double kTolerance = 1e-13;

double soft_threshold(double value, double threshold) {
  return value > threshold ? value - threshold : value < -threshold ? value + threshold : 0.0;
}

double product(std::span<const double> first, std::span<const double> second) {
  return std::inner_product(first.begin(), first.end(), second.begin(), 0.0);
}

/// The columns that move, and how the coefficients move as alpha falls.
class Homotopy {
 public:
  explicit Homotopy(const RegressionMoments& moments)
      : moments_(moments), coefficients_(moments.column_count(), 0.0), is_active_(moments.column_count(), false) {
    covariances_ = moments.responses;
    for (double& covariance : covariances_) covariance /= moments.weight_sum;
  }

  std::vector<LassoKnot> run() {
    std::vector<LassoKnot> knots;
    const auto first = std::ranges::max_element(covariances_, {}, [](double value) { return std::abs(value); });
    if (first == covariances_.end() || *first == 0.0) return {{0.0, coefficients_}};
    alpha_ = std::abs(*first);
    smallest_alpha_ = alpha_ * 1e-12;
    join(static_cast<std::size_t>(first - covariances_.begin()));
    knots.push_back({alpha_, coefficients_});
    // Every step lets one column in or out; a path that goes on for longer goes round in circles by rounding.
    for (std::size_t step = 0; alpha_ > 0.0 && step < 16 * coefficients_.size() + 16; ++step) {
      if (!advance()) break;
      knots.push_back({alpha_, coefficients_});
    }
    return knots;
  }

 private:
  double gram(std::size_t row, std::size_t column) const {
    return moments_.products(row, column) / moments_.weight_sum;
  }
  void join(std::size_t column) {
    active_.push_back(column);
    is_active_[column] = true;
  }

  /// Moves to the next knot; false where the path ends.
  bool advance() {
    Matrix inner(active_.size(), active_.size());
    std::vector<double> signs;
    for (std::size_t row = 0; row < active_.size(); ++row) {
      signs.push_back(covariances_[active_[row]] > 0.0 ? 1.0 : -1.0);
      for (std::size_t column = 0; column < active_.size(); ++column) {
        inner(row, column) = gram(active_[row], active_[column]);
      }
    }
    const std::optional<Cholesky> factors = Cholesky::factorise(std::move(inner));
    if (!factors) return false;
    const std::vector<double> direction = factors->solve(signs);
    std::vector<double> slopes(coefficients_.size(), 0.0);
    for (std::size_t column = 0; column < slopes.size(); ++column) {
      for (std::size_t place = 0; place < active_.size(); ++place) {
        slopes[column] += gram(column, active_[place]) * direction[place];
      }
    }

    double step = alpha_;
    std::optional<std::size_t> joining;
    std::optional<std::size_t> leaving;
    for (std::size_t column = 0; column < slopes.size(); ++column) {
      if (is_active_[column]) continue;
      // |covariance - step * slope| = alpha - step
      for (const double sign : {1.0, -1.0}) {
        // A column that just left is still on the line that it left by.
        if (column == just_left_ && sign * covariances_[column] > 0.0) continue;
        const double closing = 1.0 - sign * slopes[column];
        if (closing <= 0.0) continue;
        const double candidate = std::max(0.0, (alpha_ - sign * covariances_[column]) / closing);
        if (candidate >= step - smallest_alpha_) continue;
        step = candidate;
        joining = column;
      }
    }
    for (std::size_t place = 0; place < active_.size(); ++place) {
      const double candidate = -coefficients_[active_[place]] / direction[place];
      if (!(candidate > 0.0) || candidate >= step) continue;
      step = candidate;
      joining.reset();
      leaving = place;
    }

    for (std::size_t place = 0; place < active_.size(); ++place) {
      coefficients_[active_[place]] += step * direction[place];
    }
    for (std::size_t column = 0; column < slopes.size(); ++column) covariances_[column] -= step * slopes[column];
    alpha_ -= step;
    just_left_.reset();
    if (leaving) {
      just_left_ = active_[*leaving];
      coefficients_[*just_left_] = 0.0;
      is_active_[*just_left_] = false;
      active_.erase(active_.begin() + static_cast<std::ptrdiff_t>(*leaving));
    }
    if (joining) join(*joining);
    if (!joining && !leaving) alpha_ = 0.0;
    return true;
  }

  const RegressionMoments& moments_;
  std::vector<double> coefficients_;
  /// Of each column with the residual.
  std::vector<double> covariances_;
  std::vector<std::size_t> active_;
  std::vector<bool> is_active_;
  std::optional<std::size_t> just_left_;
  double alpha_ = 0.0;
  double smallest_alpha_ = 0.0;
};

}  // namespace

LinearFit lasso(const RegressionMoments& moments, double alpha) {
  const std::size_t column_count = moments.column_count();
  std::vector<double> coefficients(column_count, 0.0);
  const double spread = std::sqrt(moments.response_square / moments.weight_sum);
  for (std::size_t sweep = 0; sweep < kMostSweeps; ++sweep) {
    double largest_move = 0.0;
    for (std::size_t column = 0; column < column_count; ++column) {
      const double square = moments.products(column, column);
      double& coefficient = coefficients[column];
      if (!(square > 0.0)) continue;
      const double without =
          moments.responses[column] - product(moments.products.row(column), coefficients) + square * coefficient;
      const double next = soft_threshold(without, alpha * moments.weight_sum) / square;
      largest_move = std::max(largest_move, std::abs(next - coefficient) * std::sqrt(square / moments.weight_sum));
      coefficient = next;
    }
    if (largest_move <= kTolerance * spread) break;
  }
  return with_intercept(moments, std::move(coefficients));
}

std::vector<LassoKnot> lasso_path(const RegressionMoments& moments) {
  return Homotopy(moments).run();
}

}  // namespace modattr
