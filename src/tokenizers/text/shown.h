#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace modattr {

/// Text of a file in quotes, fit for one line of a message: control characters are '?', long text is cut.
inline std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 80;
  std::string line = "'";
  std::size_t end = text.size();
  if (end > kMost) {
    end = kMost;
    // Not within a character.
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  }
  for (const char letter : text.substr(0, end)) {
    line += static_cast<unsigned char>(letter) < ' ' || letter == '\x7F' ? '?' : letter;
  }
  return line + (end < text.size() ? "...'" : "'");
}

}  // namespace modattr
