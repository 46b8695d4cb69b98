#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "modattr/core/attribution.h"

namespace modattr {

/// The verdict on an answer and its evidence, in words.
struct TraceSentences {
  /// nullopt where it is not known.
  std::optional<bool> is_right = std::nullopt;
  /// A modality, "model" or "undecided"; empty for right answers.
  std::string verdict = {};
  std::optional<double> confidence = std::nullopt;
  std::vector<std::string> evidence = {};
  /// Of each part, that it is behind the error.
  std::vector<std::pair<std::string, double>> probabilities = {};
};

/// Reads the details of a line of trace.jsonl.
TraceSentences trace_sentences(const std::vector<Detail>& details);

}  // namespace modattr
