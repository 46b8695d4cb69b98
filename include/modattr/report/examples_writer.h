#pragma once

#include <string>

#include "modattr/report/score_table.h"

namespace modattr {

/// examples.jsonl: one JSON object per explained example. Numbers read back as the same doubles; what is unknown is
/// null; invisible characters are escaped.
std::string to_json_lines(const ScoreTable& table);

}  // namespace modattr
