#include "modattr/report/text.h"

#include "modattr/report/utf8.h"

namespace modattr {
namespace {

constexpr char32_t kEscape = 0x1B;

bool is_line_break_or_tab(char32_t point) {
  return (point >= 0x09 && point <= 0x0D) || point == 0x85 || point == 0x2028 || point == 0x2029;
}

bool is_control(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F);
}

bool changes_direction(char32_t point) {
  return point == 0x061C || point == 0x200E || point == 0x200F || (point >= 0x202A && point <= 0x202E) ||
         (point >= 0x2066 && point <= 0x2069);
}

// Bytes of a control sequence's parameters and final byte; `text` starts behind its introducer.
std::size_t control_sequence_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && text[length] >= 0x20 && text[length] <= 0x3F) ++length;
  return length < text.size() && text[length] >= 0x40 && text[length] <= 0x7E ? length + 1 : length;
}

// Bytes up to and with the terminator of a control string such as a window title; 0 when it never ends, because hiding
// the rest of the text would be worse than showing the inside of the sequence.
std::size_t control_string_length(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\a') return at + 1;
    if (text.substr(at, 2) == "\x1B\\" || text.substr(at, 2) == "\xC2\x9C") return at + 2;
  }
  return 0;
}

bool starts_control_string(char32_t point) {
  return point == 'P' || point == 'X' || point == ']' || point == '^' || point == '_';
}

// Bytes of the escape sequence that `text` starts with.
std::size_t escape_sequence_length(std::string_view text) {
  const CodePoint first = decode_utf8(text);
  std::string_view rest = text.substr(first.length);
  // The C1 controls are the two-byte sequences ESC @ ... ESC _ in one code point.
  char32_t introducer = first.value - 0x40;
  if (first.value == kEscape) {
    if (rest.empty()) return 1;
    introducer = static_cast<unsigned char>(rest.front());
    if (introducer >= 0x20 && introducer <= 0x2F) {
      const std::size_t intermediates = rest.find_first_not_of(" !\"#$%&'()*+,-./");
      return intermediates == std::string_view::npos ? text.size() : 1 + intermediates + 1;
    }
    if (introducer < 0x30 || introducer > 0x7E) return 1;
    rest.remove_prefix(1);
  }
  const std::size_t used = text.size() - rest.size();
  if (introducer == '[') return used + control_sequence_length(rest);
  return starts_control_string(introducer) ? used + control_string_length(rest) : used;
}

}  // namespace

std::string sanitize_for_terminal(std::string_view text) {
  std::string clean;
  const std::string valid = to_valid_utf8(text);
  std::string_view rest = valid;
  while (!rest.empty()) {
    const CodePoint point = decode_utf8(rest);
    std::size_t used = point.length;
    if (is_line_break_or_tab(point.value)) {
      if (!clean.empty() && clean.back() != ' ') clean += ' ';
    } else if (point.value == kEscape || (point.value >= 0x80 && point.value <= 0x9F)) {
      used = escape_sequence_length(rest);
    } else if (!is_control(point.value) && !changes_direction(point.value)) {
      clean += rest.substr(0, used);
    }
    rest.remove_prefix(used);
  }
  return clean;
}

std::string terminal_text(std::string_view text, const TextStyle& style) {
  const std::string clean = sanitize_for_terminal(text);
  if (style.unicode) return clean;
  std::string ascii;
  std::string_view rest = clean;
  while (!rest.empty()) {
    const CodePoint point = decode_utf8(rest);
    if (point.value < 0x80) {
      ascii += rest.front();
    } else if (cell_count(point.value) > 0) {
      ascii += '?';
    }
    rest.remove_prefix(point.length);
  }
  return ascii;
}

std::string name_among_numbers(const std::string& name) {
  return name.find_first_not_of("0123456789") == std::string::npos ? "'" + name + "'" : name;
}

std::string cut_to_width(std::string_view text, std::size_t width, const TextStyle& style) {
  if (display_width(text) <= width) return std::string(text);
  const std::string_view ellipsis = style.unicode ? "…" : "...";
  const std::size_t room = width - display_width(ellipsis);
  std::size_t kept_bytes = 0;
  std::size_t kept_cells = 0;
  while (kept_bytes < text.size()) {
    const CodePoint point = decode_utf8(text.substr(kept_bytes));
    if (kept_cells + cell_count(point.value) > room) break;
    kept_cells += cell_count(point.value);
    kept_bytes += point.length;
  }
  return std::string(text.substr(0, kept_bytes)).append(ellipsis);
}

std::string pad(std::string_view text, std::size_t width, Alignment alignment) {
  const std::size_t used = display_width(text);
  const std::string spaces(used < width ? width - used : 0, ' ');
  return alignment == Alignment::kLeft ? std::string(text) + spaces : spaces + std::string(text);
}

std::vector<std::string> wrap_words(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size() < text.size() ? word.size() + 1 : text.size());
    if (word.empty()) continue;
    if (!lines.empty() && display_width(lines.back()) + 1 + display_width(word) <= width) {
      lines.back().append(" ").append(word);
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

std::string hanging(std::string_view text, std::size_t indent, std::size_t width) {
  constexpr std::size_t kFewestCells = 20;
  if (width > indent && display_width(text) <= width - indent) return std::string(text);
  std::string result;
  for (const std::string& line : wrap_words(text, width > indent + kFewestCells ? width - indent : kFewestCells)) {
    result += (result.empty() ? "" : "\n" + std::string(indent, ' ')) + line;
  }
  return result;
}

}  // namespace modattr
