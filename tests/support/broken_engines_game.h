#pragma once

#include "modattr/core/attributor.h"

namespace modattr {

/// What a ShapleyOfOneDraw does wrong.
enum class EngineFault {
  kNone,
  /// Gives the first modality more than its share.
  kFavoursTheFirst,
  /// Gives every modality something.
  kRewardsEveryone,
  /// Weighs all coalitions alike, whatever their size.
  kIgnoresCoalitionSizes
};

/// Exact Shapley values of the mean outcome under one permutation, with a fault: it shows that the checks of the axioms
/// pass for a right engine and fail for each wrong one. It promises everything.
class ShapleyOfOneDraw final : public Attributor {
 public:
  explicit ShapleyOfOneDraw(EngineFault fault) : fault_(fault) {}

  std::string_view name() const noexcept override { return "shapley-of-one-draw"; }
  Guarantees guarantees() const noexcept override {
    return {.efficiency = true, .symmetry = true, .null_player = true};
  }
  EvaluatedExamples evaluate(Problem& problem, const Rng& rng) const override;
  Attribution summarise(const EvaluatedExamples& evaluated, const Problem& problem, const Rng& rng) const override;

 private:
  EngineFault fault_;
};

}  // namespace modattr
