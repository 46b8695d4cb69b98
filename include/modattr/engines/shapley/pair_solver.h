#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "modattr/core/example_games.h"
#include "modattr/core/rng.h"
#include "modattr/engines/shapley/estimators/pair_index.h"
#include "modattr/engines/shapley/feature_shapley.h"
#include "modattr/engines/shapley/feature_solver.h"

namespace modattr {

/// Most players of an example whose pairs are estimated: results, and the time of a fit, grow with their square.
inline constexpr std::size_t kMostPlayersInPairs = 200;
/// Coalitions per player that pairs take where no budget is given.
inline constexpr std::size_t kPairCoalitionsPerPlayer = 64;

/// Solves the interactions of all pairs of players in the plain game of consecutive examples, whatever game the values
/// are of: a word and a patch meet in it. Coalitions are those of paired_leverage_coalitions() for all players; those
/// that the values took are not evaluated again, which are all of them for the plain index by a method on the same
/// pairs.
///
/// A budget that was given covers both. Methods on the same coalitions get all of it for the values, and the pairs what
/// they leave; others get half. Without a budget the values take what they take without pairs, and the pairs
/// kPairCoalitionsPerPlayer, or every coalition where there are no more.
class PairSolver {
 public:
  /// Borrows everything for its lifetime; `options` name an index of pairs.
  PairSolver(ExampleGames& games, const FeatureShapleyOptions& options, const Rng& rng, std::size_t thread_count)
      : games_(games), options_(options), rng_(rng), thread_count_(thread_count) {}

  /// The options of the values: with their part of the budget.
  FeatureShapleyOptions options_of_values() const;
  /// Throws ConfigError where an example has more than kMostPlayersInPairs players, and BudgetError where the budget
  /// that was given is too small for the values, which `solver` solves, and the pairs of an example.
  void check(FeatureSolver& solver);
  /// Model evaluations that the pairs of an example may take beside those of its values.
  std::size_t budget(std::uint32_t example);
  /// Adds pairs to examples first ... first + solved.size() - 1, in the order of pair_values(), and the evaluations
  /// that they took.
  std::vector<PairEstimate> solve(std::uint32_t first, std::span<SolvedExample> solved);

 private:
  struct Example;

  std::size_t player_count(std::uint32_t example);
  /// Coalitions that pairs take where no budget was given, neither the empty nor the full one among them.
  std::size_t usual_count(std::size_t player_count) const;
  /// Chooses what is asked for, and what of it is not known yet.
  void choose(Example& example) const;

  ExampleGames& games_;
  const FeatureShapleyOptions& options_;
  const Rng& rng_;
  std::size_t thread_count_;
};

}  // namespace modattr
