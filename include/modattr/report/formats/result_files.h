#pragma once

#include <span>
#include <string>
#include <vector>

#include "modattr/report/result_writer.h"
#include "modattr/report/score_table.h"

namespace modattr {

/// The files of a table, by name: "scores.json", "scores.csv", "examples.jsonl". Throws std::invalid_argument for any
/// other name.
std::vector<NamedContent> render_files(const ScoreTable& table, std::span<const std::string> names);

/// Files that a former run may have left where this one writes none of the name.
std::span<const FormerFile> former_files();

}  // namespace modattr
