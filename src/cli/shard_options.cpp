#include "shard_options.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include "command_library.h"
#include "modattr/core/error.h"
#include "modattr/core/shards/shard.h"
#include "modattr/report/result_writer.h"
#include "result_output.h"

namespace modattr {
namespace {

std::optional<std::string> variable(std::string_view name) {
  const char* const value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Shard read_shard(const std::string& text) {
  try {
    return parse_shard(text, variable);
  } catch (const ConfigError& error) {
    const std::string message = error.what();
    throw ConfigError((message.starts_with("auto:") ? "--shard " : "--shard: ") + message);
  }
}

}  // namespace

void add_shard_option(CLI::App& command, ShardOptions& options) {
  command
      .add_option(
          "--shard", options.shard,
          "Evaluate part i of n of the examples only, for `modattr merge`; auto: the place that Slurm, Kubernetes, "
          "MPI or torchrun give this process")
      ->option_text("i/n|auto");
}

ExitCode run_shard(const std::string& command, const ShardOptions& options, CommandRequest& request,
                   const OutputOptions& output, const StoreOptions& store) {
  request.shard = read_shard(*options.shard);
  if (!output.out) throw ConfigError("--shard: expected --out DIR, the folder of the shards, got none");
  if (output.format != OutputFormat::kTable) {
    throw ConfigError("--shard: expected no --format, got one; `modattr merge` takes it");
  }
  if (store.store) throw ConfigError("--shard: expected no --store, got one; `modattr merge` takes it");
  const ResultDirectory directory = ResultDirectory::open(*output.out, FolderUse::kShared);
  const std::string name = request.shard->file_name();
  std::error_code ignored;
  if (!output.force && std::filesystem::exists(directory.path() / name, ignored)) {
    request.shard_files = {directory.path() / name};
  }
  if (command == "run") {
    request.journal = directory.path() / (std::filesystem::path(name).stem().string() + ".journal");
    request.replace = output.force;
  }
  const CommandResult result = run_command(command, request, output);
  write_files({{name, result.document}}, directory, output);
  if (request.journal) std::filesystem::remove(*request.journal, ignored);
  return result.exit_code;
}

}  // namespace modattr
