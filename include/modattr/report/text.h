#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/report/text_style.h"

namespace modattr {

/// Makes text from a file harmless on a terminal: removes escape sequences, C0 and C1 control characters and
/// bidirectional overrides; line breaks and tabs become one space; bytes that are not UTF-8 become U+FFFD.
std::string sanitize_for_terminal(std::string_view text);

/// Sanitized text in the characters that `style` allows: without Unicode, others become '?'.
std::string terminal_text(std::string_view text, const TextStyle& style);

/// A name that stands where numbers may: one that reads like an index is quoted.
std::string name_among_numbers(const std::string& name);

/// Cuts sanitized text to at most `width` cells (at least 3); a cut text ends in "…" ("..." without Unicode).
std::string cut_to_width(std::string_view text, std::size_t width, const TextStyle& style);

enum class Alignment { kLeft, kRight };

/// Adds spaces until `text` fills `width` cells.
std::string pad(std::string_view text, std::size_t width, Alignment alignment);

/// Breaks text at its spaces into lines of at most `width` cells; a longer word gets a line of its own.
std::vector<std::string> wrap_words(std::string_view text, std::size_t width);

/// The same in one text without a last line break, for behind `indent` cells that are filled already: all lines but the
/// first begin with so many spaces. `width` counts them too; lines get at least 20 cells.
std::string hanging(std::string_view text, std::size_t indent, std::size_t width);

}  // namespace modattr
