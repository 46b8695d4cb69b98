#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "modattr/core/rng.h"
#include "modattr/engines/surrogate/surrogate.h"

namespace modattr {

/// Surrogates fitted anew, with a choice of terms of their own, to 20 random halves of the coalitions, and what their
/// differences tell without another model evaluation. A half is 8 of 16 random groups of rows, and the first row, the
/// example itself, which is in every half.
class HalfSampleRefits {
 public:
  /// `weights` [rows]; rows of weight 0 belong to no half.
  HalfSampleRefits(const SurrogateData& data, std::span<const double> weights, const SurrogateOptions& options,
                   std::size_t modality_count, RandomStream stream);

  /// Mean over pairs of fits of the Jaccard index, |intersection| / |union|, of their top K terms; pairs of which
  /// neither has terms say nothing, and nullopt where all are such.
  std::optional<double> stability() const;
  /// Errors of the shares of the fit to all rows, [modalities] (delete-half jackknife; Shao, Tu 1995): leaving a random
  /// half out moves an estimate by as much as another draw of all rows would, so the error is
  ///
  ///   the standard deviation of the halves' values
  /// and not their distance from the fit to all rows: magnitudes are larger in halves, as noise is. Empty where the
  /// terms of a half are all 0.
  std::vector<double> share_errors() const;
  /// The same of a term's value, which is 0 in a half that leaves it out.
  double factor_error(const SurrogateFactor& factor) const;

 private:
  std::size_t top_k_;
  std::vector<Surrogate> fits_;
  /// [halves][modalities]
  std::vector<std::vector<double>> shares_;
};

/// Part of the sum of magnitudes of the terms, a pair's being split evenly between its players, [modalities]; empty
/// where all terms are 0.
std::vector<double> modality_shares(const Surrogate& surrogate, std::span<const std::size_t> modality_of_player,
                                    std::size_t modality_count);

}  // namespace modattr
