#include "removed_sides.h"

namespace modattr {

std::shared_ptr<const SideMemo> RemovedSides::find(const Rows& rows) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(rows);
  return found == known_.end() ? nullptr : found->second;
}

void RemovedSides::keep(const Rows& rows, const SideMemo& memo) {
  const std::lock_guard lock(mutex_);
  if (known_.contains(rows)) return;
  auto removed = std::make_shared<const SideMemo>(memo.of_removed_data());
  if (byte_count_ + removed->byte_count() > most_bytes_) return;
  byte_count_ += removed->byte_count();
  known_.emplace(rows, std::move(removed));
}

}  // namespace modattr
