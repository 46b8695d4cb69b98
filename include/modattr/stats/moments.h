#pragma once

#include <optional>
#include <span>

namespace modattr {

/// Arithmetic mean; nullopt for no values.
std::optional<double> mean(std::span<const double> values);

/// Sum of |value|.
double sum_of_magnitudes(std::span<const double> values);

/// numerator / denominator; nullopt for a denominator of 0.
std::optional<double> ratio(double numerator, double denominator);

/// Sample standard deviation / sqrt(count); nullopt for fewer than two values.
std::optional<double> standard_error(std::span<const double> values);

}  // namespace modattr
