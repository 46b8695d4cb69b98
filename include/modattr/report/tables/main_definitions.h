#pragma once

#include "modattr/report/score_table.h"

namespace modattr {

/// Takes out of a table what its reader does not need at first: rows of definitions that the legends call details, and
/// p-values of repeats where there are those of examples. A table of details only keeps them. For printing: files hold
/// all rows.
void keep_main_definitions(ScoreTable& table);

}  // namespace modattr
