#pragma once

#include <vector>

#include "modattr/run/command.h"
#include "run_identity.h"
#include "shard_file.h"

namespace modattr {

/// A shard while its engines run.
class OpenShard {
 public:
  /// Reads what the run depends on. Throws ConfigError where `request.shard_files` has a shard of another run, which
  /// this one would replace. Borrows both.
  OpenShard(const CommandRequest& request, const RunContext& context);

  /// Its file as the result's document.
  CommandResult close(std::vector<ShardPart> parts) const;

 private:
  const CommandRequest& request_;
  const RunContext& context_;
  ShardFile file_;
};

}  // namespace modattr
