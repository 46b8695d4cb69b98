#include <memory>
#include <string>

#include "commands.h"
#include "console.h"
#include "modattr/stats/metrics.h"
#include "modattr/stats/target.h"

namespace modattr {
namespace {

std::string option_words(const CLI::App& command) {
  std::string words;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_snames()) words += "-" + name + " ";
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  }
  return words;
}

/// Options whose value is a file, by the type name that their help shows.
std::string file_options(const CLI::App& program) {
  std::string patterns;
  for (const CLI::App* command : program.get_subcommands({})) {
    for (const CLI::Option* option : command->get_options()) {
      const std::string type = option->get_type_name();
      if (type != "FILE" && type != "DIR") continue;
      const std::string pattern = "--" + option->get_lnames().front();
      if (("|" + patterns + "|").find("|" + pattern + "|") == std::string::npos) {
        patterns += (patterns.empty() ? "" : "|") + pattern;
      }
    }
  }
  return patterns;
}

std::string bash_script(const CLI::App& program) {
  std::string commands;
  std::string cases;
  for (const CLI::App* command : program.get_subcommands({})) {
    commands += command->get_name() + " ";
    cases += "    " + command->get_name() + ") words=\"" + option_words(*command) + "\" ;;\n";
  }
  std::string metrics;
  for (const std::string& name : metric_names()) metrics += name + " ";
  std::string values;
  for (const std::string& name : value_names()) values += name + " ";
  return "# bash completion of modattr; put this line into ~/.bashrc:  eval \"$(modattr completion)\"\n"
         "_modattr() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words=\n"
         "  COMPREPLY=()\n"
         "  case $previous in\n"
         "    " +
         file_options(program) +
         ") COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
         "    --format) COMPREPLY=($(compgen -W 'table csv json markdown' -- \"$current\")); return ;;\n"
         "    --metric) COMPREPLY=($(compgen -W '" +
         metrics +
         "' -- \"$current\")); return ;;\n"
         "    --value) COMPREPLY=($(compgen -W '" +
         values +
         "' -- \"$current\")); return ;;\n"
         "    --target) COMPREPLY=($(compgen -W 'predicted label' -- \"$current\")); return ;;\n"
         "    --device) COMPREPLY=($(compgen -W 'auto cpu cuda' -- \"$current\")); return ;;\n"
         "  esac\n"
         "  case ${COMP_WORDS[1]} in\n" +
         cases + "    *) words=\"" + commands + option_words(program) +
         "\" ;;\n"
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -o filenames -F _modattr modattr\n";
}

}  // namespace

void add_completion_command(CommandLine& line) {
  CLI::App& app = *line.program.add_subcommand("completion", "Print the completion script for bash");
  app.footer("Example:\n  eval \"$(modattr completion)\"");
  app.callback([&line] { print(bash_script(line.program)); });
}

}  // namespace modattr
