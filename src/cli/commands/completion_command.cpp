#include <algorithm>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "cli/console.h"
#include "commands.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/registry.h"
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

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

using WordsOfOptions = std::map<std::string, std::vector<std::string>>;

/// The values that options may have, by their names on a command line; the same for every command but for --format.
WordsOfOptions words_of_options() {
  WordsOfOptions words;
  for (const Engine& engine : engine_registry()) {
    for (const OptionSchema& option : engine.options) {
      if (option.words.empty()) continue;
      std::vector<std::string>& known = words[command_line_option(option.name)];
      for (const std::string& word : option.words) {
        if (std::ranges::find(known, word) == known.end()) known.push_back(word);
      }
    }
  }
  words["--target"] = {"predicted", "label"};
  words["--device"] = {"auto", "cpu", "cuda"};
  const auto assign = [&](const char* option, const auto& names) {
    words[option] = std::vector<std::string>(names.begin(), names.end());
  };
  assign("--metric", metric_names());
  assign("--value", value_names());
  return words;
}

/// The forms that a command prints, as its help shows them: "...: table (default), csv or json".
std::vector<std::string> format_words(const CLI::App& command) {
  std::vector<std::string> words;
  const CLI::Option* option = command.get_option_no_throw("--format");
  if (option == nullptr) return words;
  const std::string& help = option->get_description();
  std::istringstream text(help.substr(std::min(help.find(':'), help.size() - 1) + 1));
  for (std::string word; text >> word;) {
    if (word == "or" || word.front() == '(') continue;
    if (word.back() == ',') word.pop_back();
    words.push_back(word);
  }
  return words;
}

