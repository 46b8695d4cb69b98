#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "modattr/core/byte_codec.h"
#include "modattr/engines/trace/traced_case.h"

namespace modattr {

/// A case whose culprit is known, because the fault was put there.
struct CalibrationCase {
  std::size_t culprit = 0;
  bool is_swap = false;
  CaseEvidence evidence;
};

/// How evidence becomes the probability of each culprit,
///   P(m) ~ exp(b_m + w_R ln R_m + w_Z ln Z_m + w_B blame_m), and for the model itself exp(b_0 + w_0 ln(p(label) +
///   1e-4)),
/// with weights that all modalities share: weights of their own would learn which faults were injected, not how to
/// tell.
struct CulpritModel {
  double repair_weight = 1.0;
  double typicality_weight = 1.0;
  /// With more than two modalities; of two, repair says the same.
  double blame_weight = 0.0;
  /// [modalities]
  std::vector<double> biases;
  double model_bias = 0.0;
  double model_weight = 1.0;
  /// Probability of each modality where one of them is known to be faulty, [modalities].
  std::vector<double> modality_probabilities(const CaseEvidence& evidence) const;
  /// Probability of each modality and of the model, all equally likely before, [modalities + 1].
  std::vector<double> probabilities(const CaseEvidence& evidence) const;
};

/// Fits the modalities' weights to cases with injected faults: each modality weighs 1, half of that its swaps, and a
/// ridge of 0.01 draws the weights to their usual values, 1, and the biases to 0. Without cases those are the result;
/// where a modality has none, there are no biases.
CulpritModel fit_modalities(std::size_t modality_count, std::span<const CalibrationCase> cases);

/// Fits all of it. Wrong answers to untouched examples, whose culprits are not known, tell what errors of the model
/// itself look like, by expectation maximisation in 15 rounds (Dempster, Laird, Rubin 1977).
CulpritModel fit_culprits(std::size_t modality_count, std::span<const CalibrationCase> cases,
                          std::span<const CaseEvidence> wrong_answers);

}  // namespace modattr
