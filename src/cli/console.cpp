#include "console.h"

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/report/text.h"

namespace modattr {
namespace {

/// One that shows escape sequences instead of obeying them.
bool is_dumb_terminal() {
  const char* term = std::getenv("TERM");
  return term != nullptr && std::strcmp(term, "dumb") == 0;
}

}  // namespace

TextStyle standard_output_style() {
  TextStyle style;
  style.spell_option = command_line_option;
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  const char* no_color = std::getenv("NO_COLOR");
  style.color = terminal && (no_color == nullptr || *no_color == '\0') && !is_dumb_terminal();
  std::setlocale(LC_CTYPE, "");
  // Output that goes into a file or a CI log keeps its bars: only a locale that was chosen and is not UTF-8 rules them
  // out.
  style.unicode = !terminal || std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
  winsize size{};
  if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) style.width = size.ws_col;
  return style;
}

std::size_t standard_output_wraps_at() {
  return isatty(STDOUT_FILENO) == 1 ? standard_output_style().width : std::numeric_limits<std::size_t>::max();
}

bool standard_error_can_redraw() {
  return isatty(STDERR_FILENO) == 1 && !is_dumb_terminal();
}

std::size_t standard_error_width() {
  constexpr std::size_t kUsualWidth = 80;
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsualWidth;
}

void print(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) {
    throw OutputError(std::string("standard output: expected to write the results, got: ") + std::strerror(errno));
  }
}

void print_error(std::string_view message) {
  const std::string line = "modattr: " + sanitize_for_terminal(spell_options(message, command_line_option)) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void print_notice(std::string_view message) {
  print_error(message);
}

}  // namespace modattr
