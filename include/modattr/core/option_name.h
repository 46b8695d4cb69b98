#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace modattr {

/// An option in a message, such as "budget". What computes does not know how users write options: who shows the
/// message does, and spells them with spell_options(): `--budget` on a command line, "budget" in a configuration.
std::string option(std::string_view name);

/// The message with every option(name) in it replaced by spell(name).
std::string spell_options(std::string_view message, const std::function<std::string(std::string_view name)>& spell);

/// spell() of a command line: "top_k" becomes "--top-k".
std::string command_line_option(std::string_view name);

}  // namespace modattr
