#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "modattr/core/attribution.h"
#include "modattr/core/rng.h"

namespace modattr {

/// Bootstrap resamples behind every interval (Efron 1979); the same for all scores of a run, so differences are paired.
inline constexpr std::uint32_t kBootstrapReplicateCount = 1000;

/// Draws resample `replicate` of a set: writes to `weights` [examples] how often each example is in it. `subset` keeps
/// the resamples of different subsets of the examples apart.
void bootstrap_weights(const Rng& rng, std::uint32_t subset, std::uint32_t replicate, std::span<std::uint32_t> weights);

/// The central 95 % of replicate values, by linear interpolation between order statistics; nullopt when fewer than half
/// of the replicates are defined or there are fewer than two.
std::optional<Interval> percentile_interval95(std::span<const std::optional<double>> replicates);

}  // namespace modattr
