#pragma once

#include <string>

#include "common_options.h"
#include "modattr/run/command.h"

namespace modattr {

/// Runs a command of the shared library, which is loaded first, and with it libtorch: half a second that `--help` and
/// `--version` do not pay. Logs and draws progress as `output` says. Throws Error when the library, or the command in
/// it, is missing.
CommandResult run_command(const std::string& name, const CommandRequest& request, const OutputOptions& output);

}  // namespace modattr
