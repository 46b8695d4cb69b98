#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "command_library.h"
#include "commands.h"
#include "common_options.h"
#include "console.h"
#include "modattr/core/error.h"
#include "modattr/engines/registry.h"
#include "modattr/report/formats/result_files.h"
#include "modattr/report/result_writer.h"
#include "modattr/report/tables/example_view.h"
#include "modattr/report/tables/main_definitions.h"
#include "modattr/report/text.h"
#include "option_arguments.h"

namespace modattr {
namespace {

struct EngineCommand {
  CommandRequest request;
  OutputOptions output;
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

void show(const ScoreTable& table, const OutputOptions& output) {
  print(render(table, output.format, standard_output_style()));
  if (output.format == OutputFormat::kTable) print(to_example_view(table, standard_output_style()));
  if (output.format != OutputFormat::kTable && table.examples_are_chosen && !table.examples.empty() && !output.out) {
    spdlog::warn("the explanations of single examples are in examples.jsonl of --out DIR only");
  }
  // The table and the JSON hold the warnings themselves.
  if (output.format == OutputFormat::kCsv || output.format == OutputFormat::kMarkdown) {
    for (const std::string& warning : table.warnings) spdlog::warn("warning: {}", sanitize_for_terminal(warning));
  }
}

/// Refuses to replace results of another command; those of another model are refused once the model is known.
void expect_replaceable(const std::filesystem::path& folder, CommandRequest& request) {
  const std::optional<FormerRun> former = former_run(folder);
  if (!former) return;
  if (former->command != request.engine) {
    throw ConfigError(folder.string() + ": expected results of " + request.engine + " or none, got results of " +
                      former->command + "; choose another folder, or replace them with --force");
  }
  request.expected_model_sha256 = former->model_sha256;
}

void write(const CommandResult& result, const ResultDirectory& directory, const OutputOptions& output) {
  const std::vector<NamedContent> files = render_files(*result.table, result.files);
  directory.write(files, former_files());
  if (output.quiet) return;
  std::string names;
  for (const NamedContent& file : files) names += (names.empty() ? "" : ", ") + (directory.path() / file.name).string();
  print_notice("wrote " + names);
}

ExitCode run(EngineCommand& command) {
  const OutputOptions& output = command.output;
  start_logging(output);
  std::optional<ResultDirectory> directory;
  if (output.out) {
    if (!output.force) expect_replaceable(*output.out, command.request);
    directory.emplace(ResultDirectory::open(*output.out));
  }
  CommandResult result = run_command("engine", command.request, output);
  if (directory) write(result, *directory, output);
  const bool is_for_people = output.format == OutputFormat::kTable || output.format == OutputFormat::kMarkdown;
  if (is_for_people && !output.all_definitions) keep_main_definitions(*result.table);
  show(*result.table, output);
  return result.exit_code;
}

void add_engine_command(CommandLine& line, const Engine& engine) {
  auto command = std::make_shared<EngineCommand>(EngineCommand{
      .request = {.engine = std::string(engine.name), .options = OptionValues(engine.options)}, .output = {}});
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
  add_format_option(app, command->output);
  app.add_flag("--all-definitions", command->output.all_definitions,
               "Print the rows of all definitions, also of those that answer the same question or check the run");
  add_verbosity_options(app, command->output);
  app.callback([command, &line] { line.exit_code = run(*command); });
}

}  // namespace

void add_engine_commands(CommandLine& line) {
  for (const Engine& engine : engine_registry()) add_engine_command(line, engine);
}

}  // namespace modattr
