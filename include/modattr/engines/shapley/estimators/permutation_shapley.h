#pragma once

#include <string_view>
#include <vector>

#include "modattr/engines/shapley/estimators/shapley_estimator.h"

namespace modattr {

/// Antithetic permutations (Castro, Gomez, Tejada 2009; Mitchell, Cooper, Frank, Holmes, JMLR 2022):
///
///   for each of R random orders of the players and its reverse, 2 (n - 1) coalitions together:
///     phi_i(r) = mean over both of v(players up to and with i) - v(players before i)
///   phi_i = mean over r, standard error from the spread over r
/// At least two orders, so that there is a spread; with two players one order is everything.
class PermutationShapley final : public ShapleyEstimator {
 public:
  std::string_view name() const noexcept override { return "permutation"; }
  Guarantees guarantees() const noexcept override {
    return {.efficiency = true, .symmetry = false, .null_player = true};
  }
  /// Order by order the coalitions that grow along it, each before its complement, which grows along the reverse; a
  /// coalition that two orders share is listed twice.
  std::vector<Coalition> coalitions(std::size_t player_count, std::size_t evaluation_count,
                                    RandomStream stream) const override;
  std::size_t least_coalition_count(std::size_t player_count) const override;
  std::optional<std::size_t> most_coalition_count(std::size_t player_count) const override;
  ShapleyEstimate estimate(const SampledGame& game) const override;
};

}  // namespace modattr
