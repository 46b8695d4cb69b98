#include <algorithm>
#include <exception>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "console.h"
#include "help_formatter.h"
#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/core/version.h"

namespace modattr {
namespace {

/// Words that could have been meant in place of an unexpected argument.
std::vector<std::string> known_words(const CLI::App& program) {
  std::vector<std::string> words;
  const std::vector<CLI::App*> used = program.get_subcommands();
  const CLI::App& command = used.empty() ? program : *used.front();
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  if (used.empty()) {
    for (const CLI::App* subcommand : program.get_subcommands({})) words.push_back(subcommand->get_name());
  }
  return words;
}

/// One line for a command line that CLI11 refused.
std::string usage_message(const CLI::App& program, const CLI::ParseError& error) {
  std::string message = error.what();
  std::ranges::replace(message, '\n', ' ');
  const std::vector<CLI::App*> used = program.get_subcommands();
  const std::string command = used.empty() ? "" : used.front()->get_name();
  const std::vector<std::string> extras = program.remaining(true);
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && message.ends_with(" missing")) {
    message = message.substr(0, message.find(':')) + ": expected a value, got none";
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr || (used.empty() && !extras.empty())) {
    const std::string extra = extras.empty() ? "" : extras.front().substr(0, extras.front().find('='));
    const std::string nearest = nearest_word(extra, known_words(program));
    message = "unknown " +
              std::string(extra.starts_with('-') ? "option"
                          : used.empty()         ? "command"
                                                 : "word") +
              " '" + extra + "'" + (nearest.empty() ? "" : "; did you mean '" + nearest + "'?");
  }
  return (command.empty() ? "" : command + ": ") + message + " (see `modattr " +
         (command.empty() ? "" : command + " ") + "--help`)";
}

ExitCode run(int argc, char** argv) {
  CLI::App program(
      "modattr tells which modality (text, image, audio, table ...) a model's answers\n"
      "depend on, from a TorchScript model and a validation set.",
      "modattr");
  program.set_version_flag("-V,--version", "modattr " + std::string(version()));
  // Commands take the formatter over when they are added.
  program.formatter(std::make_shared<HelpFormatter>(standard_output_wraps_at()));
  program.require_subcommand(1);
  program.footer(
      "Examples:\n"
      "  modattr permute --modality text     how much the nearest modattr.json's model needs the text\n"
      "  modattr inspect                     what the model takes and the data has\n"
      "  modattr init --model model.pt --data val.npz\n"
      "  modattr check --baseline old new    whether the results in new keep to rules beside those in old\n"
      "  modattr merge shards --out results  what several processes with --shard have evaluated\n"
      "  modattr report results              one HTML page of them\n"
      "  modattr help COMMAND                the options of a command\n"
      "\n"
      "Exit codes: 0 done, 1 a rule of check is broken, 2 wrong usage or configuration,\n"
      "3 bad model, data or other failure.");
  CommandLine line{.program = program};
#define MODATTR_ADD_COMMAND(name) add_##name##_command(line);
  MODATTR_COMMAND_LIST(MODATTR_ADD_COMMAND)
#undef MODATTR_ADD_COMMAND
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& success) {
    std::ostringstream text;
    program.exit(success, text);
    print(text.str());
    return ExitCode::kDone;
  } catch (const CLI::ParseError& error) {
    if (argc == 1) {
      print_error("expected a command (see `modattr --help`)");
    } else {
      print_error(usage_message(program, error));
    }
    return ExitCode::kWrongUsage;
  }
  return line.exit_code;
}

ExitCode run_and_report(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const ConfigError& error) {
    print_error(error.what());
    return ExitCode::kWrongUsage;
  } catch (const std::bad_alloc&) {
    print_error("memory: expected enough of it, got too little; try fewer --threads or a smaller model.rows_per_call");
    return ExitCode::kFailure;
  } catch (const std::exception& error) {
    print_error(error.what());
    return ExitCode::kFailure;
  }
}

}  // namespace
}  // namespace modattr

int main(int argc, char** argv) {
  const modattr::ExitCode exit_code = modattr::run_and_report(argc, argv);
  // Everything is written. libtorch would take a tenth of a second to take itself down.
  std::fflush(nullptr);
  std::_Exit(static_cast<int>(exit_code));
}
