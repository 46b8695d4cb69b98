#pragma once

#include <string>

#include "modattr/report/score_table.h"

namespace modattr {

/// The table as GitHub markdown, for a pull request or a report; text from the data is escaped.
std::string to_markdown(const ScoreTable& table);

}  // namespace modattr
