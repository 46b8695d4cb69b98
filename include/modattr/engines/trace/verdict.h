#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "modattr/core/attribution.h"
#include "modattr/core/rng.h"
#include "modattr/engines/subsets.h"
#include "modattr/engines/trace/trace_evaluation.h"

namespace modattr {

/// What verdicts are made of.
struct VerdictInput {
  const TraceShared& shared;
  /// All examples of the run.
  std::span<const TraceExample> examples;
  /// The first are all examples.
  const std::vector<Subset>& subsets;
  const std::vector<std::string>& modality_names;
  double threshold = 0.8;
  /// Examples that were asked for by id; empty = none.
  std::span<const std::uint32_t> asked = {};
  std::size_t thread_count = 1;
};

/// Adds the verdict on every traced example, and for each modality, "model" and "undecided", of all wrong answers and
/// of those in each subset,
///   trace.count      wrong answers with this verdict
///   trace.share      estimated part of the wrong answers that is due to it (see estimate_shares()), with an interval
///   trace.repair, trace.blame, trace.typicality   means over wrong answers of the evidence, the last one as ln Z
///   trace.valuation  mean Shapley value of getting the answer right.
void add_verdicts(const VerdictInput& input, const Rng& rng, Attribution& result);

}  // namespace modattr
