#pragma once

#include <functional>

#include "common_options.h"
#include "modattr/report/score_table.h"

namespace modattr {

/// Runs a command that scores modalities: logs, progress bar, the table on standard output, result files in --out.
void run_scoring(const OutputOptions& output,
                 const std::function<ScoreTable(Application& application, const RunContext& context)>& score);

}  // namespace modattr
