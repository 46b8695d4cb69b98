#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "graph_engines/dual/side_memo.h"

namespace modattr {

/// What passes found of removed data, for those of other examples with the same rows of it: a common background is the
/// same for all. Safe to call from many threads.
class RemovedSides {
 public:
  /// The rows that stand for removed data in a call, [modalities][rows].
  using Rows = std::vector<std::vector<std::uint32_t>>;

  /// Keeps at most so many bytes.
  explicit RemovedSides(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// nullptr where nothing is known of these rows.
  std::shared_ptr<const SideMemo> find(const Rows& rows) const;
  /// Takes what comes from removed data only, where there is room and nothing is known of these rows.
  void keep(const Rows& rows, const SideMemo& memo);

 private:
  mutable std::mutex mutex_;
  std::map<Rows, std::shared_ptr<const SideMemo>> known_;
  std::size_t most_bytes_;
  std::size_t byte_count_ = 0;
};

}  // namespace modattr
