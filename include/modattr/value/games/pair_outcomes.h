#pragma once

#include <cstddef>
#include <span>

#include "modattr/core/metric.h"
#include "modattr/core/problem.h"
#include "modattr/core/progress.h"
#include "modattr/value/model_evaluator.h"

namespace modattr {

/// What pair_outcomes() works on; everything is borrowed.
struct PairProblem {
  ModelEvaluator& evaluator;
  const Metric& metric;
  std::size_t modality_count = 0;
  std::size_t example_count = 0;
  std::span<const Stratum> strata;
  /// Outcomes on the untouched data, [examples].
  std::span<const double> clean;
};

/// Evaluates each different mix of a modality with all others once, and sums outcomes per example over all its donors,
/// in an order that depends on the set alone.
PairOutcomes pair_outcomes(const PairProblem& problem, std::size_t modality, Progress& progress);

}  // namespace modattr
