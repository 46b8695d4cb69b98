#include "modattr/engines/bootstrap_estimate.h"

#include "modattr/core/parallel.h"

namespace modattr {

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
      bootstrap_weights(rng, sample.subset, replicate, weights);
      for (std::size_t index = 0; index < scorers.size(); ++index) {
        estimates[index].replicates[replicate] = scorers[index].score(weights);
      }
    }
  });
  return estimates;
}

}  // namespace modattr
