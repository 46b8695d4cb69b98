#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "modattr/core/attributor.h"
#include "modattr/engines/trace/fault_injection.h"

namespace modattr {

enum class TracedAnswers { kWrong, kAll };

struct TraceOptions {
  /// Right answers whose data takes the place of a modality's.
  std::size_t donor_count = 100;
  /// Probability from which on a verdict is given.
  double threshold = 0.8;
  TracedAnswers answers = TracedAnswers::kWrong;
  /// Examples that are traced even if their answer is right.
  std::vector<std::uint32_t> asked = {};
  /// Model evaluations for each of them that look for the features to blame; 0 = enough for a first answer.
  std::size_t budget = 0;
  /// Faults that calibrate; empty = a swap and the first other fault of each modality.
  std::vector<ModalityFault> calibration = {};
  /// Faults that are injected to measure the verdicts; empty = nothing is measured.
  std::vector<ModalityFault> tested = {};
  /// What breaks the results down: "label" or a column; nullopt = the data's group column.
  std::optional<std::string> breakdown = std::nullopt;
};

/// Tells which modality's data is behind each wrong answer:
///   answers of the model to all examples: right ones are the reference and the donors
///   calibration: faults injected into right answers, those kept that make them wrong
///   evidence of every wrong answer and of every calibration case (see EvidenceCollector)
///   probabilities of each modality, and of the model itself, by weights fitted to both (see CulpritModel)
///   verdict: a modality, "model", or "undecided" below the threshold
/// With faults to test, one half of the examples calibrates and the verdicts on faults in the other half are measured.
class Trace final : public Attributor {
 public:
  explicit Trace(TraceOptions options) : options_(std::move(options)) {}

  std::string_view name() const noexcept override { return "trace"; }
  Guarantees guarantees() const noexcept override { return {}; }
  EvaluatedExamples evaluate(Problem& problem, const Rng& rng) const override;
  Attribution summarise(const EvaluatedExamples& evaluated, const Problem& problem, const Rng& rng) const override;

 private:
  EvaluationHeader header(const Problem& problem, const Rng& rng) const;

  TraceOptions options_;
};

}  // namespace modattr
