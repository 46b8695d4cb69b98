#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace modattr {

/// The first code point of a text.
struct CodePoint {
  /// U+FFFD where the bytes are not UTF-8.
  char32_t value = 0;
  /// Bytes used, at least 1.
  std::size_t length = 1;
};

/// Decodes the first code point of `text`, which must not be empty. Overlong forms and surrogates are not UTF-8.
CodePoint decode_utf8(std::string_view text);

/// `text` with U+FFFD in place of every byte that is not part of UTF-8.
std::string to_valid_utf8(std::string_view text);

/// Terminal cells of one code point: 0 for combining marks, 2 for East Asian wide characters and emoji, else 1.
std::size_t cell_count(char32_t code_point);

/// Terminal cells that `text` fills; it must hold no control characters.
std::size_t display_width(std::string_view text);

}  // namespace modattr
