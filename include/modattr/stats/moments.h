#pragma once

#include <cstddef>
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

/// Draws from which on a standard error is taken as it is.
inline constexpr std::size_t kFewestDraws = 5;

/// What a standard error over so few draws is multiplied with, so that 1.96 of it holds 95 %: the quantile of Student's
/// t over 1.96; 1 from kFewestDraws on. `draw_count` is at least 2.
double student_factor(std::size_t draw_count);

/// Standard error of the mean of random draws: of fewer than kFewestDraws times student_factor(), and nullopt where
/// these are all equal, as a few draws that agree say nothing of the others.
std::optional<double> monte_carlo_error(std::span<const double> draws);

/// first - second; nullopt where one of them is not known.
std::optional<double> subtract(std::optional<double> first, std::optional<double> second);

/// Sum of products, of equal lengths.
double dot(std::span<const double> left, std::span<const double> right);

}  // namespace modattr
