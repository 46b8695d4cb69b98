#pragma once

#include <cstddef>
#include <vector>

#include "modattr/core/coalition.h"
#include "modattr/masking/segmentation.h"

namespace modattr {

/// Copies the data of present players from one row of an input to another.
class PresentCopier {
 public:
  /// `runs`: a row of the input cut into players; `element_bytes`: of one of its elements.
  PresentCopier(std::size_t player_count, const std::vector<PlayerRun>& runs, std::size_t element_bytes);

  /// `source`, `destination`: one row each. Elements of no player count as present.
  void copy(const Coalition& present, const std::byte* source, std::byte* destination) const;

 private:
  struct Run {
    std::size_t first_byte = 0;
    std::size_t byte_count = 0;
  };
  void copy_runs(std::size_t player, const std::byte* source, std::byte* destination) const;
  template <std::size_t kByteCount>
  void copy_runs_of(std::size_t player, const std::byte* source, std::byte* destination) const;

  std::size_t player_count_;
  /// Player by player, those of no player last.
  std::vector<Run> runs_;
  /// First run of each player, of no player, and the end. [players + 2]
  std::vector<std::size_t> starts_;
  /// Bytes of every run; 0 where they differ.
  std::size_t common_bytes_ = 0;
};

}  // namespace modattr
