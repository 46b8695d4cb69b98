#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "modattr/report/result_writer.h"
#include "modattr/report/score_table.h"

namespace modattr {

/// The files of a table, by name: "scores.json", "scores.csv", "examples.jsonl", "trace.jsonl". Throws
/// std::invalid_argument for any other name.
std::vector<NamedContent> render_files(const ScoreTable& table, std::span<const std::string> names);

/// The run whose results a folder holds.
struct FormerRun {
  std::string command;
  /// SHA-256 of its model.
  std::string model_sha256;
};

/// What scores.json of the folder tells of its run, of this schema or another; nullopt where there is no such file, or
/// another program's.
std::optional<FormerRun> former_run(const std::filesystem::path& folder);

/// Files that a former run may have left where this one writes none of the name.
std::span<const FormerFile> former_files();

}  // namespace modattr
