#include "markup.h"

#include "modattr/report/text.h"
#include "modattr/report/utf8.h"

namespace modattr {

std::string escape_markup(std::string_view text) {
  const std::string clean = sanitize_for_terminal(text);
  std::string escaped;
  escaped.reserve(clean.size());
  for (std::string_view rest = clean; !rest.empty();) {
    const CodePoint point = decode_utf8(rest);
    const std::string_view bytes = rest.substr(0, point.length);
    rest.remove_prefix(point.length);
    if (bytes == "<") {
      escaped += "&lt;";
    } else if (bytes == ">") {
      escaped += "&gt;";
    } else if (bytes == "&") {
      escaped += "&amp;";
    } else if (bytes == "\"") {
      escaped += "&quot;";
    } else if (bytes == "'") {
      escaped += "&#39;";
    } else if ((point.value & 0xFFFEU) == 0xFFFEU) {
      escaped += "\xEF\xBF\xBD";
    } else {
      escaped += bytes;
    }
  }
  return escaped;
}

}  // namespace modattr
