#pragma once

#include <string>
#include <string_view>

namespace modattr {

/// Throws DataError `<where>: expected <expected>, got <got>[; <what_to_do>]`.
[[noreturn]] void throw_data_error(std::string_view where, std::string_view expected, std::string_view got,
                                   std::string_view what_to_do = {});

/// `text` in single quotes, fit for one line of a message: control characters and invalid UTF-8 escaped, long text cut.
std::string quoted_text(std::string_view text);

/// A number for a message; "nan" whatever its sign.
std::string number_text(double number);

/// Whether `text` is well-formed UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view text) noexcept;

/// Checks the name of an array: not empty, UTF-8, no control characters; DataError otherwise.
void check_array_name(std::string_view where, std::string_view name);

/// The readable part of what nlohmann_json says of text that it cannot parse.
std::string json_error_text(std::string_view what);

}  // namespace modattr
