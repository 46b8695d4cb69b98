#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <ATen/core/ivalue.h>

namespace modattr {

/// Modalities whose data on a side is the example's, and those of which some players are; others are removed. As bit
/// masks.
struct SideModalities {
  std::uint64_t own = 0;
  std::uint64_t partly = 0;

  auto operator<=>(const SideModalities&) const = default;
  /// Those that are among `modalities`.
  SideModalities among(std::uint64_t modalities) const noexcept { return {own & modalities, partly & modalities}; }
};

/// What operations gave on one side, for the passes over the same rows that follow: the data of a modality is the same
/// on a side of several of them, as removed data is in all. Not for many threads.
class SideMemo {
 public:
  /// Keeps at most so many bytes. `removed`: what passes over other examples with the same removed data found of that
  /// data; nullptr = nothing.
  explicit SideMemo(std::size_t most_bytes, std::shared_ptr<const SideMemo> removed = nullptr)
      : removed_(std::move(removed)), most_bytes_(most_bytes) {}

  /// An operation of a pass, and the data that a side of it comes from.
  struct Place {
    /// How many operations the pass ran before.
    std::size_t step = 0;
    /// Modalities that it comes from, as a bit mask, and what data of them.
    std::uint64_t modalities = 0;
    SideModalities side = {};

    auto operator<=>(const Place&) const = default;
  };

  /// nullptr where it has not been run.
  const std::vector<c10::IValue>* find(const Place& place) const;
  /// Keeps results, off the tape, where there is room.
  void keep(const Place& place, const std::vector<c10::IValue>& results);
  /// What comes from removed data only.
  SideMemo of_removed_data() const;
  std::size_t byte_count() const noexcept { return byte_count_; }

 private:
  std::map<Place, std::vector<c10::IValue>> results_;
  std::shared_ptr<const SideMemo> removed_;
  std::size_t most_bytes_;
  std::size_t byte_count_ = 0;
};

}  // namespace modattr
