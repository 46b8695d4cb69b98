#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include <ATen/core/ivalue.h>

namespace modattr {

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
    /// Modalities that it comes from, and those of them whose data is the example's, as bit masks.
    std::uint64_t modalities = 0;
    std::uint64_t own = 0;
  };

  /// nullptr where it has not been run.
  const std::vector<c10::IValue>* find(const Place& place) const;
  /// Keeps results, off the tape, where there is room.
  void keep(const Place& place, const std::vector<c10::IValue>& results);
  /// What comes from removed data only.
  SideMemo of_removed_data() const;
  std::size_t byte_count() const noexcept { return byte_count_; }

 private:
  std::map<std::tuple<std::size_t, std::uint64_t, std::uint64_t>, std::vector<c10::IValue>> results_;
  std::shared_ptr<const SideMemo> removed_;
  std::size_t most_bytes_;
  std::size_t byte_count_ = 0;
};

}  // namespace modattr
