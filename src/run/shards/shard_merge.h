#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

#include "shard_file.h"

namespace modattr {

/// Reads one shard. Throws DataError naming the file where it cannot be read, or is damaged.
ShardFile read_shard_file(const std::filesystem::path& path);

/// Reads the shards of a run one after the other, in any order, and joins them; `shard` of the result says nothing.
/// Throws ConfigError naming the file that is of another run, or is a shard for the second time, and the shards that
/// are missing. `notice` hears what may change digits.
ShardFile merge_shard_files(std::span<const std::filesystem::path> paths,
                            const std::function<void(std::string_view)>& notice);

}  // namespace modattr
