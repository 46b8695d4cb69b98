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

/// Every example takes the data of the example `shift` places after it in its stratum, in a circle. The shifts
/// 1 ... n-1 of a stratum of n examples visit each ordered pair of different examples exactly once. Examples of strata
/// with n <= shift keep their own row.
RowMap circular_shift(std::span<const Stratum> strata, std::size_t example_count, std::size_t shift);

/// Examples in the largest stratum.
std::size_t largest_stratum_size(std::span<const Stratum> strata);

}  // namespace modattr
