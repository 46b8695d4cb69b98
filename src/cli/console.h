#pragma once

#include <cstddef>
#include <string_view>

#include "modattr/report/text_style.h"

namespace modattr {

/// What standard output can show: colour unless NO_COLOR is set or it is no terminal, UTF-8 by locale, its width.
TextStyle standard_output_style();

/// Whether standard error is a terminal on which a line can be drawn again: not one of TERM=dumb.
bool standard_error_can_redraw();

/// Cells per line of a terminal on standard output; without one no line of plain text need be broken: the largest
/// number.
std::size_t standard_output_wraps_at();

/// Cells per line of the terminal on standard error; 80 where it does not say.
std::size_t standard_error_width();

/// Writes to standard output; throws OutputError when it cannot take the text (a full disk, a closed pipe).
void print(std::string_view text);

/// Writes `modattr: <message>` to standard error as one line, control characters stripped: an error, or what became of
/// a run.
void print_error(std::string_view message);
void print_notice(std::string_view message);

}  // namespace modattr
