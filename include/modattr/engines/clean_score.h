#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "modattr/core/attribution.h"
#include "modattr/core/byte_codec.h"
#include "modattr/core/evaluated_examples.h"
#include "modattr/core/problem.h"
#include "modattr/core/rng.h"
#include "modattr/engines/subsets.h"

namespace modattr {

/// The metric's outcomes of all examples on the untouched data, and of the additive projections of some modalities.
struct CleanOutcomes {
  /// Numbers per outcome, those of the metric.
  std::size_t width = 1;
  /// [examples * width]
  std::vector<double> clean;
  /// Of each modality [modalities][examples]; empty where none was asked for or there is none (see PairOutcomes).
  std::vector<std::vector<double>> additive;

  /// Asks the model. `projected`: the modalities whose projections are wanted, all pairs of examples each.
  static CleanOutcomes evaluate(Problem& problem, std::span<const std::size_t> projected);
  /// Writes the numbers of one example, the last of its bytes.
  void put(std::size_t example, ByteWriter& writer) const;
  /// Reads those of all examples from their readers, and ends these.
  static CleanOutcomes take(const Problem& problem, std::span<const std::size_t> projected,
                            std::span<ByteReader> readers);
};

/// Asks the model for the clean outcomes of all examples and puts each behind what its writer holds, [examples].
EvaluatedExamples with_clean_outcomes(Problem& problem, EvaluationHeader header, std::vector<ByteWriter> writers,
                                      std::span<const std::size_t> projected = {});

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
void add_scores(const CleanOutcomes& outcomes, const Problem& problem, const ScoreRequest& request, const Rng& rng,
                Attribution& result);

}  // namespace modattr
