#include <algorithm>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "cli/command_library.h"
#include "cli/common_options.h"
#include "cli/result_output.h"
#include "cli/store_options.h"
#include "commands.h"
#include "modattr/core/error.h"
#include "modattr/core/shards/shard.h"
#include "modattr/report/formats/result_files.h"
#include "modattr/report/result_writer.h"

namespace modattr {
namespace {

struct MergeCommand {
  std::vector<std::filesystem::path> folders;
  CommandRequest request = {.options = OptionValues({})};
  OutputOptions output;
  StoreOptions store;
};

/// The shards in a folder, by name; a file is taken for one.
std::vector<std::filesystem::path> shards_in(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::is_regular_file(folder, error)) return {folder};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (is_shard_file_name(entry.path().filename().string())) files.push_back(entry.path());
  }
  if (error) throw ConfigError(folder.string() + ": expected a folder of shards, got: " + error.message());
  if (files.empty()) {
    throw ConfigError(folder.string() + ": expected shards, files such as " + Shard{0, 4}.file_name() +
                      ", got none; a command with --shard writes them");
  }
  std::ranges::sort(files);
  return files;
}

ExitCode run(MergeCommand& command) {
  const OutputOptions& output = command.output;
  start_logging(output);
  for (const std::filesystem::path& folder : command.folders) {
    for (std::filesystem::path& file : shards_in(folder)) command.request.shard_files.push_back(std::move(file));
  }
  std::optional<ResultDirectory> directory;
  std::optional<FormerRun> former;
  if (output.out) {
    directory.emplace(ResultDirectory::open(*output.out));
    if (!output.force) former = former_run(*output.out);
    if (former) command.request.expected_model_sha256 = former->model_sha256;
  }
  expect_storable(command.store);
  const CommandResult result = run_command("merge", command.request, output);
  const bool is_list = !result.tables.empty();
  if (former) {
    CommandRequest ignored{.options = OptionValues({})};
    expect_replaceable(*output.out, result.table->command, ignored);
  }
  if (directory) {
    std::vector<NamedContent> files = render_files(*result.table, result.files);
    if (is_list) files.push_back({"run.json", result.document});
    write_results(files, *directory, output);
  }
  const std::exception_ptr store_failure = store_result(command.store, *result.table, result.files, output);
  if (is_list) {
    show_runs(result, output);
  } else {
    show(*result.table, output);
  }
  if (store_failure) std::rethrow_exception(store_failure);
  return result.exit_code;
}

}  // namespace

void add_merge_command(CommandLine& line) {
  auto command = std::make_shared<MergeCommand>();
  CLI::App& app = *line.program.add_subcommand("merge", "Joins the shards of a run into its results");
  app.footer(
      "Examples:\n"
      "  modattr shap --shard 1/2 --out shards\n"
      "  modattr shap --shard 2/2 --out shards\n"
      "  modattr merge shards --out results   what `modattr shap --out results` writes");
  app.add_option("folders", command->folders, "Folders that shards were written into")
      ->required()
      ->option_text("DIR...");
  app.add_option("--out", command->output.out, "Also write what the run would have written into this folder")
      ->type_name("DIR")
      ->check(not_empty("a folder"));
  app.add_flag("--force", command->output.force, "Replace results of another model or command in that folder");
  add_store_options(app, command->store);
  add_table_options(app, command->output);
  app.callback([command, &line] { line.exit_code = run(*command); });
}

}  // namespace modattr
