#pragma once

#include <string>
#include <string_view>

#include "modattr/report/score_table.h"

namespace modattr {

/// Reads scores.json back, so that to_json() writes the same bytes again. null is nullopt, or NaN where a number is
/// always there. Keys that this version does not know are left out. What the file has in its configuration only is
/// taken from there: the names of the modalities, the seed, the repeats; the orientation is that of the metric of this
/// name. Throws DataError `<file>: expected <what>, got <what>`, with the place (`rows[3].value`), for other schemas
/// than "modattr.scores/2", for what is missing or of another type, and for text that is not JSON, is deeper than 64
/// levels or larger than 256 MiB. `file` is for messages.
ScoreTable read_scores(std::string_view text, const std::string& file);

}  // namespace modattr
