#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "modattr/core/attributor.h"
#include "modattr/core/byte_codec.h"
#include "modattr/core/contributions/contributions.h"
#include "modattr/engines/shapley/estimators/shapley_estimator.h"
#include "modattr/engines/shapley/solved_games.h"

namespace modattr {

/// Whether the additive projection is computed, too; it takes all pairs of examples.
enum class AdditiveProjection { kLeftOut, kComputed };

struct ModalityShapleyOptions {
  /// Modalities to report, as indices of the problem's players; empty = all. All of them play.
  std::vector<std::size_t> modalities = {};
  AdditiveProjection projection = AdditiveProjection::kLeftOut;
  /// A further cut of the examples that gets rows of its own: a column's name, or "label".
  std::optional<std::string> breakdown = std::nullopt;
  /// Estimator of games that are too large to enumerate, and the coalitions it may ask for per example.
  std::shared_ptr<const ShapleyEstimator> estimator = nullptr;
  std::size_t coalition_count = 2048;
  /// Exact values and interactions of a model of trees, of any number of modalities, in the place of coalitions.
  std::optional<ContributionRequest> trees = std::nullopt;
};

/// Shapley values of modalities (Shapley 1953; Lundberg, Lee 2017), from the values of all 2^M coalitions:
///
///   shapley.mean(m)         = mean over examples of phi_m          shapley.mean_abs(m) = mean of |phi_m|
///   share.abs(m)            = mean |phi_m| / sum over modalities of mean |phi|
///   shapley.full, .empty    = mean of v(full), v(empty);  shapley.efficiency_gap = max |v(full) - v(empty) - sum phi|
///   interaction.mean(i|j)   = mean of phi_ij, the Shapley interaction index;  interaction.mean_abs = mean of |phi_ij|
///   interaction.intershap   = sum |mean phi_ij| / (sum |mean phi_ii| + sum |mean phi_ij|), phi_ii = phi_i - sum phi_ij
///   / 2 interaction.intershap_local = mean over examples of that ratio of their own (Wenderoth et al., AAAI 2025)
///   shape.S(m), shape.C(i|j) = Shapley value and interaction index of the accuracy game over the accuracy (Hu, Li,
///                              Zhou, IJCAI 2022; two modalities: C = (V11 - V10 - V01 + V00) / V11)
///   emap.gap(m)             = see PermutationImportance
/// More than 12 modalities: phi by an estimator, with standard errors, and no interactions. Values of trees are exact,
/// and know nothing of accuracy. Path-dependent ones are of another game: tree.path_mean, tree.path_mean_abs,
/// tree.path_share_abs, tree.path_interaction and tree.path_interaction_abs.
class ModalityShapley final : public Attributor {
 public:
  explicit ModalityShapley(ModalityShapleyOptions options) : options_(std::move(options)) {}

  std::string_view name() const noexcept override { return options_.trees ? "shap.trees" : "shap"; }
  Guarantees guarantees() const noexcept override {
    return {.efficiency = true, .symmetry = true, .null_player = true};
  }
  /// Throws ConfigError for an unknown column, or more than 12 modalities without an estimator.
  /// Keeps v of every coalition of each example, and the outcomes behind the clean score.
  EvaluatedExamples evaluate(Problem& problem, const Rng& rng) const override;
  Attribution summarise(const EvaluatedExamples& evaluated, const Problem& problem, const Rng& rng) const override;

 private:
  EvaluationHeader header(const Problem& problem, const Rng& rng) const;
  EvaluatedExamples evaluate_trees(Problem& problem, const Rng& rng) const;
  SolvedGames take_games(const Problem& problem, const Rng& rng, std::span<ByteReader> readers) const;
  /// Modalities whose additive projections are wanted.
  std::vector<std::size_t> projected(const Problem& problem) const;

  ModalityShapleyOptions options_;
};

}  // namespace modattr
