#include "modattr/value/games/faulty_rows.h"

#include <algorithm>
#include <utility>

#include <ATen/Functions.h>

namespace modattr {
namespace {

constexpr std::size_t kMostMadeBytes = std::size_t{64} << 20;

}  // namespace

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
    made.push_back(repeats ? made.back() : made_row(input, modality, draws_[modality][rows[place]]));
  }
  return at::cat(made, 0);
}

at::Tensor FaultyRows::made_row(std::size_t input, std::size_t modality, const FaultDraw& draw) const {
  const std::pair key(input, draw.example);
  {
    const std::lock_guard lock(mutex_);
    const auto [first, end] = made_.equal_range(key);
    const auto found = std::find_if(
        first, end, [&](const auto& entry) { return entry.second.modality == modality && entry.second.draw == draw; });
    if (found != end) return found->second.row;
  }
  at::Tensor row = makers_[modality]->make(input, draw);
  const std::lock_guard lock(mutex_);
  if (made_bytes_ > kMostMadeBytes) {
    made_.clear();
    made_bytes_ = 0;
  }
  made_.emplace(key, Made{modality, draw, row});
  made_bytes_ += row.nbytes();
  return row;
}

}  // namespace modattr
