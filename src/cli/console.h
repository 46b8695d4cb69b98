#pragma once

#include <string_view>

#include "modattr/report/text_style.h"

namespace modattr {

/// What standard output can show: colour unless NO_COLOR is set or it is no terminal, UTF-8 by locale, its width.
TextStyle standard_output_style();

/// Whether standard error is a terminal on which a line can be drawn again: not one of TERM=dumb.
bool standard_error_can_redraw();

/// Writes to standard output; throws OutputError when it cannot take the text (a full disk, a closed pipe).
void print(std::string_view text);

/// Writes `modattr: <message>` to standard error as one line, control characters stripped.
void print_error(std::string_view message);

}  // namespace modattr
