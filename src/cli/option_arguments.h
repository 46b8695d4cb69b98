#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "modattr/core/options.h"

namespace modattr {

/// Adds an option of the command line for every entry of the schema; what is given goes into `values`, which must
/// outlive the command.
void add_options(CLI::App& command, OptionValues& values);

/// Schema of a command without options of its own.
inline const std::vector<OptionSchema> kNoOptions = {};

}  // namespace modattr
