#pragma once

#include <cstddef>
#include <vector>

#include "modattr/core/contributions/contributions.h"
#include "player_credits.h"

namespace modattr {

/// Sums over pairs of one example; those of several calls are added in order, so that the result does not depend on who
/// ran which.
class ExampleSums {
 public:
  /// `blank`: credits of 0, of the example's sizes.
  ExampleSums(std::size_t example, PairCredits blank);

  /// Place of the example among those that are explained.
  std::size_t example() const noexcept { return example_; }
  void add(const PairCredits& credits);
  void add(const ExampleSums& part);
  /// Means over the pairs. `are_drawn`: at random, so that players have standard errors; else these are 0.
  ExampleContributions mean(bool are_drawn) const;

 private:
  void add_sums(const PairCredits& credits);

  std::size_t example_;
  std::size_t pair_count_ = 0;
  /// Its values are sums, too.
  PairCredits sum_;
  /// Of each player's value squared.
  std::vector<double> squares_;
};

}  // namespace modattr
