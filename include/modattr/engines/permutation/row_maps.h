#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "modattr/core/problem.h"
#include "modattr/core/rng.h"

namespace modattr {

/// A uniform random permutation of the rows inside each stratum; identity allowed (Fisher-Yates). Draw `draw` of `rng`.
/// `strata` cut `example_count` examples into disjoint parts.
RowMap random_permutation(std::span<const Stratum> strata, std::size_t example_count, const Rng& rng,
                          std::uint32_t draw);

/// The permutation that undoes `permutation`: result[permutation[i]] = i.
RowMap inverse(const RowMap& permutation);

}  // namespace modattr
