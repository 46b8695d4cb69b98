#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>

#include "command_library.h"
#include "commands.h"
#include "common_options.h"
#include "console.h"
#include "modattr/engines/registry.h"
#include "modattr/report/formats/result_files.h"
#include "modattr/report/result_writer.h"
#include "modattr/report/tables/example_view.h"
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

ExitCode run(const EngineCommand& command) {
  start_logging(command.output);
  std::optional<ResultDirectory> directory;
  if (command.output.out) directory.emplace(ResultDirectory::open(*command.output.out));
  const CommandResult result = run_command("engine", command.request, command.output);
  if (directory) directory->write(render_files(*result.table, result.files), former_files());
  show(*result.table, command.output);
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
  add_format_option(app, command->output);
  add_verbosity_options(app, command->output);
  app.callback([command, &line] { line.exit_code = run(*command); });
}

}  // namespace

void add_engine_commands(CommandLine& line) {
  for (const Engine& engine : engine_registry()) add_engine_command(line, engine);
}

}  // namespace modattr
