#pragma once

#include <optional>
#include <string>

#include "common_options.h"
#include "modattr/run/command.h"
#include "store_options.h"

namespace modattr {

/// Which part of a run is asked for, as it was written.
struct ShardOptions {
  std::optional<std::string> shard;
};

/// Adds --shard; the results of a shard are not shown, drawn or stored.
void add_shard_option(CLI::App& command, ShardOptions& options);

/// Runs a command on the shard and writes its file into `output.out`. `command`: of the library.
ExitCode run_shard(const std::string& command, const ShardOptions& options, CommandRequest& request,
                   const OutputOptions& output, const StoreOptions& store);

}  // namespace modattr
