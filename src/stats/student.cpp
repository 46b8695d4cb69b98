#include "modattr/stats/student.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace modattr {
namespace {

/// The continued fraction of the incomplete beta function, by Lentz's method (Press et al., "Numerical recipes", 6.4);
/// converges fast where place < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double place) {
  constexpr int kMostTerms = 10000;
  constexpr double kTiny = 1e-300;
  constexpr double kPrecision = 1e-15;
  const auto away_from_zero = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double ahead = 1.0;
  double behind = 1.0 / away_from_zero(1.0 - (a + b) * place / (a + 1.0));
  double fraction = behind;
  for (int term = 1; term < kMostTerms; ++term) {
    const double m = term;
    const double even = m * (b - m) * place / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
    behind = 1.0 / away_from_zero(1.0 + even * behind);
    ahead = away_from_zero(1.0 + even / ahead);
    fraction *= behind * ahead;
    const double odd = -(a + m) * (a + b + m) * place / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
    behind = 1.0 / away_from_zero(1.0 + odd * behind);
    ahead = away_from_zero(1.0 + odd / ahead);
    fraction *= behind * ahead;
    if (std::abs(behind * ahead - 1.0) < kPrecision) break;
  }
  return fraction;
}

/// The regularised incomplete beta function I(place; a, b), with 1 - place, which may be known more exactly.
double incomplete_beta(double a, double b, double place, double rest) {
  if (place <= 0.0) return 0.0;
  if (rest <= 0.0) return 1.0;
  const double factor =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(place) + b * std::log(rest));
  if (place < (a + 1.0) / (a + b + 2.0)) return factor * beta_fraction(a, b, place) / a;
  return 1.0 - factor * beta_fraction(b, a, rest) / b;
}

/// P(T <= value) for value <= 0, exact in relative terms.
double lower_tail(double value, double degrees_of_freedom) {
  // From here on the difference is less than the rounding of the terms above.
  constexpr double kNearlyNormal = 1e8;
  if (degrees_of_freedom > kNearlyNormal) return 0.5 * std::erfc(-value / std::sqrt(2.0));
  const double square = value * value;
  const double sum = degrees_of_freedom + square;
  return 0.5 * incomplete_beta(0.5 * degrees_of_freedom, 0.5, degrees_of_freedom / sum, square / sum);
}

}  // namespace

double student_probability(double value, double degrees_of_freedom) {
  return value <= 0.0 ? lower_tail(value, degrees_of_freedom) : 1.0 - lower_tail(-value, degrees_of_freedom);
}

double student_quantile(double probability, double degrees_of_freedom) {
  if (probability == 0.5) return 0.0;
  if (probability > 0.5) return -student_quantile(1.0 - probability, degrees_of_freedom);
  double low = -1.0;
  while (lower_tail(low, degrees_of_freedom) > probability && low > -std::numeric_limits<double>::max() / 2.0) {
    low *= 2.0;
  }
  double high = 0.0;
  constexpr int kMostHalvings = 200;
  for (int halving = 0; halving < kMostHalvings && high - low > 1e-13 * std::max(-low, 1e-3); ++halving) {
    const double middle = 0.5 * (low + high);
    (lower_tail(middle, degrees_of_freedom) > probability ? high : low) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace modattr
