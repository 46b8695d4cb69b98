#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "cli/command_library.h"
#include "cli/common_options.h"
#include "cli/console.h"
#include "cli/result_output.h"
#include "cli/shard_options.h"
#include "cli/store_options.h"
#include "commands.h"
#include "modattr/core/error.h"
#include "modattr/report/formats/result_files.h"
#include "modattr/report/result_writer.h"

namespace modattr {
namespace {

constexpr const char* kRunCommand = "run";
/// In the folder of results while a run lasts.
constexpr const char* kJournal = "run.journal";

struct RunCommand {
  CommandRequest request = {.options = OptionValues({})};
  OutputOptions output;
  StoreOptions store;
  ShardOptions shard;
};

ExitCode run(RunCommand& command) {
  const OutputOptions& output = command.output;
  start_logging(output);
  std::optional<ResultDirectory> directory;
  if (command.request.resume && !output.out) {
    throw ConfigError("--resume: expected --out DIR, the folder of the interrupted run, got none");
  }
  if (command.shard.shard) return run_shard(kRunCommand, command.shard, command.request, output, command.store);
  if (output.out) {
    if (!output.force) expect_replaceable(*output.out, kRunCommand, command.request);
    directory.emplace(ResultDirectory::open(*output.out));
    command.request.journal = directory->path() / kJournal;
    command.request.replace = output.force;
  }
  expect_storable(command.store);
  const CommandResult result = run_command(kRunCommand, command.request, output);
  if (directory) {
    std::vector<NamedContent> files = render_files(*result.table, result.files);
    files.push_back({"run.json", result.document});
    write_results(files, *directory, output);
    // Everything it holds is in the results.
    std::error_code ignored;
    std::filesystem::remove(*command.request.journal, ignored);
  }
  const std::exception_ptr store_failure = store_result(command.store, *result.table, result.files, output);
  show_runs(result, output);
  if (store_failure) std::rethrow_exception(store_failure);
  return result.exit_code;
}

}  // namespace

void add_run_command(CommandLine& line) {
  auto command = std::make_shared<RunCommand>();
  CLI::App& app = *line.program.add_subcommand(kRunCommand, "Every engine that the configuration's runs list, at once");
  app.footer(
      "Examples:\n"
      "  modattr run                       the runs of the nearest modattr.json, each with its table\n"
      "  modattr run --out results         all scores in one folder, for `modattr check`\n"
      "  modattr run --out results --resume  goes on where an interrupted run stopped");
  app.add_option("-m,--modality", command->request.common.modalities, "Score these modalities only")
      ->option_text("NAME...");
  add_common_options(app, command->request.common);
  app.add_option("--out", command->output.out,
                 "Also write scores.json, scores.csv, run.json, and examples.jsonl and trace.jsonl where there are "
                 "any, into this folder")
      ->type_name("DIR")
      ->check(not_empty("a folder"));
  app.add_flag("--force", command->output.force, "Replace results of another model or command in that folder");
  app.add_flag("--resume", command->request.resume,
               "Go on where an interrupted run with the same --out stopped; begins anew where there is none");
  add_shard_option(app, command->shard);
  add_store_options(app, command->store);
  add_table_options(app, command->output);
  app.callback([command, &line] { line.exit_code = run(*command); });
}

}  // namespace modattr
