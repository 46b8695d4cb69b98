#pragma once

#include <span>
#include <string>
#include <string_view>

namespace modattr {

/// The word of `known` with the smallest edit distance to `word` (case ignored), or an empty string when none is close
/// enough to be a misspelling.
std::string nearest_word(std::string_view word, std::span<const std::string> known);

/// "; did you mean 'accuracy'?" for a near miss, otherwise "; expected one of a, b, c".
std::string suggestion(std::string_view word, std::span<const std::string> known);

}  // namespace modattr
