#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "modattr/engines/shapley/estimators/paired_coalitions.h"
#include "modattr/engines/shapley/estimators/shapley_estimator.h"

namespace modattr {

/// Pairs that an odd Gaussian process is given at most: its time grows with their cube.
inline constexpr std::size_t kProcessPairLimit = 600;

/// Odd Gaussian process on paired_leverage_coalitions (kernel and data: gp/kernel.h, posterior: gp/process.h):
///
///   g(S) = (v(S) - v(complement)) / 2 for every pair, and g(full)
///   kernel of the largest marginal likelihood; phi = Shapley values of the posterior mean
/// Standard errors are posterior standard deviations. A nugget would be wrong where every coalition is known: those are
/// enumerated. Asks for 2 kProcessPairLimit coalitions at most.
class GpShapley final : public ShapleyEstimator {
 public:
  std::string_view name() const noexcept override { return "gp"; }
  Guarantees guarantees() const noexcept override {
    return {.efficiency = true, .symmetry = false, .null_player = false};
  }
  std::vector<Coalition> coalitions(std::size_t player_count, std::size_t evaluation_count,
                                    RandomStream stream) const override;
  std::size_t least_coalition_count(std::size_t player_count) const override;
  ShapleyEstimate estimate(const SampledGame& game) const override;
};

/// The estimate, and how it predicts each pair from the others.
PairedFit fit_process(const PairedGame& game);

}  // namespace modattr
