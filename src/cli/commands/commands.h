#pragma once

#include <CLI/CLI.hpp>

#include "modattr/run/command.h"

namespace modattr {

/// The program's command line, and what it ends with.
struct CommandLine {
  CLI::App& program;
  ExitCode exit_code = ExitCode::kDone;
};

// The commands, in the order of the help. NAME stands for a function add_NAME_command(), which adds a command to the
// program whose callback runs it; every_engine adds one per engine of the registry, help knows those before it.
#define MODATTR_COMMAND_LIST(COMMAND) \
  COMMAND(init)                       \
  COMMAND(inspect)                    \
  COMMAND(every_engine)               \
  COMMAND(run)                        \
  COMMAND(merge)                      \
  COMMAND(check)                      \
  COMMAND(report)                     \
  COMMAND(history)                    \
  COMMAND(engines)                    \
  COMMAND(completion)                 \
  COMMAND(help)

/// `line` must outlive the parsing.
#define MODATTR_DECLARE_COMMAND(name) void add_##name##_command(CommandLine& line);
MODATTR_COMMAND_LIST(MODATTR_DECLARE_COMMAND)
#undef MODATTR_DECLARE_COMMAND

}  // namespace modattr
