#pragma once

#include <exception>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include <CLI/CLI.hpp>

#include "common_options.h"
#include "modattr/report/score_table.h"

namespace modattr {

/// Where a command keeps its result beside those of other runs.
struct StoreOptions {
  std::optional<std::filesystem::path> store;
  std::optional<std::string> tag;
};

/// Adds --store and --tag.
void add_store_options(CLI::App& command, StoreOptions& options);

/// Throws what store_result() would throw, before a long run; does nothing without --store.
void expect_storable(const StoreOptions& options);

/// Appends a result with the files of these names and says so; does nothing without --store. The table must hold all of
/// its rows. Returns what ResultStore throws, so that a long run's results can be shown first.
std::exception_ptr store_result(const StoreOptions& options, const ScoreTable& table,
                                std::span<const std::string> file_names, const OutputOptions& output);

}  // namespace modattr
