#pragma once

#include <string>

#include "modattr/report/score_table.h"
#include "modattr/report/text_style.h"

namespace modattr {

/// Whether a table holds verdicts on errors, or measures of them.
bool is_trace(const ScoreTable& table);

/// What is behind the wrong answers, and group by group; or, where faults were injected, how good the verdicts are.
std::string to_trace_summary(const ScoreTable& table, const TextStyle& style);

/// The evidence of the traced answers that were asked for, in words.
std::string to_trace_examples(const ScoreTable& table, const TextStyle& style);

}  // namespace modattr
