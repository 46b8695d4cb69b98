#include "side_memo.h"

#include <utility>

#include <ATen/core/Tensor.h>

namespace modattr {

const std::vector<c10::IValue>* SideMemo::find(const Place& place) const {
  const auto found = results_.find(place);
  if (found != results_.end()) return &found->second;
  return place.side == SideModalities{} && removed_ != nullptr ? removed_->find(place) : nullptr;
}

void SideMemo::keep(const Place& place, const std::vector<c10::IValue>& results) {
  if (find(place) != nullptr) return;
  std::size_t bytes = 0;
  std::vector<c10::IValue> own;
  for (const c10::IValue& result : results) {
    const at::Tensor& tensor = result.toTensor();
    bytes += tensor.defined() ? tensor.nbytes() : 0;
    own.emplace_back(tensor.defined() ? tensor.detach() : tensor);
  }
  if (byte_count_ + bytes > most_bytes_) return;
  byte_count_ += bytes;
  results_.emplace(place, std::move(own));
}

SideMemo SideMemo::of_removed_data() const {
  SideMemo removed(most_bytes_);
  for (const auto& [place, results] : results_) {
    if (place.side == SideModalities{}) removed.keep(place, results);
  }
  return removed;
}

}  // namespace modattr
