#pragma once

#include <memory>

#include "modattr/run/application.h"

namespace modattr {

/// Loads the shared library that holds the commands, and with it libtorch: half a second that `--help` and `--version`
/// do not pay. Throws Error when the library is missing.
std::unique_ptr<Application> load_application();

}  // namespace modattr
