#pragma once

#include <string>

#include "modattr/report/score_table.h"
#include "modattr/report/text_style.h"

namespace modattr {

/// The table for a terminal: a heading, one line per modality with a bar, a block per group, what the columns mean and
/// the warnings. Holds no control characters from the data.
std::string to_text_table(const ScoreTable& table, const TextStyle& style);

}  // namespace modattr
