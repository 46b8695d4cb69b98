#include "modattr/report/formats/csv_cell.h"

#include <charconv>

#include "modattr/report/utf8.h"

namespace modattr {
namespace {

bool is_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0.0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

bool is_formula(std::string_view text) {
  constexpr std::string_view kFormulaStarts = "=+-@\t\r";
  return !text.empty() && kFormulaStarts.find(text.front()) != std::string_view::npos && !is_number(text);
}

std::string without_controls(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    const bool is_layout = point.value == '\n' || point.value == '\r' || point.value == '\t';
    const bool is_control = point.value < 0x20 || (point.value >= 0x7F && point.value <= 0x9F);
    clean += is_control && !is_layout ? std::string_view("\uFFFD") : text.substr(0, point.length);
    text.remove_prefix(point.length);
  }
  return to_valid_utf8(clean);
}

}  // namespace

std::string csv_cell(std::string_view text) {
  if (text.empty()) return "\"\"";
  const std::string clean = (is_formula(text) ? "'" : "") + without_controls(text);
  if (clean.find_first_of(",\"\r\n") == std::string::npos) return clean;
  std::string quoted = "\"";
  for (const char byte : clean) {
    if (byte == '"') quoted += '"';
    quoted += byte;
  }
  return quoted + '"';
}

std::string csv_group_cell(const std::optional<std::string>& group) {
  constexpr const char* kAll = "all";
  if (!group) return kAll;
  return *group == kAll ? "'" + *group : csv_cell(*group);
}

}  // namespace modattr
