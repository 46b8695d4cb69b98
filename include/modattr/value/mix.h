#pragma once

#include <cstdint>
#include <span>

#include "modattr/core/coalition.h"

namespace modattr {

/// Whether mixes of equal rows are evaluated once, or every time they are asked for.
enum class MixSharing { kEqualOnce, kNone };

/// All examples of the set, once, with the modalities outside `present` taken from example donors[i].
struct Mix {
  Coalition present;
  /// [examples]; borrowed.
  std::span<const std::uint32_t> donors;
};

}  // namespace modattr
