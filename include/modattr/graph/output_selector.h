#pragma once

#include <cstddef>
#include <string>
#include <variant>

namespace modattr {

/// Which part of forward()'s result is the output: an index into a tuple or list, or a key of a dictionary.
using OutputSelector = std::variant<std::size_t, std::string>;

}  // namespace modattr
