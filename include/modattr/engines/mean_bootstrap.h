#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "modattr/core/matrix.h"
#include "modattr/core/rng.h"
#include "modattr/engines/bootstrap_estimate.h"

namespace modattr {

/// Scores that are functions of means over examples, on the sample and on the same resamples of it for all of them.
class MeanBootstrap {
 public:
  /// `columns` [columns, examples of the set]; `examples`: those of the sample. One example is not resampled.
  MeanBootstrap(const Matrix& columns, std::span<const std::uint32_t> examples, const Sample& sample, const Rng& rng);

  /// Means of the columns over the sample, [columns].
  std::span<const double> means() const noexcept { return means_; }
  /// `function`: from the means of the columns to a score; nullopt where it is not defined.
  Estimate estimate(const std::function<std::optional<double>(std::span<const double> means)>& function) const;

 private:
  std::vector<double> means_;
  /// [replicates, columns]
  Matrix replicates_;
};

}  // namespace modattr
