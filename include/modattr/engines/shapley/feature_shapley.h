#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "modattr/core/attributor.h"
#include "modattr/core/contributions/contributions.h"
#include "modattr/engines/shapley/estimators/pair_index.h"
#include "modattr/engines/shapley/estimators/shapley_estimator.h"

namespace modattr {

/// Which game the features play.
enum class ShapleyIndex {
  /// Modalities are unions (Owen 1977): players of a modality add up to its Shapley value among modalities.
  kOwen,
  /// One game of all features.
  kShapley
};

struct FeatureShapleyOptions {
  /// Modalities to score, as indices of the problem's players; empty = all. All of them play.
  std::vector<std::size_t> modalities = {};
  ShapleyIndex index = ShapleyIndex::kOwen;
  std::shared_ptr<const ShapleyEstimator> estimator = nullptr;
  /// Model evaluations per example, never exceeded; nullopt = 32 coalitions per player.
  std::optional<std::size_t> budget = std::nullopt;
  /// Stop where the largest standard error of an example is below it.
  std::optional<double> tolerance = std::nullopt;
  /// A further cut of the examples that gets rows of its own: a column's name, or "label".
  std::optional<std::string> breakdown = std::nullopt;
  /// Interactions of all pairs of features, in the plain game whatever `index` is.
  std::optional<PairIndex> pair_index = std::nullopt;
  /// Exact values of a model of trees, in the place of an estimator's; pairs are k-SII.
  std::optional<ContributionRequest> trees = std::nullopt;
};

/// Shapley values of features (words, patches, columns), example by example. Owen values: the players of modality m
/// play
///
///   v_m(S) = sum over sets T of other modalities of w(T) v(S + all of T),   w(T) = |T|! (M - |T| - 1)! / M!
/// so that 2^(M-1) evaluations serve a coalition, one modality varies at a time, and the values of its players sum to
/// the modality's Shapley value. Scores: shapley.mean, shapley.mean_abs and share.abs of the modalities as in
/// ModalityShapley, and
///   share.owen(m)        = mean over examples of sum_{i in m} |phi_i| / sum |phi_i|
/// The plain index has instead, over its values (Parcalabescu, Frank, ACL 2023):
///   share.mm_shap(m)     = the same formula
///   share.mm_shap_avg(m) = the same with the mean over m's players in the place of their sum
///   share.net(m)         = mean of |sum_{i in m} phi_i| / sum over modalities of that
/// Path-dependent values of trees are of another game, and have names of their own: tree.path_mean, tree.path_mean_abs,
/// tree.path_share_abs and, for the same formula as share.owen, tree.path_owen or, of the plain index, tree.path; pairs
/// are tree.path_pairs.
class FeatureShapley final : public Attributor {
 public:
  explicit FeatureShapley(FeatureShapleyOptions options) : options_(std::move(options)) {}

  std::string_view name() const noexcept override {
    if (options_.trees) return options_.pair_index ? "shap.feature.trees.pairs" : "shap.feature.trees";
    return options_.pair_index ? "shap.feature.pairs" : "shap.feature";
  }
  Guarantees guarantees() const noexcept override {
    if (options_.trees) return {.efficiency = true, .symmetry = true, .null_player = true};
    return options_.estimator ? options_.estimator->guarantees() : Guarantees{};
  }
  /// Throws ConfigError where the budget is too small for the players, or Owen values would need more than 12
  /// modalities.
  /// Keeps the attribution of each example, about 50 bytes per player, and the outcomes behind the clean score.
  EvaluatedExamples evaluate(Problem& problem, const Rng& rng) const override;
  Attribution summarise(const EvaluatedExamples& evaluated, const Problem& problem, const Rng& rng) const override;

 private:
  EvaluationHeader header(const Problem& problem, const Rng& rng) const;
  EvaluatedExamples evaluate_trees(Problem& problem, const Rng& rng) const;

  FeatureShapleyOptions options_;
};

}  // namespace modattr
