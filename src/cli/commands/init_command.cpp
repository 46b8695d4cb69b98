#include <filesystem>
#include <memory>

#include "cli/command_library.h"
#include "cli/common_options.h"
#include "cli/console.h"
#include "cli/option_arguments.h"
#include "commands.h"
#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/engine.h"
#include "modattr/report/result_writer.h"
#include "modattr/report/text.h"

namespace modattr {
namespace {

const std::vector<OptionSchema> kInitOptions = {
    {.name = "kind",
     .type = OptionType::kWord,
     .help =
         "What the model returns: logits, probabilities, regression, causal_lm, multilabel or multilabel_probabilities",
     .placeholder = "KIND",
     .words = {"logits", "probabilities", "regression", "causal_lm", "multilabel", "multilabel_probabilities"}},
    {.name = "output",
     .type = OptionType::kText,
     .help = "Index or key of the answers, where the model returns several tensors",
     .placeholder = "KEY"},
    {.name = "label", .type = OptionType::kText, .help = "Array of labels", .placeholder = "NAME"},
    {.name = "vocab", .type = OptionType::kText, .help = "Words of the token ids, one per line", .placeholder = "FILE"},
    {.name = "classes", .type = OptionType::kText, .help = "Names of the classes, one per line", .placeholder = "FILE"},
    {.name = "id", .type = OptionType::kText, .help = "Array of ids of the examples", .placeholder = "NAME"},
    {.name = "group", .type = OptionType::kText, .help = "Array that breaks the results down", .placeholder = "NAME"}};

const std::vector<OptionSchema> kTrialOptions = {metric_option()};

struct InitCommand {
  CommandRequest request;
  std::filesystem::path file = "modattr.json";
  bool force = false;
  OutputOptions output;
};

std::string section_lines(const InspectionSection& section, const TextStyle& style) {
  std::string text = section.title + ":\n";
  for (const std::vector<std::string>& row : section.rows) {
    std::string line;
    for (const std::string& cell : row) line += (line.empty() ? "  " : ": ") + cell;
    text += terminal_text(spell_options(line, command_line_option), style) + "\n";
  }
  return text;
}

std::string warning_lines(const std::vector<std::string>& warnings, const TextStyle& style) {
  std::string text;
  for (const std::string& warning : warnings) {
    text += "warning: " + terminal_text(spell_options(warning, command_line_option), style) + "\n";
  }
  return text;
}

/// Whether the written configuration works, as `inspect` finds.
std::string verdict(const CommandResult& inspection, const TextStyle& style) {
  std::string text = "it works";
  for (const InspectionSection& section : inspection.sections) {
    if (section.title != "baseline") continue;
    const std::string& metric = section.rows.front()[0];
    const std::string& score = section.rows.front()[1];
    if (score.starts_with("not defined")) {
      text = "it runs, but " + metric + " is " + score;
    } else if (metric != "none") {
      text += ": " + metric + " " + score;
    }
  }
  text = terminal_text(spell_options(text, command_line_option), style) + "\n";
  return text + warning_lines(inspection.warnings, style);
}

void run(InitCommand& command) {
  start_logging(command.output);
  std::error_code error;
  if (!command.force && std::filesystem::exists(command.file, error)) {
    throw ConfigError(command.file.string() + ": expected no such file, got one; use --force to replace it");
  }
  command.request.common.config = command.file;
  const TextStyle style = standard_output_style();
  const CommandResult starter = run_command("init", command.request, command.output);
  write_atomically(command.file, starter.document);
  std::string text = "wrote " + command.file.string() + ":\n" + starter.document;
  for (const InspectionSection& section : starter.sections) text += section_lines(section, style);
  text += warning_lines(starter.warnings, style);
  print(text);
  CommandRequest request{.options = OptionValues(kTrialOptions)};
  request.common.config = command.file;
  print(verdict(run_command("inspect", request, command.output), style) + "Next: modattr inspect --config " +
        command.file.string() + "\n");
}

}  // namespace

void add_init_command(CommandLine& line) {
  auto command =
      std::make_shared<InitCommand>(InitCommand{.request = {.options = OptionValues(kInitOptions)}, .output = {}});
  CLI::App& app = *line.program.add_subcommand(
      "init", "Write a starter modattr.json by matching a model with a data file, and try it");
  app.footer(
      "Examples:\n"
      "  modattr init --model model.pt --data val.npz\n"
      "  modattr init --model model.pt --data val.npz --label answer --output logits --vocab vocab.txt\n"
      "Arrays are matched with the arguments of the model's forward() by name. It says what it took for what:\n"
      "an option says better.");
  app.add_option("--model", command->request.common.model, "TorchScript model")
      ->type_name("FILE")
      ->option_text("FILE (required)")
      ->required();
  app.add_option("--data", command->request.common.data,
                 "Validation set (.npz, .safetensors, .pt, or a manifest: .csv, .jsonl)")
      ->type_name("FILE")
      ->option_text("FILE (required)")
      ->required();
  app.add_option("--config", command->file, "Where to write (default modattr.json)")->type_name("FILE");
  add_options(app, command->request.options);
  app.add_flag("--force", command->force, "Replace the file if there is one");
  add_verbosity_options(app, command->output);
  app.callback([command] { run(*command); });
}

}  // namespace modattr
