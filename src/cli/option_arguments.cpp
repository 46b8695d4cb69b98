#include "option_arguments.h"

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"

namespace modattr {
namespace {

/// CLI11 puts the option's name before the message itself.
[[noreturn]] void refuse(const std::string& argument, const std::string& message) {
  const std::string text = spell_options(message, command_line_option);
  throw CLI::ValidationError(argument, text.starts_with(argument + ": ") ? text.substr(argument.size() + 2) : text);
}

}  // namespace

void add_options(CLI::App& command, OptionValues& values) {
  for (const OptionSchema& schema : values.schema()) {
    const std::string argument = command_line_option(schema.name);
    const auto set = [&values, &schema, argument](const std::string& text) {
      try {
        values.set(schema.name, parse_option(schema, text));
      } catch (const ConfigError& error) {
        refuse(argument, error.what());
      }
    };
    if (schema.type == OptionType::kFlag) {
      // Without a text of its own the help of some flags would name a type.
      command
          .add_flag_callback(
              argument, [set] { set("true"); }, schema.help)
          ->option_text(" ");
    } else {
      command.add_option_function<std::string>(argument, set, schema.help)->option_text(schema.placeholder);
    }
  }
}

}  // namespace modattr
