#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace modattr {

/// Text of a file in quotes, fit for one line of a message: what is not printable ASCII is '?', long text is cut.
inline std::string shown_text(std::string_view text) {
  constexpr std::size_t kMost = 60;
  std::string shown = "'";
  for (const char letter : text.substr(0, kMost)) shown += letter >= ' ' && letter <= '~' ? letter : '?';
  return shown + (text.size() > kMost ? "...'" : "'");
}

}  // namespace modattr
