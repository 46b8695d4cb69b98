#pragma once

#include <string>

#include "modattr/report/score_table.h"

namespace modattr {

/// scores.json, schema "modattr.scores/2", one row per line. Numbers read back as the same doubles; what is unknown or
/// not finite is null. Invisible and direction-changing characters are written as \u escapes, bytes that are not UTF-8
/// as U+FFFD. Throws OutputError when `table.config` is not a JSON object.
std::string to_json(const ScoreTable& table);

}  // namespace modattr
