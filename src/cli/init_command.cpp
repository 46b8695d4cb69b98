#include <filesystem>
#include <memory>

#include "command_library.h"
#include "commands.h"
#include "common_options.h"
#include "console.h"
#include "modattr/core/error.h"
#include "modattr/report/result_writer.h"
#include "option_arguments.h"

namespace modattr {
namespace {

/// What the command line does not offer: the folder of the configuration to be, which its paths are relative to.
const std::vector<OptionSchema> kInitOptions = {{.name = "folder", .type = OptionType::kText, .help = "Folder"}};

struct InitCommand {
  std::filesystem::path model;
  std::filesystem::path data;
  std::filesystem::path file = "modattr.json";
  bool force = false;
  OutputOptions output;
};

void run(const InitCommand& command) {
  start_logging(command.output);
  std::error_code error;
  if (!command.force && std::filesystem::exists(command.file, error)) {
    throw ConfigError(command.file.string() + ": expected no such file, got one; use --force to replace it");
  }
  const std::filesystem::path folder = command.file.has_parent_path() ? command.file.parent_path() : ".";
  CommandRequest request{.options = OptionValues(kInitOptions)};
  request.common.model = command.model;
  request.common.data = command.data;
  request.options.set("folder", folder.string());
  const std::string text = run_command("init", request, command.output).document;
  write_atomically(command.file, text);
  print("wrote " + command.file.string() + ":\n" + text + "Next: modattr inspect --config " + command.file.string() +
        "\n");
}

}  // namespace

void add_init_command(CommandLine& line) {
  auto command = std::make_shared<InitCommand>();
  CLI::App& app =
      *line.program.add_subcommand("init", "Write a starter modattr.json by matching a model with a data file");
  app.footer(
      "Example:\n"
      "  modattr init --model model.pt --data val.npz\n"
      "Arrays are matched with the arguments of the model's forward() by name; look over the kinds that it guessed.");
  app.add_option("--model", command->model, "TorchScript model")
      ->type_name("FILE")
      ->option_text("FILE (required)")
      ->required();
  app.add_option("--data", command->data, "Validation set (.npz, .safetensors, .pt)")
      ->type_name("FILE")
      ->option_text("FILE (required)")
      ->required();
  app.add_option("--config", command->file, "Where to write (default modattr.json)")->type_name("FILE");
  app.add_flag("--force", command->force, "Replace the file if there is one");
  add_verbosity_options(app, command->output);
  app.callback([command] { run(*command); });
}

}  // namespace modattr
