#include "modattr/data/messages.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <sstream>

#include "modattr/core/error.h"

namespace modattr {
namespace {

constexpr std::size_t kLongestQuote = 200;

/// Length of the well-formed UTF-8 character at the front of `text`, 0 when there is none.
std::size_t utf8_length(std::string_view text) noexcept {
  const auto byte_at = [&](std::size_t position) { return static_cast<unsigned char>(text[position]); };
  const unsigned char first = byte_at(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t position = 1; position < length; ++position) {
    if ((byte_at(position) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte_at(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool beyond_unicode = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond_unicode ? 0 : length;
}

bool is_control(char character) noexcept {
  const auto code = static_cast<unsigned char>(character);
  return code < 0x20 || code == 0x7F;
}

/// `text` with control characters and invalid UTF-8 as \xNN, cut after kLongestQuote bytes.
std::string printable(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result;
  while (!text.empty() && result.size() < kLongestQuote) {
    const std::size_t length = utf8_length(text);
    if (length == 0 || is_control(text.front())) {
      const auto code = static_cast<unsigned char>(text.front());
      result += {'\\', 'x', kDigits[code >> 4], kDigits[code & 0xF]};
      text.remove_prefix(1);
    } else {
      result += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  if (!text.empty()) result += "...";
  return result;
}

}  // namespace

void throw_data_error(std::string_view where, std::string_view expected, std::string_view got,
                      std::string_view what_to_do) {
  std::string message(where);
  message.append(": expected ").append(expected).append(", got ").append(got);
  if (!what_to_do.empty()) message.append("; ").append(what_to_do);
  throw DataError(message);
}

std::string quoted_text(std::string_view text) {
  return "'" + printable(text) + "'";
}

std::string number_text(double number) {
  if (std::isnan(number)) return "nan";
  std::ostringstream text;
  text << number;
  return text.str();
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

void check_array_name(std::string_view where, std::string_view name) {
  if (name.empty()) throw_data_error(where, "a name for every array", "an empty name");
  if (!is_utf8(name) || std::any_of(name.begin(), name.end(), is_control)) {
    throw_data_error(where, "array names of printable UTF-8 text", quoted_text(name));
  }
}

std::string json_error_text(std::string_view what) {
  if (const std::size_t prefix_end = what.find("] "); prefix_end != std::string_view::npos) {
    what.remove_prefix(prefix_end + 2);
  }
  return printable(what);
}

}  // namespace modattr
