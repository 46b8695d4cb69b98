#pragma once

#include <optional>

#include "modattr/check/judgement.h"
#include "modattr/check/result_set.h"

namespace modattr {

/// Whose answers changed sides, in the order of the new result (of the baseline where the new one does not list them):
/// by labels and predicted classes of examples that both hold, else by the wrong answers that both traced. nullopt
/// where neither is known, or the data differs.
std::optional<ChangedAnswers> changed_answers(const ResultSet& baseline, const ResultSet& next);

}  // namespace modattr
