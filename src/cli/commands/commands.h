#pragma once

#include <CLI/CLI.hpp>

#include "modattr/run/command.h"

namespace modattr {

/// The program's command line, and what it ends with.
struct CommandLine {
  CLI::App& program;
  ExitCode exit_code = ExitCode::kDone;
};

/// Each adds a command to the program; its callback runs it. `line` must outlive the parsing.
void add_init_command(CommandLine& line);
void add_inspect_command(CommandLine& line);
/// One command per engine of the registry.
void add_engine_commands(CommandLine& line);
void add_run_command(CommandLine& line);
void add_merge_command(CommandLine& line);
/// Compares results; needs no model.
void add_check_command(CommandLine& line);
/// Needs the data of results, no model.
void add_report_command(CommandLine& line);
void add_history_command(CommandLine& line);
void add_engines_command(CommandLine& line);
void add_completion_command(CommandLine& line);
/// Knows the commands that were added before it.
void add_help_command(CommandLine& line);

}  // namespace modattr
