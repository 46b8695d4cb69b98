#include <algorithm>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/command_library.h"
#include "cli/common_options.h"
#include "cli/console.h"
#include "cli/figure_file.h"
#include "cli/option_arguments.h"
#include "cli/result_output.h"
#include "cli/shard_options.h"
#include "cli/store_options.h"
#include "commands.h"
#include "modattr/core/error.h"
#include "modattr/engines/registry.h"
#include "modattr/report/figures/example_figure.h"
#include "modattr/report/formats/result_files.h"
#include "modattr/report/result_writer.h"

namespace modattr {
namespace {

struct EngineCommand {
  CommandRequest request;
  OutputOptions output;
  StoreOptions store;
  ShardOptions shard;
  std::optional<std::filesystem::path> plot;
};

/// "a, b and c".
std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t place = 0; place < words.size(); ++place) {
    text += (place == 0 ? "" : place + 1 == words.size() ? " and " : ", ") + words[place];
  }
  return text;
}

std::string footer(const Engine& engine) {
  std::vector<std::string> commands;
  std::size_t width = 0;
  for (const auto& [arguments, purpose] : engine.examples) {
    commands.push_back("modattr " + std::string(engine.name) + (arguments.empty() ? "" : " ") + arguments);
    width = std::max(width, commands.back().size());
  }
  std::string text = "Examples:";
  for (std::size_t place = 0; place < commands.size(); ++place) {
    text +=
        "\n  " + commands[place] + std::string(width - commands[place].size() + 2, ' ') + engine.examples[place].second;
  }
  return text + (engine.notes.empty() ? "" : "\n\n" + engine.notes);
}

/// Pictures of the examples that were asked for, for a figure.
std::vector<ExamplePicture> pictures_of(const CommandResult& result) {
  std::vector<ExamplePicture> pictures;
  for (const auto& [id, example] : result.data.examples) {
    for (const PageExample::Shown& shown : example.pictures) {
      const PagePicture& picture = result.data.pictures.at(shown.picture);
      pictures.push_back({.id = id,
                          .modality = shown.modality,
                          .png = picture.file,
                          .width = picture.width,
                          .height = picture.height,
                          .is_sound = picture.is_sound});
    }
  }
  return pictures;
}

ExitCode run(EngineCommand& command) {
  const OutputOptions& output = command.output;
  start_logging(output);
  if (command.shard.shard) {
    if (command.plot) throw ConfigError("--shard: expected no --plot, got one; draw the merged results");
    return run_shard("engine", command.shard, command.request, output, command.store);
  }
  std::optional<ResultDirectory> directory;
  if (output.out) {
    if (!output.force) expect_replaceable(*output.out, command.request.engine, command.request);
    directory.emplace(ResultDirectory::open(*output.out));
  }
  expect_storable(command.store);
  command.request.shows_data = command.plot.has_value();
  CommandResult result = run_command("engine", command.request, output);
  if (command.plot) {
    write_figure(*command.plot, table_figure(*result.table, pictures_of(result)));
    if (!output.quiet) print_notice("wrote " + command.plot->string());
  }
  if (directory) write_results(render_files(*result.table, result.files), *directory, output);
  const std::exception_ptr store_failure = store_result(command.store, *result.table, result.files, output);
  show(*result.table, output);
  if (store_failure) std::rethrow_exception(store_failure);
  return result.exit_code;
}

void add_engine_command(CommandLine& line, const Engine& engine) {
  auto command = std::make_shared<EngineCommand>(
      EngineCommand{.request = {.engine = std::string(engine.name), .options = OptionValues(engine.options)},
                    .output = {},
                    .store = {},
                    .shard = {},
                    .plot = {}});
  CLI::App& app = *line.program.add_subcommand(std::string(engine.name), std::string(engine.summary));
  app.footer(footer(engine));
  app.add_option("-m,--modality", command->request.common.modalities, std::string(engine.modality_help))
      ->option_text("NAME...");
  add_options(app, command->request.options);
  add_common_options(app, command->request.common);
  app.add_option("--out", command->output.out, "Also write " + listed(engine.files) + " into this folder")
      ->type_name("DIR")
      ->check(not_empty("a folder"));
  app.add_flag("--force", command->output.force, "Replace results of another model or command in that folder");
  app.add_option("--plot", command->plot,
                 "Also draw a figure: of the scores, or with --ids of the first examples that were asked for")
      ->type_name("FILE.svg|png")
      ->check(CLI::Validator([](const std::string& text) { return figure_problem(text); }, ""));
  add_shard_option(app, command->shard);
  add_store_options(app, command->store);
  add_table_options(app, command->output);
  app.callback([command, &line] { line.exit_code = run(*command); });
}

}  // namespace

void add_every_engine_command(CommandLine& line) {
  for (const Engine& engine : engine_registry()) add_engine_command(line, engine);
}

}  // namespace modattr
