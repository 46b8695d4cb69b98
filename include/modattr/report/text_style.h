#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace modattr {

/// "format", with the quotes.
std::string quoted_option(std::string_view name);

/// What the terminal can show and how its reader writes options; the caller finds out.
struct TextStyle {
  /// ANSI colours.
  bool color = false;
  /// UTF-8 output; else plain ASCII.
  bool unicode = true;
  /// Cells per line; less than 60 counts as 60.
  std::size_t width = 100;
  /// The option of this name as the reader would write it, e.g. --format. By default its name in quotes.
  std::function<std::string(std::string_view name)> spell_option = quoted_option;
};

/// What a piece of text stands for; each has its colour.
enum class Paint : std::uint8_t { kPlain, kStrong, kFaint, kPositive, kNegative, kWarning };

/// `text` between the escape sequences of `paint`; unchanged without colour.
std::string painted(std::string_view text, Paint paint, const TextStyle& style);

}  // namespace modattr
