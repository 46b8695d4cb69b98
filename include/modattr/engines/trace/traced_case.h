#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "modattr/core/byte_codec.h"
#include "modattr/core/rng.h"
#include "modattr/core/tracing/fault.h"
#include "modattr/engines/trace/typicality.h"

namespace modattr {

/// A fault that was put into one modality of an example.
struct InjectedFault {
  std::size_t modality = 0;
  Fault fault;
  /// Of a swap: the example whose data came.
  std::uint32_t partner = 0;
  /// Of any other fault: what it is made with.
  RandomStream stream;
};

/// An answer that is traced: that to an example, or to an example with a fault.
struct TracedCase {
  std::uint32_t example = 0;
  std::optional<InjectedFault> injected = std::nullopt;
};

/// What is known of one modality of a case.
struct ModalityEvidence {
  /// Part of the donors whose data in this modality brings the right answer, with one pseudo-donor that does so as
  /// often as data of other examples in every modality do.
  double repair = 0.0;
  /// Of them how many, and how many were asked.
  std::uint32_t right_count = 0;
  std::uint32_t donor_count = 0;
  /// Mean probability of the right answer over these donors.
  double repair_probability = 0.0;
  /// How far the data itself, its encoding, and the answers it brings among other examples' data are from those of
  /// right answers.
  TailPValues data = {};
  TailPValues encoding = {};
  TailPValues behaviour = {};
  /// Bayes factor for untypical data, at least 1/2.
  double typicality = 1.0;
  /// Minus the Shapley value of the probability of the right answer.
  double blame = 0.0;
  /// Shapley value of getting the answer right, from -1 to 1.
  double valuation = 0.0;
};

/// Shapley values by which simple rules blame; [modalities].
struct SimpleRules {
  /// Of the probability of the predicted class; empty without classes.
  std::vector<double> predicted;
  /// Of the logarithm of the probability of the right answer.
  std::vector<double> log_probability;
  /// Of its margin; empty without classes.
  std::vector<double> margin;
};

struct CaseEvidence {
  bool is_right = false;
  /// That the model gives to the right answer.
  double probability = 0.0;
  /// The same, and how often the answer is right, when every modality's data comes from a donor.
  double empty_probability = 0.0;
  double empty_right = 0.0;
  /// [modalities]
  std::vector<ModalityEvidence> modalities;
  SimpleRules rules;
  /// Mixes that were asked for.
  std::size_t evaluation_count = 0;
};

void put_evidence(ByteWriter& writer, const CaseEvidence& evidence);
CaseEvidence take_evidence(ByteReader& reader);

}  // namespace modattr
