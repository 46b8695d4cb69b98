#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "modattr/core/attributor.h"
#include "modattr/core/contributions/contributions.h"
#include "modattr/engines/shapley/feature_scores.h"

namespace modattr {

struct FeatureContributionsOptions {
  ContributionRequest request;
  /// Modalities to score, as indices of the problem's players; empty = all.
  std::vector<std::size_t> modalities = {};
  /// Examples whose contributions are compared with their Shapley or Owen values, the first ones of the set.
  std::size_t verified_count = 0;
  /// Whether these are Owen values; else those of one game of all features.
  bool are_owen_verified = true;
  /// Model evaluations for the values of such an example; nullopt = 128 coalitions per player.
  std::optional<std::size_t> budget = std::nullopt;
  /// A further cut of the examples that gets rows of its own: a column's name, or "label".
  std::optional<std::string> breakdown = std::nullopt;
};

/// Contributions of features that come from the inside of the model (Deep SHAP, gradients), example by example.
/// Over the contributions phi of an example's features, and phi_m, the sum over the data of modality m:
///   deep.owen(m), deep.joint(m), ig.share(m), gradient.share(m), gradient.input_share(m)
///                   = mean over examples of sum_{i in m} |phi_i| / sum |phi_i|
///   deep.mean(m), deep.mean_abs(m), deep.share_abs(m) and so on
///                   = mean of phi_m; mean of |phi_m|; the latter over its sum over modalities
/// With unions (deep.owen) phi_m are the modalities' Shapley values and bear their names: shapley.mean,
/// shapley.mean_abs, share.abs.
class FeatureContributions final : public Attributor {
 public:
  explicit FeatureContributions(FeatureContributionsOptions options) : options_(std::move(options)) {}

  std::string_view name() const noexcept override;
  Guarantees guarantees() const noexcept override;
  /// Keeps the attribution of each example, about 50 bytes per player, and the outcomes behind the clean score.
  EvaluatedExamples evaluate(Problem& problem, const Rng& rng) const override;
  Attribution summarise(const EvaluatedExamples& evaluated, const Problem& problem, const Rng& rng) const override;

 private:
  EvaluationHeader header(const Problem& problem, const Rng& rng) const;

  FeatureContributionsOptions options_;
};

/// The method as lines of examples.jsonl name it, e.g. "deep.owen".
std::string contribution_method_of(const ContributionRequest& request);

}  // namespace modattr