/// Names of modalities, from the configuration that the line names, else from the one that a command would find. They
/// are compared as they are: compgen would run what stands in them.
constexpr const char* kBashModalities = R"bash(_modattr_config() {
  local place file=
  for ((place = 1; place < COMP_CWORD; place++)); do
    case ${COMP_WORDS[place]} in
      --config=*) file=${COMP_WORDS[place]#--config=} ;;
      --config) file=${COMP_WORDS[place+1]}; [[ $file == "=" ]] && file=${COMP_WORDS[place+2]} ;;
    esac
  done
  [[ $file == "~/"* ]] && file=$HOME/${file#"~/"}
  [[ -z $file ]] && file=$MODATTR_CONFIG
  local folder=$PWD
  while [[ -z $file && -n $folder ]]; do
    [[ -f $folder/modattr.json ]] && file=$folder/modattr.json
    folder=${folder%/*}
  done
  printf '%s\n' "${file:-modattr.json}"
}
_modattr_modalities() {
  grep -o '"name"[[:space:]]*:[[:space:]]*"[^"]*"' -- "$(_modattr_config)" 2>/dev/null |
    sed 's/^"name"[[:space:]]*:[[:space:]]*"\(.*\)"$/\1/'
}
_modattr_complete_modality() {
  local name first=
  [[ $1 == *,* ]] && first=${1%,*},
  while IFS= read -r name; do
    [[ $first$name == "$1"* ]] && COMPREPLY+=("$first$name")
  done < <(_modattr_modalities)
}
)bash";

constexpr const char* kFishModalities = R"fish(function __modattr_modalities
  set -l file $MODATTR_CONFIG
  set -l words (commandline -opc)
  for place in (seq (count $words))
    if string match -q -- '--config=*' $words[$place]
      set file (string replace -- '--config=' '' $words[$place])
    else if test "$words[$place]" = --config; and test $place -lt (count $words)
      set file $words[(math $place + 1)]
    end
  end
  test -n "$file"; and set file (string replace -r '^~/' "$HOME/" -- $file)
  set -l folder $PWD
  while test -z "$file"; and test -n "$folder"
    test -f "$folder/modattr.json"; and set file "$folder/modattr.json"
    set folder (string replace -r '/[^/]*$' '' -- $folder)
  end
  grep -o '"name"[[:space:]]*:[[:space:]]*"[^"]*"' -- "$file" 2>/dev/null |
    sed 's/^"name"[[:space:]]*:[[:space:]]*"\(.*\)"$/\1/'
end
)fish";

std::string bash_script(const CLI::App& program) {
  std::string commands;
  std::string cases;
  for (const CLI::App* command : program.get_subcommands({})) {
    commands += command->get_name() + " ";
    cases += "    " + command->get_name() + ") words=\"" + option_words(*command) + "\" ;;\n";
  }
  std::string values = "    --format)\n      case ${COMP_WORDS[1]} in\n";
  for (const CLI::App* command : program.get_subcommands({})) {
    const std::vector<std::string> formats = format_words(*command);
    if (!formats.empty()) values += "        " + command->get_name() + ") words=\"" + joined(formats) + "\" ;;\n";
  }
  values += "      esac\n      COMPREPLY=($(compgen -W \"$words\" -- \"$current\")); return ;;\n";
  for (const auto& [option, words] : words_of_options()) {
    values += "    " + option + ") COMPREPLY=($(compgen -W '" + joined(words) + "' -- \"$current\")); return ;;\n";
  }
  return std::string(kBashModalities) +
         "_modattr() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words=\n"
         "  COMPREPLY=()\n"
         "  case $previous in\n"
         "    " +
         file_options(program) + ") COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n" + values +
         "    -m|--modality) _modattr_complete_modality \"$current\"; return ;;\n"
         "  esac\n"
         "  case ${COMP_WORDS[1]} in\n" +
         cases + "    *) words=\"" + commands + option_words(program) +
         "\" ;;\n"
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -o filenames -F _modattr modattr\n";
}

/// Between single quotes of fish.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char letter : text) {
    if (letter == '\'' || letter == '\\') result += '\\';
    result += letter;
  }
  return result + "'";
}

/// One line that offers an option, with what may stand behind it.
std::string fish_option(const CLI::Option& option, const WordsOfOptions& words) {
  std::string line;
  for (const std::string& name : option.get_snames()) line += " -s " + name;
  for (const std::string& name : option.get_lnames()) line += " -l " + name;
  const std::string type = option.get_type_name();
  const std::string name = option.get_lnames().empty() ? "" : "--" + option.get_lnames().front();
  if (const auto found = words.find(name); found != words.end()) {
    line += " -x -a " + quoted(joined(found->second));
  } else if (name == "--modality") {
    line += " -x -a '(__modattr_modalities)'";
  } else if (type == "FILE" || type == "DIR") {
    line += " -r -F";
  } else if (option.get_expected_max() > 0) {
    line += " -x";
  }
  return line + " -d " + quoted(option.get_description()) + "\n";
}

std::string fish_script(const CLI::App& program) {
  WordsOfOptions words = words_of_options();
  std::string text = std::string(kFishModalities) + "complete -c modattr -f\n";
  const auto add_options_of = [&](const CLI::App& command, const std::string& condition) {
    words["--format"] = format_words(command);
    for (const CLI::Option* option : command.get_options()) {
      if (option->nonpositional()) text += "complete -c modattr -n " + quoted(condition) + fish_option(*option, words);
    }
  };
  add_options_of(program, "__fish_use_subcommand");
  for (const CLI::App* command : program.get_subcommands({})) {
    text += "complete -c modattr -n __fish_use_subcommand -a " + command->get_name() + " -d " +
            quoted(command->get_description()) + "\n";
    add_options_of(*command, "__fish_seen_subcommand_from " + command->get_name());
  }
  return text;
}

std::string script_of(const std::string& shell, const CLI::App& program) {
  if (shell == "fish") {
    return "# fish completion of modattr; put this line into ~/.config/fish/config.fish:  modattr completion fish | "
           "source\n" +
           fish_script(program);
  }
  if (shell == "zsh") {
    return "# zsh completion of modattr; put this line into ~/.zshrc:  eval \"$(modattr completion zsh)\"\n"
           "autoload -Uz compinit bashcompinit\n"
           "compinit\n"
           "bashcompinit\n" +
           bash_script(program);
  }
  return "# bash completion of modattr; put this line into ~/.bashrc:  eval \"$(modattr completion)\"\n" +
         bash_script(program);
}

}  // namespace

void add_completion_command(CommandLine& line) {
  const std::vector<std::string> shells = {"bash", "zsh", "fish"};
  const auto known_shell = [shells](const std::string& word) {
    const bool is_known = std::ranges::find(shells, word) != shells.end();
    return is_known ? std::string() : "expected bash, zsh or fish, got '" + word + "'";
  };
  auto shell = std::make_shared<std::string>("bash");
  CLI::App& app = *line.program.add_subcommand("completion", "Print the completion script for a shell");
  app.footer(
      "Examples:\n"
      "  eval \"$(modattr completion)\"\n"
      "  modattr completion fish | source");
  app.add_option("SHELL", *shell, "bash (default), zsh or fish")
      ->option_text(" ")
      ->check(CLI::Validator(known_shell, ""));
  app.callback([shell, &line] { print(script_of(*shell, line.program)); });
}

}  // namespace modattr
