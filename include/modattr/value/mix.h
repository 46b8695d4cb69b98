#pragma once

#include <cstdint>
#include <span>

#include "modattr/core/coalition.h"

namespace modattr {

/// All examples of the set, once, with the modalities outside `present` taken from example donors[i].
struct Mix {
  Coalition present;
  /// [examples]; borrowed.
  std::span<const std::uint32_t> donors;
};

}  // namespace modattr
