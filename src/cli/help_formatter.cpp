#include "help_formatter.h"

#include <algorithm>
#include <sstream>

#include "modattr/report/text.h"

namespace modattr {
namespace {

/// Cells before the texts of options.
constexpr std::size_t kNameWidth = 30;

std::string entry(const std::string& name, const std::string& text, std::size_t width) {
  const std::string left = "  " + name;
  if (text.empty()) return left + "\n";
  const std::string lines = hanging(text, kNameWidth, width);
  const bool has_room = left.size() < kNameWidth;
  return left + (has_room ? std::string(kNameWidth - left.size(), ' ') : "\n" + std::string(kNameWidth, ' ')) + lines +
         "\n";
}

/// Every line of a text that is too long broken at its first gap of two spaces, as between a command and its purpose,
/// and at words; what goes on below is indented further.
std::string broken(const std::string& text, std::size_t width) {
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t indent = line.find_first_not_of(' ');
    if (indent != std::string::npos && line.size() > width) {
      const std::size_t gap = std::min(line.find("  ", indent), line.size());
      const std::size_t below = indent + (indent > 0 ? 2 : 0);
      const std::size_t rest = std::min(line.find_first_not_of(' ', gap), line.size());
      result += std::string(indent, ' ') + hanging(line.substr(indent, gap - indent), below, width) + "\n";
      if (rest == line.size()) continue;
      line = std::string(below + 2, ' ') + hanging(line.substr(rest), below + 2, width);
    }
    result += line + "\n";
  }
  return result;
}

}  // namespace

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  return entry(make_option_name(option, is_positional) + make_option_opts(option), make_option_desc(option), width_);
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  return entry(command->get_display_name(true), command->get_description(), width_);
}

std::string HelpFormatter::make_description(const CLI::App* command) const {
  return broken(CLI::Formatter::make_description(command), width_);
}

std::string HelpFormatter::make_footer(const CLI::App* command) const {
  return broken(CLI::Formatter::make_footer(command), width_);
}

}  // namespace modattr
