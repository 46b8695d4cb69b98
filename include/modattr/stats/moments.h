#pragma once

#include <optional>
#include <span>

namespace modattr {

/// What the same answer of a model in single precision may differ by from call to call, relative to its size. Less than
/// this is no effect.
inline constexpr double kAnswerRounding = 1e-6;

/// Arithmetic mean; nullopt for no values.
std::optional<double> mean(std::span<const double> values);

/// Sum of |value|.
double sum_of_magnitudes(std::span<const double> values);

/// Whether the values are all the same but for kAnswerRounding.
bool are_same_answers(std::span<const double> values);

/// numerator / denominator; nullopt for a denominator of 0.
std::optional<double> ratio(double numerator, double denominator);

/// Sample standard deviation / sqrt(count); nullopt for fewer than two values.
std::optional<double> standard_error(std::span<const double> values);

/// first - second; nullopt where one of them is not known.
std::optional<double> subtract(std::optional<double> first, std::optional<double> second);

/// Sum of products, of equal lengths.
double dot(std::span<const double> left, std::span<const double> right);

}  // namespace modattr
