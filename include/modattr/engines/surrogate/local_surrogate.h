#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "modattr/core/attributor.h"
#include "modattr/engines/surrogate/neighbourhood.h"
#include "modattr/engines/surrogate/similarity.h"
#include "modattr/engines/surrogate/surrogate.h"

namespace modattr {

/// Which coalitions a surrogate is fitted to.
enum class NeighbourhoodSize {
  /// As many as the budget allows; every one where it suffices for them.
  kSampled,
  /// Every coalition once, whatever it costs.
  kAll
};

struct LocalSurrogateOptions {
  /// Modalities whose players play, as indices of the problem's players; empty = all. The others stay untouched.
  std::vector<std::size_t> modalities = {};
  /// How neighbours are drawn in each modality; empty = fair coins everywhere.
  std::vector<NeighbourDraw> draws = {};
  NeighbourhoodSize size = NeighbourhoodSize::kSampled;
  /// Model evaluations per example, never exceeded; nullopt = kUsualCoalitions or kUsualCoalitionsOfAllRows.
  std::optional<std::size_t> budget = std::nullopt;
  Similarity similarity = Similarity::kCosine;
  /// nullopt = default_kernel_width().
  std::optional<double> kernel_width = std::nullopt;
  SurrogateOptions surrogate = {};
  /// A further cut of the examples that gets rows of its own: a column's name, or "label".
  std::optional<std::string> breakdown = std::nullopt;
};

/// A local surrogate in the manner of LIME (Ribeiro, Singh, Guestrin, KDD 2016), of words, patches and columns of all
/// modalities in one game. For each example:
///
///   draw coalitions around it (see sample_neighbourhood()), evaluate v, weigh them by similarity and count; where v is
///   a mean over a background's rows, each takes a part of them (see deal_draws())
///   hold back every fifth; with the others choose the strongest terms and fit the surrogate
///   r2        = weighted R2 on those held back, without the noise of the rows (see weighted_r2()); with every
///               coalition evaluated, each with all rows, on all of them: nothing is unseen
///   stability = mean Jaccard index of the top K terms over pairs of fits to 20 random halves of the coalitions
/// The halves also give errors of what has no closed form (delete-half jackknife; Shao, Tu 1995). Scores:
///   lime.share(m)         = mean over examples of sum_{terms in m} |value| / sum |value|, pairs half and half
///   lime.r2               = mean of r2 over the examples in which it is defined
///   lime.fidelity_lost(m) = mean of r2 - r2 of the same surrogate fitted without the terms of m
class LocalSurrogate final : public Attributor {
 public:
  explicit LocalSurrogate(LocalSurrogateOptions options) : options_(std::move(options)) {}

  std::string_view name() const noexcept override { return "lime"; }
  /// Symmetry where every coalition counts and no choice of terms parts equal players. No axiom holds for sampled
  /// coalitions.
  Guarantees guarantees() const noexcept override;
  /// Throws ConfigError where the budget is too small, every coalition is too much, or options do not go together.
  /// Keeps the explanation of each example, about 60 bytes per player, and the outcomes behind the clean score.
  EvaluatedExamples evaluate(Problem& problem, const Rng& rng) const override;
  Attribution summarise(const EvaluatedExamples& evaluated, const Problem& problem, const Rng& rng) const override;

 private:
  EvaluationHeader header(const Problem& problem, const Rng& rng) const;

  LocalSurrogateOptions options_;
};

}  // namespace modattr
