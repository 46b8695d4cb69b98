#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "modattr/core/metric.h"

namespace modattr {

enum class F1Average { kMicro, kMacro };

/// F1 over labels that do not exclude each other (scikit-learn's f1_score with zero_division=0): of all decisions
/// together, or the mean over the labels. `predicted`, `labels`: 0 or 1, [examples * label_count].
std::unique_ptr<OutcomeScorer> make_label_f1_scorer(std::vector<std::uint8_t> predicted,
                                                    std::vector<std::uint8_t> labels, std::size_t label_count,
                                                    F1Average average);

/// Sum over thresholds of precision times the growth of recall, of one label (scikit-learn's
/// average_precision_score); undefined where the label is true of no example. `scores`, `labels`: [examples].
std::unique_ptr<OutcomeScorer> make_average_precision_scorer(const std::vector<double>& scores,
                                                             std::vector<std::uint8_t> labels);

}  // namespace modattr
