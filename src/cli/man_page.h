#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace modattr {

/// The manual page of the program, or of one of its commands, in the language of man(7): the same texts as its --help.
std::string man_page(const CLI::App& program, const CLI::App* command);

}  // namespace modattr
