#include <memory>
#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/man_page.h"
#include "commands.h"
#include "modattr/core/error.h"
#include "modattr/core/nearest.h"

namespace modattr {
namespace {

const CLI::App& named_command(const CLI::App& program, const std::string& name) {
  std::vector<std::string> names;
  for (const CLI::App* command : program.get_subcommands({})) {
    if (command->get_name() == name) return *command;
    names.push_back(command->get_name());
  }
  throw ConfigError("help: unknown command '" + name + "'" + suggestion(name, names));
}

}  // namespace

void add_help_command(CommandLine& line) {
  auto name = std::make_shared<std::string>();
  CLI::App& app = *line.program.add_subcommand("help", "Show the help of the program, or of a command");
  auto is_man = std::make_shared<bool>(false);
  app.footer(
      "Examples:\n"
      "  modattr help permute\n"
      "  modattr help permute --man | man -l -");
  app.add_option("COMMAND", *name, "Command whose help is shown")->option_text(" ");
  app.add_flag("--man", *is_man, "Print it as a manual page");
  app.callback([name, is_man, &line] {
    // help() of the program would be that of the command in use: this one.
    const CLI::App& program = line.program;
    if (*is_man) {
      print(man_page(program, name->empty() ? nullptr : &named_command(program, *name)));
      return;
    }
    print(name->empty() ? program.get_formatter()->make_help(&program, program.get_name(), CLI::AppFormatMode::Normal)
                        : named_command(program, *name).help(program.get_name()));
  });
}

}  // namespace modattr
