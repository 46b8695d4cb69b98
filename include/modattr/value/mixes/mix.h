#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "modattr/core/coalition.h"

namespace modattr {

/// Whether mixes of equal rows are evaluated once, or every time they are asked for.
enum class MixSharing { kEqualOnce, kNone };

/// A list of examples, each with the modalities outside `present` taken from another row: an example, or a synthetic
/// row.
struct Mix {
  Coalition present;
  /// [examples of the list]; borrowed.
  std::span<const std::uint32_t> donors;
  /// Where removals differ by modality: the rows of each, instead of `donors`. [modalities] of [examples of the list],
  /// or empty; borrowed.
  std::span<const std::span<const std::uint32_t>> baselines = {};

  /// The row that stands for an absent modality.
  std::uint32_t absent_row(std::size_t modality, std::size_t place) const {
    return baselines.empty() ? donors[place] : baselines[modality][place];
  }
};

}  // namespace modattr
