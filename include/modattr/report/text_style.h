#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace modattr {

/// What the terminal can show; the caller finds out.
struct TextStyle {
  /// ANSI colours.
  bool color = false;
  /// UTF-8 output; else plain ASCII.
  bool unicode = true;
  /// Cells per line; less than 60 counts as 60.
  std::size_t width = 100;
};

/// What a piece of text stands for; each has its colour.
enum class Paint : std::uint8_t { kPlain, kStrong, kFaint, kPositive, kNegative, kWarning };

/// `text` between the escape sequences of `paint`; unchanged without colour.
std::string painted(std::string_view text, Paint paint, const TextStyle& style);

}  // namespace modattr
