#pragma once

#include <string>
#include <vector>

#include "modattr/history/stored_result.h"

namespace modattr {

/// What a store keeps of scores.json beside its text.
struct ScoresSummary {
  StoredHead head;
  std::vector<StoredRow> rows;
};

/// Reads it from the text, so that both say the same. Throws DataError where the text is not what to_json() writes.
ScoresSummary summarize_scores(const std::string& scores_json);

}  // namespace modattr
