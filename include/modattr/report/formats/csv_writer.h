#pragma once

#include <string>

#include "modattr/report/score_table.h"

namespace modattr {

/// scores.csv: a header line, where there is a metric a line for the score itself (definition "score" of modality
/// "all"), and one line per row; all examples are the group "all". Quoted as RFC 4180 asks, lines ending in \n. Where
/// a table holds several runs, a last column names them. Numbers read back as the same doubles; unknown = empty cell.
/// Text that a spreadsheet would run as a formula (it begins with = + - @ and is not a number) gets a leading
/// apostrophe; control characters other than line breaks and tabs become U+FFFD.
std::string to_csv(const ScoreTable& table);

}  // namespace modattr
