#pragma once

#include <string>
#include <string_view>

namespace modattr {

/// Text as the content of an element, or of an attribute in double quotes, of HTML and XML alike: nothing in it is
/// markup. Control characters, direction marks and what is not UTF-8 go as sanitize_for_terminal() says, and code
/// points that XML does not have become U+FFFD.
std::string escape_markup(std::string_view text);

}  // namespace modattr
