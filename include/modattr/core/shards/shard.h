#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace modattr {

/// A stretch of the examples of a run.
struct ExampleRange {
  std::size_t first = 0;
  std::size_t count = 0;

  bool contains(std::size_t example) const noexcept { return example >= first && example - first < count; }
  friend bool operator==(const ExampleRange&, const ExampleRange&) = default;
};

/// One of several processes that share the examples of a run.
struct Shard {
  /// From 0 to count - 1; people and files count from 1.
  std::size_t index = 0;
  std::size_t count = 1;

  /// The examples of this shard: neighbours, and as many as the others have or one more. Together the shards have each
  /// example once; with more shards than examples some have none.
  ExampleRange range(std::size_t example_count) const noexcept;
  /// As users write it, e.g. "3/16".
  std::string text() const;
  /// Of the file that it leaves, e.g. "shard-3-of-16.modattr".
  std::string file_name() const;

  friend bool operator==(const Shard&, const Shard&) = default;
};

/// Whether a shard's file has such a name.
bool is_shard_file_name(std::string_view name);

/// Reads a variable of the environment; nullopt where it is not set.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// Reads "i/n", counted from 1, or "auto": the place that a launcher gives this process. Throws ConfigError
/// "expected ..., got ..." where the text is neither, and where the environment names no place or two different ones.
/// Known are Slurm's job arrays (SLURM_ARRAY_TASK_ID, _COUNT, _MIN, _STEP), Kubernetes' indexed jobs
/// (JOB_COMPLETION_INDEX; their number has to be in JOB_COMPLETIONS), Open MPI (OMPI_COMM_WORLD_RANK and _SIZE) and
/// what torchrun sets (RANK, WORLD_SIZE).
Shard parse_shard(const std::string& text, const Environment& environment);

}  // namespace modattr
