#include "side_memo.h"

#include <ATen/core/Tensor.h>

namespace modattr {

const std::vector<c10::IValue>* SideMemo::find(const Place& place) const {
  const auto found = results_.find({place.step, place.modalities, place.own});
  return found == results_.end() ? nullptr : &found->second;
}

void SideMemo::keep(const Place& place, const std::vector<c10::IValue>& results) {
  std::size_t bytes = 0;
  for (const c10::IValue& result : results) bytes += result.toTensor().defined() ? result.toTensor().nbytes() : 0;
  if (byte_count_ + bytes > most_bytes_) return;
  const auto [entry, is_new] = results_.try_emplace({place.step, place.modalities, place.own});
  if (!is_new) return;
  byte_count_ += bytes;
  for (const c10::IValue& result : results) {
    const at::Tensor& tensor = result.toTensor();
    entry->second.emplace_back(tensor.defined() ? tensor.detach() : tensor);
  }
}

}  // namespace modattr
