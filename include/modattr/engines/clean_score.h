#pragma once

#include <cstddef>
#include <vector>

#include "modattr/core/attribution.h"
#include "modattr/core/problem.h"
#include "modattr/core/rng.h"
#include "modattr/engines/subsets.h"

namespace modattr {

/// What add_scores() scores.
struct ScoreRequest {
  /// Modalities whose additive projection is scored (see PairOutcomes); empty = none.
  std::vector<std::size_t> modalities;
  /// The first are all examples.
  const std::vector<Subset>& subsets;
};

/// Sets the metric's score on the untouched data, with its interval, and adds for every listed modality and subset
///   emap.gap = score - score of the additive projection of the outputs (Hessel, Lee, EMNLP 2020).
/// Warns where a metric that is no mean, or the data, allows no projection.
void add_scores(Problem& problem, const ScoreRequest& request, const Rng& rng, Attribution& result);

}  // namespace modattr
