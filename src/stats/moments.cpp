#include "modattr/stats/moments.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace modattr {

std::optional<double> mean(std::span<const double> values) {
  if (values.empty()) return std::nullopt;
  // The running form gives exactly x for values that are all x.
  double mean = 0.0;
  double count = 0.0;
  for (const double value : values) mean += (value - mean) / ++count;
  return mean;
}

bool are_same_answers(std::span<const double> values) {
  if (values.empty()) return true;
  const auto [least, most] = std::ranges::minmax(values);
  return most - least <= kAnswerRounding * std::max(std::abs(least), std::abs(most));
}

std::optional<double> standard_error(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  const double centre = *mean(values);
  double sum = 0.0;
  for (const double value : values) sum += (value - centre) * (value - centre);
  const auto count = static_cast<double>(values.size());
  return std::sqrt(sum / (count - 1.0) / count);
}

double student_factor(std::size_t draw_count) {
  // Two-sided 95 % of 1, 2 and 3 degrees of freedom, and of the normal distribution.
  constexpr std::array kQuantiles = {12.706204736432095, 4.302652729911275, 3.182446305284263};
  constexpr double kNormalQuantile = 1.959963984540054;
  return draw_count < kFewestDraws ? kQuantiles.at(draw_count - 2) / kNormalQuantile : 1.0;
}

std::optional<double> monte_carlo_error(std::span<const double> draws) {
  const std::optional<double> error = standard_error(draws);
  if (!error || draws.size() >= kFewestDraws) return error;
  if (are_same_answers(draws)) return std::nullopt;
  return *error * student_factor(draws.size());
}

double sum_of_magnitudes(std::span<const double> values) {
  double sum = 0.0;
  for (const double value : values) sum += std::abs(value);
  return sum;
}

std::optional<double> ratio(double numerator, double denominator) {
  return denominator != 0.0 ? std::optional(numerator / denominator) : std::nullopt;
}

std::optional<double> subtract(std::optional<double> first, std::optional<double> second) {
  if (!first || !second) return std::nullopt;
  return *first - *second;
}

double dot(std::span<const double> left, std::span<const double> right) {
  return std::inner_product(left.begin(), left.end(), right.begin(), 0.0);
}

}  // namespace modattr
