#pragma once

#include <string>
#include <vector>

#include "modattr/core/attribution.h"
#include "modattr/core/rng.h"
#include "modattr/engines/trace/trace_evaluation.h"

namespace modattr {

/// How good verdicts are on faults whose place is known:
///   trace.hit        part of the cases whose most probable modality is the faulty one
///   trace.decided    part that a verdict is given on, and trace.hit_decided, the part of those that is right
///   trace.ece        expected calibration error: mean distance of confidence and hits in ten bins of confidence
///   trace.brier      mean over cases of the squared error of the probabilities
///   trace.hit_RULE   the same part for simple rules, all decided
///   trace.reliability and trace.confidence   hits and mean confidence of all verdicts, by bins of confidence
///   trace.mixture    share of a modality, or of the model, estimated in a mixture of faults and natural errors
/// Each for every fault, for every modality as a mean over its faults, and "balanced" as a mean over modalities.
void add_benchmark(const TraceShared& shared, const std::vector<std::string>& modality_names, double threshold,
                   const Rng& rng, Attribution& result);

}  // namespace modattr
