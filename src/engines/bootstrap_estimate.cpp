#include "modattr/engines/bootstrap_estimate.h"

#include <cmath>

#include "modattr/core/parallel.h"
#include "modattr/stats/moments.h"

namespace modattr {

std::optional<double> bootstrap_error(const Estimate& estimate) {
  std::vector<double> defined;
  for (const std::optional<double>& value : estimate.replicates) {
    if (value) defined.push_back(*value);
  }
  if (defined.size() < 2 || defined.size() * 2 < estimate.replicates.size()) return std::nullopt;
  // Of the mean over so many values: less by the root of their number.
  return *standard_error(defined) * std::sqrt(static_cast<double>(defined.size()));
}

std::optional<double> normal_p_value(const Estimate& estimate) {
  if (!estimate.value) return std::nullopt;
  if (*estimate.value == 0.0) return 1.0;
  const std::optional<double> error = bootstrap_error(estimate);
  if (!error || *error == 0.0) return std::nullopt;
  return std::erfc(std::abs(*estimate.value) / *error / std::sqrt(2.0));
}

std::vector<Estimate> bootstrap_estimates(std::span<const DrawScorer> scorers, const Sample& sample, const Rng& rng) {
  constexpr std::uint32_t kReplicatesPerPiece = 50;
  static_assert(kBootstrapReplicateCount % kReplicatesPerPiece == 0);
  std::vector<Estimate> estimates(scorers.size());
  const std::vector<std::uint32_t> once(sample.example_count, 1);
  for (std::size_t index = 0; index < scorers.size(); ++index) estimates[index].value = scorers[index].score(once);
  if (sample.example_count < 2) return estimates;
  for (Estimate& estimate : estimates) estimate.replicates.resize(kBootstrapReplicateCount);
  parallel_for(kBootstrapReplicateCount / kReplicatesPerPiece, sample.thread_count, [&](std::size_t piece) {
    std::vector<std::uint32_t> weights(sample.example_count);
    const auto first = static_cast<std::uint32_t>(piece * kReplicatesPerPiece);
    for (std::uint32_t replicate = first; replicate < first + kReplicatesPerPiece; ++replicate) {
      if (sample.progress != nullptr) sample.progress->stop_if_asked();
      bootstrap_weights(rng, sample.subset, replicate, weights);
      for (std::size_t index = 0; index < scorers.size(); ++index) {
        estimates[index].replicates[replicate] = scorers[index].score(weights);
      }
    }
  });
  return estimates;
}

}  // namespace modattr
