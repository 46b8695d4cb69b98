#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "modattr/core/attribution.h"

namespace modattr {

/// JSON writes what is unknown or not finite as null.
nlohmann::ordered_json number_or_null(std::optional<double> value);

/// One line of JSON; bytes that are not UTF-8 become U+FFFD.
std::string to_line(const nlohmann::ordered_json& document);

/// A file that is shown with `cat` must not drive the terminal: controls, DEL and direction marks can only stand inside
/// strings, where an escape means the same.
std::string escape_invisible(std::string_view text);

}  // namespace modattr
