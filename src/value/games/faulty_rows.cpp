#include "modattr/value/games/faulty_rows.h"

#include <algorithm>
#include <utility>

#include <ATen/Functions.h>

namespace modattr {

std::uint32_t FaultyRows::add(std::size_t modality, FaultDraw draw) {
  draws_[modality].push_back(std::move(draw));
  return static_cast<std::uint32_t>(draws_[modality].size() - 1);
}

void FaultyRows::clear() {
  for (std::vector<FaultDraw>& draws : draws_) draws.clear();
}

bool FaultyRows::empty() const noexcept {
  return std::ranges::all_of(draws_, [](const std::vector<FaultDraw>& draws) { return draws.empty(); });
}

at::Tensor FaultyRows::gather(std::size_t input, std::size_t modality, std::span<const std::uint32_t> rows) const {
  std::vector<at::Tensor> made;
  for (std::size_t place = 0; place < rows.size(); ++place) {
    // The last row of a call is repeated.
    const bool repeats = place > 0 && rows[place] == rows[place - 1];
    made.push_back(repeats ? made.back() : makers_[modality]->make(input, draws_[modality][rows[place]]));
  }
  return at::cat(made, 0);
}

}  // namespace modattr
