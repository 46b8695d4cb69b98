#pragma once

#include "modattr/run/command.h"
#include "modattr/run/config/config.h"
#include "shard_file.h"

namespace modattr {

/// Everything that the outputs of the model depend on, and which outputs a request asks for: files by their digests,
/// the configuration, the command line.
RunIdentity identity_of(const CommandRequest& request, const Config& config);

}  // namespace modattr
