#include "modattr/core/option_name.h"

#include <algorithm>

namespace modattr {
namespace {

// Control characters, which no name and no readable message holds.
constexpr char kBegin = '\x0e';
constexpr char kEnd = '\x0f';

}  // namespace

std::string option(std::string_view name) {
  return kBegin + std::string(name) + kEnd;
}

std::string spell_options(std::string_view message, const std::function<std::string(std::string_view name)>& spell) {
  std::string text;
  for (;;) {
    const std::size_t begin = message.find(kBegin);
    const std::size_t end = begin == std::string_view::npos ? begin : message.find(kEnd, begin);
    if (end == std::string_view::npos) return text.append(message);
    text.append(message.substr(0, begin)).append(spell(message.substr(begin + 1, end - begin - 1)));
    message.remove_prefix(end + 1);
  }
}

std::string command_line_option(std::string_view name) {
  std::string text = "--" + std::string(name);
  std::ranges::replace(text, '_', '-');
  return text;
}

}  // namespace modattr
