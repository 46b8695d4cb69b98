#include "json_text.h"

#include <cmath>

#include "modattr/report/utf8.h"

namespace modattr {

nlohmann::ordered_json number_or_null(std::optional<double> value) {
  return value && std::isfinite(*value) ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

std::string to_line(const nlohmann::ordered_json& document) {
  return document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string escape_invisible(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    const char32_t value = point.value;
    const bool is_control = value >= 0x7F && value <= 0x9F;
    const bool is_direction = value == 0x061C || value == 0x200E || value == 0x200F ||
                              (value >= 0x2028 && value <= 0x202E) || (value >= 0x2066 && value <= 0x2069);
    if (is_control || is_direction) {
      constexpr std::string_view kHexadecimal = "0123456789abcdef";
      escaped += "\\u";
      for (unsigned shift = 16; shift > 0; shift -= 4) escaped += kHexadecimal[value >> (shift - 4) & 0xFU];
    } else {
      escaped += text.substr(0, point.length);
    }
    text.remove_prefix(point.length);
  }
  return escaped;
}

}  // namespace modattr
