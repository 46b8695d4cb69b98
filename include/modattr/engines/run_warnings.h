#pragma once

#include <string>
#include <vector>

#include "modattr/core/attribution.h"

namespace modattr {

/// A number with three significant digits, for a message; "not known" where it is not finite.
std::string short_number(double value);

/// Adds a warning for each definition without a value, once per subset of the examples.
void warn_about_undefined(const std::vector<Score>& rows, std::vector<std::string>& warnings);

}  // namespace modattr
