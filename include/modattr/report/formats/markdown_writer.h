#pragma once

#include <string>
#include <string_view>

#include "modattr/report/score_table.h"

namespace modattr {

/// Text that markdown shows as it is, in one line and without control characters.
std::string escape_markdown(std::string_view text);

/// The table as GitHub markdown, for a pull request or a report; text from the data is escaped.
std::string to_markdown(const ScoreTable& table);

}  // namespace modattr
