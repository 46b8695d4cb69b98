#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "modattr/core/example_games.h"
#include "modattr/core/rng.h"
#include "modattr/engines/shapley/feature_shapley.h"

namespace modattr {

/// The features of one example, solved.
struct SolvedExample {
  /// [modalities]
  std::vector<std::size_t> player_counts;
  double value_full = 0.0;
  double value_empty = 0.0;
  /// Shapley values among modalities for Owen values, else sums over players. [modalities]
  std::vector<double> modalities;
  /// [players]
  std::vector<double> values;
  /// [players]
  std::vector<double> std_errors;
  /// Model evaluations that were asked for.
  std::size_t evaluation_count = 0;
  /// The estimators behind the values, e.g. "gp+exact" where the words of an example were few enough to enumerate.
  std::string method = {};
  /// v of every coalition of all players that was asked for, where pairs are wanted, too.
  std::unordered_map<Coalition, double> evaluated = {};
};

/// Solves the games of consecutive examples together, so that their coalitions fill the same model calls.
class FeatureSolver {
 public:
  /// Borrows everything for its lifetime; `options` name an estimator.
  FeatureSolver(ExampleGames& games, const FeatureShapleyOptions& options, const Rng& rng, std::size_t thread_count)
      : games_(games), options_(options), rng_(rng), thread_count_(thread_count) {}

  /// Solves examples first ... first + count - 1. Throws ConfigError where the budget is too small for the players.
  std::vector<SolvedExample> solve(std::uint32_t first, std::size_t count);
  /// Model evaluations that an example may take.
  std::size_t budget(std::uint32_t example);
  /// The least budget that an example can be solved with. Throws ConfigError where its players are too many for the
  /// estimator.
  std::size_t least_budget(std::uint32_t example);
  /// Throws ConfigError where the budget that was given is too small for an example; evaluates nothing.
  void check_budget();

 private:
  /// A game that the estimator solves: the players of a modality, or all.
  struct Unit {
    /// nullopt = all modalities.
    std::optional<std::size_t> modality;
    /// Number of its first player in the example's game.
    std::size_t first_player = 0;
    std::size_t player_count = 0;
    double empty_value = 0.0;
    double full_value = 0.0;
    /// Coalitions it may ask for.
    std::size_t coalition_count = 0;
    std::unordered_map<Coalition, double> known = {};
    ShapleyEstimate estimate = {};
    bool is_solved = false;
  };
  struct Example {
    std::uint32_t number = 0;
    std::vector<std::size_t> player_counts = {};
    std::size_t player_count = 0;
    /// Modalities that have players.
    std::vector<std::size_t> playing = {};
    /// v of the sets of playing modalities, as bit masks; of the empty and the full one only for the plain index.
    std::vector<double> ends = {};
    std::vector<Unit> units = {};
    std::unordered_map<Coalition, double> evaluated = {};
  };

  bool is_owen() const noexcept { return options_.index == ShapleyIndex::kOwen; }
  /// Coalitions of the example's game that stand for one of a unit: those of its surroundings.
  std::size_t queries_per_coalition(const Example& example) const;
  Example open(std::uint32_t number);
  /// Asks the games; consecutive examples remember the values where pairs are wanted.
  std::vector<double> evaluate(std::vector<Example>& examples, std::span<const ExampleGames::Query> queries);
  void evaluate_ends(std::vector<Example>& examples);
  void add_units(Example& example) const;
  void share_budget(Example& example);
  /// Names the least budget that serves every example.
  [[noreturn]] void refuse_budget();
  /// Sizes of the games that the estimator solves.
  std::vector<std::size_t> unit_sizes(const Example& example) const;
  /// Coalitions that a unit asks for in a round, those of earlier rounds among them.
  std::size_t round_count(const Unit& unit, std::size_t round) const noexcept;
  std::vector<Coalition> choose(const Example& example, const Unit& unit, std::size_t coalition_count) const;
  /// Whether the estimate's errors are known to be below a tolerance.
  static bool is_precise(const Unit& unit, double tolerance);
  /// Evaluates and estimates every unit that is not solved.
  void run_round(std::vector<Example>& examples, std::size_t round);
  Coalition modalities_in_game(const Example& example, std::size_t mask) const;
  /// `own`: players of the unit; `others`: the set of other playing modalities, as a bit mask over all playing ones.
  Coalition in_game(const Example& example, const Unit& unit, const Coalition& own, std::size_t others) const;
  /// Sets of other modalities that a unit's coalitions are averaged over, with their weights.
  struct Surrounding {
    std::size_t mask = 0;
    double weight = 1.0;
  };
  std::vector<Surrounding> surroundings(const Example& example, const Unit& unit) const;
  SolvedExample result(Example& example) const;

  ExampleGames& games_;
  const FeatureShapleyOptions& options_;
  const Rng& rng_;
  std::size_t thread_count_;
};

}  // namespace modattr
