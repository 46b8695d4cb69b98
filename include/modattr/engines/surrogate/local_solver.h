#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "modattr/core/example_games.h"
#include "modattr/core/rng.h"
#include "modattr/engines/surrogate/local_surrogate.h"
#include "modattr/engines/surrogate/neighbourhood.h"

namespace modattr {

/// Coalitions of an example that are sampled where no budget is given, that of no player included: lime's number for
/// images, and fewer where each takes all rows of a background (more than kRowsPerCoalition).
inline constexpr std::size_t kUsualCoalitions = 1000;
inline constexpr std::size_t kUsualCoalitionsOfAllRows = 512;
/// Of a background a sampled coalition takes at most so many rows. A surrogate averages over coalitions: more of them
/// with fewer rows each say more for the same price. Several rows tell how much of a value is their noise.
inline constexpr std::size_t kRowsPerCoalition = 5;

/// The surrogate of one example, and how far it can be trusted.
struct LocalExplanation {
  /// The players of the game, by number in the example's game, [players of the game].
  std::vector<std::size_t> players;
  /// Modality of each, [players of the game].
  std::vector<std::size_t> modality_of_player;
  double value_full = 0.0;
  /// v without any player of the game.
  double value_empty = 0.0;
  Surrogate surrogate;
  /// The surrogate's answer to the example itself.
  double local_prediction = 0.0;
  /// Weighted R2 on held-out coalitions; on every coalition where all of them were evaluated. nullopt where v does not
  /// differ between them.
  std::optional<double> r2;
  std::optional<double> stability;
  /// Part of the terms' magnitude, a pair's being split evenly, [modalities]; empty where all terms are 0.
  std::vector<double> shares;
  /// Their errors over draws of the coalitions, [modalities]; empty where shares are, or are not known.
  std::vector<double> share_errors;
  /// r2 less that of the surrogate without the modality's terms, [modalities].
  std::vector<std::optional<double>> fidelity_lost;
  std::size_t evaluation_count = 0;
  /// Whether every coalition was evaluated with all rows of the background: then nothing is held out or left to chance.
  bool is_whole = false;
  std::size_t held_out_count = 0;
};

/// Fits the surrogates of consecutive examples together, so that their coalitions fill the same model calls.
class LocalSolver {
 public:
  /// Borrows everything for its lifetime.
  LocalSolver(ExampleGames& games, const LocalSurrogateOptions& options, const Rng& rng, std::size_t thread_count)
      : games_(games), options_(options), rng_(rng), thread_count_(thread_count) {}

  /// Explains examples first ... first + count - 1. Throws ConfigError where the budget is too small, or `all` too
  /// much.
  std::vector<LocalExplanation> solve(std::uint32_t first, std::size_t count);
  /// Most model evaluations that an example takes.
  std::size_t budget(std::uint32_t example);

 private:
  struct Example {
    std::uint32_t number = 0;
    /// In the game, and in the example's whole game.
    std::vector<std::size_t> players = {};
    std::vector<std::size_t> modality_of_player = {};
    std::vector<NeighbourPart> parts = {};
    std::size_t whole_player_count = 0;
    /// Rows of the background that coalitions take, but the full and the empty one.
    std::size_t row_count = 0;
    /// Whether every coalition is evaluated; with all rows if it is whole.
    bool has_every_coalition = false;
    bool is_whole = false;
    Neighbourhood neighbourhood = {};
    /// Draws of the removal of each coalition, see deal_draws(); empty where each takes all of them. [coalitions]
    std::vector<std::vector<std::uint32_t>> draws = {};
    /// v of the coalitions, then that of the empty one, [coalitions + 1].
    std::vector<double> values = {};
    /// Of the estimated values, [coalitions + 1]; see ExampleGames::Measurement.
    std::vector<double> variances = {};
    std::size_t evaluation_count = 0;
    /// Weights by similarity and count, [coalitions].
    std::vector<double> weights = {};
  };

  Example open(std::uint32_t number);
  /// Chooses between every coalition and sampled ones.
  void choose_coalitions(Example& example) const;
  /// Sampled coalitions that the budget allows, that of no player included.
  std::size_t query_budget() const;
  std::size_t most_evaluations(const Example& example) const;
  /// Background rows that a sampled coalition takes.
  std::size_t rows_per_coalition() const;
  std::size_t usual_coalitions() const;
  bool takes_part_of_rows() const { return rows_per_coalition() < games_.evaluations_per_query(); }
  /// Names the least budget that serves every example.
  [[noreturn]] void refuse_budget();
  void draw(Example& example) const;
  static Coalition in_game(const Example& example, const Coalition& own);
  /// The neighbourhood, then the empty coalition.
  static std::vector<ExampleGames::Query> queries_of(const Example& example);
  void evaluate(std::vector<Example>& examples, std::span<const ExampleGames::Query> queries);
  void weigh(Example& example, std::span<const double> measured) const;
  LocalExplanation explain(const Example& example) const;

  ExampleGames& games_;
  const LocalSurrogateOptions& options_;
  const Rng& rng_;
  std::size_t thread_count_;
};

}  // namespace modattr
