#include "modattr/report/text_style.h"

namespace modattr {
namespace {

// The sixteen colours that every terminal theme defines; none of them sets the background.
std::string_view escape_sequence(Paint paint) {
  switch (paint) {
    case Paint::kPlain:
      return "";
    case Paint::kStrong:
      return "\x1B[1m";
    case Paint::kFaint:
      return "\x1B[2m";
    case Paint::kPositive:
      return "\x1B[36m";
    case Paint::kNegative:
      return "\x1B[31m";
    case Paint::kWarning:
      return "\x1B[33m";
  }
  return "";
}

}  // namespace

std::string quoted_option(std::string_view name) {
  return "\"" + std::string(name) + "\"";
}

std::string painted(std::string_view text, Paint paint, const TextStyle& style) {
  if (!style.color || paint == Paint::kPlain || text.empty()) return std::string(text);
  return std::string(escape_sequence(paint)).append(text).append("\x1B[0m");
}

}  // namespace modattr
