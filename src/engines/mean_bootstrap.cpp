#include "modattr/engines/mean_bootstrap.h"

#include <numeric>

#include "modattr/core/parallel.h"

namespace modattr {

MeanBootstrap::MeanBootstrap(const Matrix& columns, std::span<const std::uint32_t> examples, const Sample& sample,
                             const Rng& rng)
    : means_(columns.row_count(), 0.0) {
  const auto count = static_cast<double>(examples.size());
  Matrix chosen(columns.row_count(), examples.size());
  for (std::size_t column = 0; column < columns.row_count(); ++column) {
    for (std::size_t place = 0; place < examples.size(); ++place) {
      chosen(column, place) = columns(column, examples[place]);
    }
    const std::span<const double> values = std::as_const(chosen).row(column);
    means_[column] = std::accumulate(values.begin(), values.end(), 0.0) / count;
  }
  if (examples.size() < 2) return;
  constexpr std::uint32_t kReplicatesPerPiece = 50;
  static_assert(kBootstrapReplicateCount % kReplicatesPerPiece == 0);
  replicates_ = Matrix(kBootstrapReplicateCount, columns.row_count());
  parallel_for(kBootstrapReplicateCount / kReplicatesPerPiece, sample.thread_count, [&](std::size_t piece) {
    std::vector<std::uint32_t> weights(examples.size());
    const auto first = static_cast<std::uint32_t>(piece * kReplicatesPerPiece);
    for (std::uint32_t replicate = first; replicate < first + kReplicatesPerPiece; ++replicate) {
      bootstrap_weights(rng, sample.subset, replicate, weights);
      for (std::size_t column = 0; column < columns.row_count(); ++column) {
        const std::span<const double> values = std::as_const(chosen).row(column);
        double sum = 0.0;
        for (std::size_t place = 0; place < values.size(); ++place) sum += weights[place] * values[place];
        replicates_(replicate, column) = sum / count;
      }
    }
  });
}

Estimate MeanBootstrap::estimate(
    const std::function<std::optional<double>(std::span<const double> means)>& function) const {
  Estimate estimate{function(means_), {}};
  for (std::size_t replicate = 0; replicate < replicates_.row_count(); ++replicate) {
    estimate.replicates.push_back(function(replicates_.row(replicate)));
  }
  return estimate;
}

}  // namespace modattr
