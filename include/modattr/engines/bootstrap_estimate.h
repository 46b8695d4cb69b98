#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "modattr/core/attribution.h"
#include "modattr/core/progress.h"
#include "modattr/core/rng.h"
#include "modattr/engines/score_series.h"
#include "modattr/stats/bootstrap.h"

namespace modattr {

/// A score on the sample itself and on its bootstrap resamples.
struct Estimate {
  std::optional<double> value;
  /// [kBootstrapReplicateCount]; empty when there is nothing to resample.
  std::vector<std::optional<double>> replicates;

  std::optional<Interval> interval() const { return percentile_interval95(replicates); }
};

/// Standard deviation of the replicates that are defined; nullopt under the conditions of percentile_interval95().
std::optional<double> bootstrap_error(const Estimate& estimate);

/// Two-sided p-value of the normal distribution for value / bootstrap_error(): how often a number that is 0 for other
/// examples of the same kind would lie as far from 0. 1 where the value is 0; nullopt where it is not known, or has no
/// error.
std::optional<double> normal_p_value(const Estimate& estimate);

/// function(first, second), on the sample and resample by resample.
template <typename Function>
Estimate combine(const Estimate& first, const Estimate& second, Function function) {
  Estimate result{function(first.value, second.value), {}};
  for (std::size_t replicate = 0; replicate < first.replicates.size(); ++replicate) {
    result.replicates.push_back(function(first.replicates[replicate], second.replicates[replicate]));
  }
  return result;
}

/// What is resampled.
struct Sample {
  std::size_t example_count = 0;
  /// Keeps the random numbers of subsets apart.
  std::uint32_t subset = 0;
  std::size_t thread_count = 1;
  /// Asked before every resample whether to go on, as some metrics take long; nullptr = nobody.
  const Progress* progress = nullptr;
};

/// Scores every scorer on the sample and on the same resamples of it; [scorers]. One example has no spread: it is not
/// resampled.
std::vector<Estimate> bootstrap_estimates(std::span<const DrawScorer> scorers, const Sample& sample, const Rng& rng);

}  // namespace modattr
