#pragma once

#include <span>

#include "modattr/run/command.h"
#include "run/shards/shard_file.h"

namespace modattr {

/// The runs of a configuration, which shards have evaluated: `parts` in their order.
CommandResult merged_runs(const CommandRequest& request, const RunContext& context, std::span<const ShardPart> parts);

}  // namespace modattr
