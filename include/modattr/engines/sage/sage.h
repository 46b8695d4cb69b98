#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "modattr/core/attributor.h"
#include "modattr/engines/shapley/feature_shapley.h"

namespace modattr {

/// Who plays: whole modalities, or the features that all examples share.
enum class SagePlayers { kModalities, kFeatures };

struct SageOptions {
  SagePlayers players = SagePlayers::kModalities;
  /// Modalities to score, as indices of the problem's players; empty = all. All of them play.
  std::vector<std::size_t> modalities = {};
  /// Which game features play; modalities have only the plain one.
  ShapleyIndex index = ShapleyIndex::kOwen;
  std::shared_ptr<const ShapleyEstimator> estimator = nullptr;
  /// Model evaluations per example, never exceeded; nullopt = up to 512 coalitions per player.
  std::optional<std::size_t> budget = std::nullopt;
  /// Stop where all standard errors are below it; nullopt = below 0.025 (largest - smallest value).
  std::optional<double> tolerance = std::nullopt;
  /// A further cut of the examples that gets rows of its own: a column's name, or "label".
  std::optional<std::string> breakdown = std::nullopt;
};

/// Global importance by loss (SAGE; Covert, Lundberg, Lee 2020): the Shapley values of the one game
///
///   v(S) = mean over examples of -loss(mean over donors of prediction(f(S)), label)
///   sage(m) = phi_m, or the sum over m's players (with Owen values: m's value among modalities)
/// The problem's target is to be that loss. Every coalition is asked of all examples, so that any estimator serves;
/// coalitions double from round to round until the largest standard error is below 0.025 (max phi - min phi), the
/// authors' rule. Two errors are kept apart: std_error is the estimator's (coalitions that were not asked), ci95 the
/// sampling error of the examples: a bootstrap over up to 100 random blocks of them, each block's game solved from the
/// same coalitions (random groups; Wolter 2007). Features are explained once, for the whole set.
class Sage final : public Attributor {
 public:
  explicit Sage(SageOptions options) : options_(std::move(options)) {}

  std::string_view name() const noexcept override { return "shap.sage"; }
  Guarantees guarantees() const noexcept override {
    return options_.estimator ? options_.estimator->guarantees() : Guarantees{};
  }
  /// Throws ConfigError where features differ from example to example, or the budget is too small for the players.
  /// Runs the rounds. Keeps v of every coalition asked of each example, 8 bytes per example and coalition, so that the
  /// games of groups and blocks are solved without the model; the coalitions themselves, and the budget of the last
  /// round, stand in the header once. Examples that are evaluated apart merge where their rounds ended alike.
  EvaluatedExamples evaluate(Problem& problem, const Rng& rng) const override;
  Attribution summarise(const EvaluatedExamples& evaluated, const Problem& problem, const Rng& rng) const override;

 private:
  EvaluationHeader header(const Problem& problem, const Rng& rng) const;

  SageOptions options_;
};

}  // namespace modattr
