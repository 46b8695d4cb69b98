#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "modattr/report/formats/output_format.h"
#include "modattr/run/application.h"

namespace modattr {

/// How a command shows what it does.
struct OutputOptions {
  OutputFormat format = OutputFormat::kTable;
  std::optional<std::filesystem::path> out;
  bool quiet = false;
  bool verbose = false;
};

/// Accepts whole numbers from `least` to `most` and names both otherwise.
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most);
/// Checks for a finite number above 0.
CLI::Validator positive_number();

/// Refuses an empty text, where `what` is expected.
CLI::Validator not_empty(std::string what);

/// Accepts one of the words and names the nearest otherwise.
CLI::Validator one_of(std::vector<std::string> words);

/// Adds the options that every command with a model shares.
void add_common_options(CLI::App& command, CommonOptions& common);

/// Adds --modality; separate, since not every command scores modalities.
void add_modality_option(CLI::App& command, CommonOptions& common);

/// Adds -q and -v.
void add_verbosity_options(CLI::App& command, OutputOptions& output);

/// Adds --format with the words of OutputFormat.
void add_format_option(CLI::App& command, OutputOptions& output,
                       const std::vector<std::string>& formats = {"table", "csv", "json", "markdown"});

/// Adds --metric; the words are checked, with the nearest named, when the configuration is read.
void add_metric_option(CLI::App& command, std::optional<std::string>& metric);

/// "Metrics: accuracy, ...", for the end of a help text.
std::string metric_help();

/// Logs of a run: standard error, from level "info" with -v, warnings always unless -q.
void start_logging(const OutputOptions& output);

}  // namespace modattr
