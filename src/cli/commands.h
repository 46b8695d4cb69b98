#pragma once

#include <CLI/CLI.hpp>

namespace modattr {

/// Each adds a subcommand to the program; its callback runs it.
void add_init_command(CLI::App& program);
void add_inspect_command(CLI::App& program);
void add_shap_command(CLI::App& program);
void add_lime_command(CLI::App& program);
void add_permute_command(CLI::App& program);
void add_engines_command(CLI::App& program);
void add_completion_command(CLI::App& program);

}  // namespace modattr
