#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common_options.h"
#include "modattr/report/result_writer.h"
#include "modattr/report/score_table.h"
#include "modattr/run/command.h"

namespace modattr {

/// Prints a table in the format that was asked for; for people without the rows that only check the run, and with the
/// explanations of single examples below it.
void show(ScoreTable table, const OutputOptions& output);

/// Refuses to replace results of another command; those of another model are refused once the model is known.
void expect_replaceable(const std::filesystem::path& folder, const std::string& command, CommandRequest& request);

/// Prints the table of each run; one document of all runs where programs read it.
void show_runs(const CommandResult& result, const OutputOptions& output);

/// Writes files beside others, and says so.
void write_files(const std::vector<NamedContent>& files, const ResultDirectory& directory, const OutputOptions& output);

/// Writes the files of a run, and says so. Those of an earlier run go.
void write_results(const std::vector<NamedContent>& files, const ResultDirectory& directory,
                   const OutputOptions& output);

}  // namespace modattr
