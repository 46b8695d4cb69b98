#include "modattr/masking/present_copier.h"

#include <algorithm>
#include <cstring>

namespace modattr {

PresentCopier::PresentCopier(std::size_t player_count, const std::vector<PlayerRun>& runs, std::size_t element_bytes)
    : player_count_(player_count), starts_(player_count + 2, 0) {
  const auto owner = [&](const PlayerRun& run) { return run.player ? std::size_t{*run.player} : player_count; };
  for (const PlayerRun& run : runs) ++starts_.at(owner(run) + 1);
  for (std::size_t place = 1; place < starts_.size(); ++place) starts_[place] += starts_[place - 1];
  runs_.resize(runs.size());
  std::vector<std::size_t> next(starts_.begin(), starts_.end() - 1);
  for (const PlayerRun& run : runs) {
    runs_[next[owner(run)]++] = {run.first * element_bytes, run.count * element_bytes};
  }
  const auto is_like_first = [&](const Run& run) { return run.byte_count == runs_.front().byte_count; };
  if (!runs_.empty() && std::ranges::all_of(runs_, is_like_first)) common_bytes_ = runs_.front().byte_count;
}

void PresentCopier::copy(const Coalition& present, const std::byte* source, std::byte* destination) const {
  for (std::size_t player = 0; player < player_count_; ++player) {
    if (present.contains(player)) copy_runs(player, source, destination);
  }
  copy_runs(player_count_, source, destination);
}

void PresentCopier::copy_runs(std::size_t player, const std::byte* source, std::byte* destination) const {
  // Patches are many short runs: a copy whose length the compiler knows takes a fraction of the time.
  switch (common_bytes_) {
    case 4:
      return copy_runs_of<4>(player, source, destination);
    case 8:
      return copy_runs_of<8>(player, source, destination);
    case 16:
      return copy_runs_of<16>(player, source, destination);
    case 32:
      return copy_runs_of<32>(player, source, destination);
    case 64:
      return copy_runs_of<64>(player, source, destination);
    default:
      break;
  }
  for (std::size_t run = starts_[player]; run < starts_[player + 1]; ++run) {
    const auto [first, count] = runs_[run];
    std::memcpy(destination + first, source + first, count);
  }
}

template <std::size_t kByteCount>
void PresentCopier::copy_runs_of(std::size_t player, const std::byte* source, std::byte* destination) const {
  for (std::size_t run = starts_[player]; run < starts_[player + 1]; ++run) {
    const std::size_t first = runs_[run].first_byte;
    std::memcpy(destination + first, source + first, kByteCount);
  }
}

}  // namespace modattr
