#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "modattr/core/attributor.h"

namespace modattr {

/// Which row maps a permutation importance averages over.
enum class PermutationDraws {
  /// Uniform random permutations, identity allowed.
  kRandom,
  /// Every ordered pair (i, j), i != j, of a stratum once: the expectation without Monte Carlo error, and the additive
  /// projection. All permutations, identity included, have (1 - 1/N) times its drop.
  kAllPairs
};

struct PermutationOptions {
  /// Modalities to score, as indices of the problem's players; empty = all.
  std::vector<std::size_t> modalities = {};
  /// Random permutations per modality.
  std::uint32_t repeats = 10;
  PermutationDraws draws = PermutationDraws::kRandom;
  /// Permute only among examples with the same value of this column ("label" or a metadata column).
  std::optional<std::string> within = std::nullopt;
  /// Also the drop of every example, of a metric that is a mean over examples.
  bool per_example = false;
};

struct PermutationPlan;

/// Permutation importance (Breiman 2001; Fisher, Rudin, Dominici 2019), with one row map per draw for all modalities:
///
///   for each draw r:  pi_r = row map, for "alone" its inverse, a row map as random (of two modalities: for what is
///                     asked without the first)
///     without(m, r) = score(modality m's data from row pi_r(i))
///     alone(m, r)   = score(every other modality's data from row pi_r(i))
///
/// so that "without m" and "alone m" ask for the same mixes of data, which are evaluated once.
///
///   permutation.without = mean over r,  permutation.alone = mean over r
///   permutation.drop    = score - without (losses: without - score), so positive means "the model needs m"
///   perceptual.model    = drop / score,  perceptual.task = drop / (1 - majority score)   (Gat et al., NeurIPS 2021)
/// All pairs give one number more, what the score owes to an interplay of m with the others:
///   emap.gap            = score - score of the additive projection of the outputs (see PairOutcomes; Hessel, Lee 2020)
class PermutationImportance final : public Attributor {
 public:
  explicit PermutationImportance(PermutationOptions options) : options_(std::move(options)) {}

  std::string_view name() const noexcept override { return "permute"; }
  Guarantees guarantees() const noexcept override {
    // Of two equal modalities one has the inverse permutations: they differ by the Monte Carlo error.
    return {.efficiency = false, .symmetry = options_.draws == PermutationDraws::kAllPairs, .null_player = true};
  }
  /// Throws ConfigError for fewer than two examples, all pairs of a metric that is not a mean, or an unknown column.
  EvaluatedExamples evaluate(Problem& problem, const Rng& rng) const override;
  Attribution summarise(const EvaluatedExamples& evaluated, const Problem& problem, const Rng& rng) const override;

 private:
  EvaluationHeader header(const PermutationPlan& plan, const Problem& problem, const Rng& rng) const;

  PermutationOptions options_;
};

}  // namespace modattr
