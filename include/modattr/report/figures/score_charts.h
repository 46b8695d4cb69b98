#pragma once

#include <optional>
#include <string>
#include <vector>

#include "modattr/report/figures/charts.h"
#include "modattr/report/number_format.h"
#include "modattr/report/score_table.h"

namespace modattr {

/// A definition in a few words, such as "Shapley value"; its id where there are none.
std::string definition_title(const std::string& definition);
/// What its numbers say, in one sentence; empty where there is none.
std::string definition_note(const std::string& definition);

/// How the numbers of a definition are printed.
NumberFormat definition_format(const ScoreTable& table, const std::string& run, const std::string& definition);

/// The definitions of a run that a figure shows, those of errors left out; in the order of the rows. `run`: Score::run.
std::vector<std::string> charted_definitions(const ScoreTable& table, const std::string& run);

/// The rows of a definition over all examples.
BarChart bar_chart(const ScoreTable& table, const std::string& run, const std::string& definition);
/// The rows of its groups; nullopt where there are none.
std::optional<GroupChart> group_chart(const ScoreTable& table, const std::string& run, const std::string& definition);
/// Of pairs of at least three modalities; nullopt otherwise.
std::optional<MatrixChart> matrix_chart(const ScoreTable& table, const std::string& run, const std::string& definition);
/// Verdicts on wrong answers, of all and by group; nullopt where there are none.
std::optional<StackChart> verdict_chart(const ScoreTable& table, const std::string& run);

/// One figure of a table as papers show it, as a file: of a trace the verdicts, else the definition that answers the
/// question, by modality. Throws DataError where the table holds nothing that can be drawn.
std::string score_figure(const ScoreTable& table);

}  // namespace modattr
