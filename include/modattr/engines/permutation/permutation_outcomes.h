#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "modattr/core/evaluated_examples.h"
#include "modattr/core/problem.h"
#include "modattr/core/rng.h"
#include "modattr/engines/permutation/permutation.h"
#include "modattr/engines/score_series.h"
#include "modattr/engines/subsets.h"

namespace modattr {

/// What a permutation importance evaluates and scores.
struct PermutationPlan {
  /// Throws ConfigError for what PermutationImportance refuses.
  PermutationPlan(const Problem& problem, const PermutationOptions& options);

  /// Modality by modality, the coalition without it and the one of it alone.
  std::vector<Coalition> scored_coalitions() const;
  /// Those of the scored coalitions that something is removed from, each once.
  std::vector<Coalition> asked_coalitions() const;

  std::vector<std::size_t> modalities;
  std::vector<Subset> subsets;
  std::vector<Stratum> strata;
  /// Examples in the stratum of each example.
  std::vector<std::size_t> stratum_sizes;
  PermutationDraws draws = PermutationDraws::kRandom;
  std::size_t modality_count = 0;
  std::size_t example_count = 0;
  /// Numbers per outcome of the metric.
  std::size_t width = 1;
  /// Random draws.
  std::size_t draw_count = 0;
  /// Whether all pairs give the additive projection, too: inside strata it would be another number.
  bool projects = false;
};

/// The two coalitions that are scored for a modality.
struct ModalitySeries {
  std::size_t modality = 0;
  ScoreSeries without;
  ScoreSeries alone;
  /// Outcomes of the additive projection, [examples]; empty when it was not asked for, or there is none.
  std::vector<double> additive;
};

/// What the evaluations gave.
struct PermutationOutcomes {
  /// Outcomes on the untouched data, [examples * width]; the series borrow them.
  std::vector<double> clean;
  /// [modalities of the plan]
  std::vector<ModalitySeries> series;
};

/// Asks the model, and keeps of an example the outcome on the untouched data, and of random draws those of every draw
/// and asked coalition: 8 (1 + draws * coalitions) * width bytes. Of all pairs it keeps the sums over donors.
EvaluatedExamples evaluate_permutations(Problem& problem, const PermutationPlan& plan, EvaluationHeader header,
                                        const Rng& rng);

/// Reads what evaluate_permutations() kept. The result borrows from the plan and the metric.
PermutationOutcomes read_permutations(const EvaluatedExamples& evaluated, const EvaluationHeader& header,
                                      const PermutationPlan& plan, const Problem& problem);

}  // namespace modattr
