#pragma once

#include <optional>
#include <span>

namespace modattr {

/// Arithmetic mean; nullopt for no values.
std::optional<double> mean(std::span<const double> values);

/// Sample standard deviation / sqrt(count); nullopt for fewer than two values.
std::optional<double> standard_error(std::span<const double> values);

}  // namespace modattr
