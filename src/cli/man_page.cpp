#include "man_page.h"

#include <cctype>
#include <sstream>
#include <vector>

#include "modattr/core/version.h"

namespace modattr {
namespace {

/// A text as it is to be read: no character of it is a command or a hyphenation point of troff.
std::string escaped(const std::string& text) {
  std::string result;
  for (std::size_t place = 0; place < text.size(); ++place) {
    const char letter = text[place];
    const bool begins_line = place == 0 || text[place - 1] == '\n';
    if (begins_line && (letter == '.' || letter == '\'')) result += "\\&";
    if (letter == '\\') {
      result += "\\e";
    } else if (letter == '-') {
      result += "\\-";
    } else {
      result += letter;
    }
  }
  return result;
}

std::string upper(std::string text) {
  for (char& letter : text) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return text;
}

/// "\fB\-m\fR, \fB\-\-modality\fR \fINAME...\fR"
std::string option_heading(const CLI::Option& option) {
  std::string names;
  const auto add = [&](const std::string& name) {
    names += (names.empty() ? "" : ", ") + ("\\fB" + escaped(name) + "\\fR");
  };
  for (const std::string& name : option.get_snames()) add("-" + name);
  for (const std::string& name : option.get_lnames()) add("--" + name);
  if (names.empty()) names = "\\fI" + escaped(option.get_name(true)) + "\\fR";
  // What stands for the value: the option's own text, else its type.
  std::string value = option.get_option_text();
  if (value.empty() && option.get_expected_max() > 0) value = option.get_type_name();
  const bool is_blank = value.find_first_not_of(' ') == std::string::npos;
  return names + (is_blank ? "" : " \\fI" + escaped(value) + "\\fR");
}

/// The examples and notes below an option list: paragraphs that end in a colon are titles, indented lines stay lines.
std::string footer_sections(const std::string& footer) {
  std::istringstream lines(footer);
  std::string result;
  bool is_indented = false;
  for (std::string line; std::getline(lines, line);) {
    const bool indents = line.starts_with(' ');
    if (indents != is_indented) result += indents ? ".nf\n" : ".fi\n";
    is_indented = indents;
    const bool is_title = !indents && line.ends_with(':') && line.find(' ') == std::string::npos;
    if (is_title) {
      result += ".SH " + upper(line.substr(0, line.size() - 1)) + "\n";
    } else if (line.empty()) {
      result += ".PP\n";
    } else {
      result += escaped(line) + "\n";
    }
  }
  return result + (is_indented ? ".fi\n" : "");
}

/// "(see also)" as man pages name each other.
std::string see_also(const CLI::App& program, const CLI::App* command) {
  std::string names;
  const auto add = [&](const std::string& name) {
    names += (names.empty() ? "" : ",\n") + ("\\fB" + escaped(name) + "\\fR(1)");
  };
  if (command != nullptr) add(program.get_name());
  for (const CLI::App* other : program.get_subcommands({})) {
    if (other != command) add(program.get_name() + "-" + other->get_name());
  }
  return ".SH SEE ALSO\n" + names + "\n";
}

}  // namespace

std::string man_page(const CLI::App& program, const CLI::App* command) {
  const CLI::App& shown = command != nullptr ? *command : program;
  const std::string name = command != nullptr ? program.get_name() + "-" + command->get_name() : program.get_name();
  const std::string summary =
      command != nullptr ? command->get_description() : "which modality a model's answers depend on";
  std::string page = ".TH " + upper(escaped(name)) + " 1 \"\" \"modattr " + escaped(std::string(version())) +
                     "\" \"User Commands\"\n.SH NAME\n" + escaped(name) + " \\- " + escaped(summary) +
                     "\n.SH SYNOPSIS\n\\fB" + escaped(program.get_name()) + "\\fR";
  page += command != nullptr ? " \\fB" + escaped(command->get_name()) + "\\fR [\\fIOPTIONS\\fR]"
                             : " \\fICOMMAND\\fR [\\fIOPTIONS\\fR]";
  for (const CLI::Option* option : shown.get_options()) {
    if (option->get_positional() && !option->nonpositional()) {
      const std::string text = option->get_option_text();
      const bool is_blank = text.find_first_not_of(' ') == std::string::npos;
      page += " [\\fI" + escaped(is_blank ? option->get_name(true) : text) + "\\fR]";
    }
  }
  page += "\n.SH DESCRIPTION\n" + escaped(shown.get_description()) + "\n";
  if (command == nullptr) {
    page += ".SH COMMANDS\n";
    for (const CLI::App* each : program.get_subcommands({})) {
      page += ".TP\n\\fB" + escaped(each->get_name()) + "\\fR\n" + escaped(each->get_description()) + "\n";
    }
  }
  page += ".SH OPTIONS\n";
  for (const CLI::Option* option : shown.get_options()) {
    page += ".TP\n" + option_heading(*option) + "\n" + escaped(option->get_description()) + "\n";
  }
  return page + footer_sections(shown.get_footer()) + see_also(program, command);
}

}  // namespace modattr
