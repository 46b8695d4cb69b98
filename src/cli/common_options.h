#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "modattr/report/formats/output_format.h"
#include "modattr/run/command.h"

namespace modattr {

/// How a command shows what it does.
struct OutputOptions {
  OutputFormat format = OutputFormat::kTable;
  std::optional<std::filesystem::path> out;
  /// Whether `out` may hold results of another run.
  bool force = false;
  /// Print rows of all definitions.
  bool all_definitions = false;
  bool quiet = false;
  bool verbose = false;
};

/// Accepts whole numbers from `least` to `most` and names both otherwise.
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most);
/// Refuses an empty text, where `what` is expected.
CLI::Validator not_empty(std::string what);

/// Adds the options that every command with a model shares.
void add_common_options(CLI::App& command, CommonOptions& common);

/// Adds -q and -v.
void add_verbosity_options(CLI::App& command, OutputOptions& output);

/// Adds --format with the words of OutputFormat.
void add_format_option(CLI::App& command, OutputOptions& output,
                       const std::vector<std::string>& formats = {"table", "csv", "json", "markdown"});

/// Adds what says how a table of scores is shown: --format, --all-definitions, -q and -v.
void add_table_options(CLI::App& command, OutputOptions& output);

/// Logs of a run: standard error, from level "info" with -v, warnings always unless -q.
void start_logging(const OutputOptions& output);

}  // namespace modattr
