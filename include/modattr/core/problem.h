#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/core/example_games.h"
#include "modattr/core/metric.h"
#include "modattr/core/players.h"
#include "modattr/core/progress.h"
#include "modattr/core/rng.h"
#include "modattr/core/value_function.h"

namespace modattr {

class CaseGame;
class Contributions;
struct ContributionRequest;

/// The donor example of every example, [examples].
using RowMap = std::vector<std::uint32_t>;

/// What is asked of one permuted game.
struct PermutedCoalitions {
  RowMap donors;
  std::vector<Coalition> coalitions;
};

/// A disjoint part of the examples.
struct Stratum {
  std::string name;
  std::vector<std::uint32_t> examples;
};

/// What all ordered pairs of different examples in the same stratum say about one modality. Example i's donors are the
/// other examples of its stratum.
struct PairOutcomes {
  /// Sum over donors of the outcome with the donor's data in the modality, less the clean outcome. [examples]
  std::vector<double> without;
  /// The same with the donor's data in all other modalities. [examples]
  std::vector<double> alone;
  /// Outcome of the projection of the model onto functions that add what the modality says to what the others say
  /// (EMAP; Hessel, Lee, EMNLP 2020), with means over the stratum, i included: f^(i) = mean_j f(m_i, rest_j) +
  /// mean_j f(m_j, rest_i) - mean_jk f(m_j, rest_k). Empty with several strata, or when
  /// columns of an input belong to no modality. [examples]
  std::vector<double> additive;
};

/// What an engine may use: a model on a validation set, seen through games.
class Problem {
 public:
  virtual ~Problem() = default;
  /// Modalities as players, in the order of the configuration.
  virtual const Players& players() const noexcept = 0;
  virtual std::size_t example_count() const noexcept = 0;
  /// Number of the example that does not change with the examples around it: its row in the data file. No two examples
  /// share one.
  virtual std::uint32_t example_key(std::size_t example) const noexcept { return static_cast<std::uint32_t>(example); }
  /// Whether an engine is to evaluate the example. Of several processes that share a run, each evaluates its own; the
  /// games say nothing of other examples, whose data may still stand in for removed data.
  virtual bool is_evaluated(std::size_t) const noexcept { return true; }
  /// Place of the example among all examples of the run, of which this process may know only its own.
  virtual std::size_t place_in_run(std::size_t example) const noexcept { return example; }
  virtual const Metric& metric() const noexcept = 0;
  /// The game in which absent modalities of example i take their data, all of them, from example donors[i]; v is the
  /// metric's outcome. The problem must outlive the game.
  virtual std::unique_ptr<ValueFunction> permuted_game(RowMap donors) = 0;
  /// Values of several permuted games, [games] of [coalitions, examples * metric width]: the same as one after the
  /// other, in fuller batches, and what is asked twice is evaluated once.
  virtual std::vector<Matrix> permuted_outcomes(std::span<const PermutedCoalitions> games);
  /// The game that attributions explain: modalities are removed as the configuration says, and v is the value of the
  /// target. Of width 2 where labels are classes: then the second number says whether the label is the most probable
  /// class, 1 or 0. The problem must outlive the game. Throws ConfigError when no removal is set up.
  virtual std::unique_ptr<ValueFunction> removal_game() = 0;
  /// The same for the features of the modalities, one game per example, of the target's value alone.
  virtual std::unique_ptr<ExampleGames> player_games() = 0;
  /// What the inside of the model says about the features' or modalities' parts in an answer. Throws ConfigError where
  /// the model has no inside that the method can follow.
  virtual std::unique_ptr<Contributions> contributions(const ContributionRequest& request, const Rng& rng);
  /// The examples one by one, for tracing their errors. Throws ConfigError when the run has set none up.
  virtual std::unique_ptr<CaseGame> case_game();
  /// Evaluates all pairs for a modality, for a metric that is a mean over examples. `clean`: its outcomes on the
  /// untouched data [examples]; `strata` are disjoint.
  virtual PairOutcomes all_pairs(std::size_t modality, std::span<const Stratum> strata,
                                 std::span<const double> clean) = 0;
  /// Breakdown of the results; empty when the data has no group column.
  virtual std::span<const Stratum> groups() const noexcept = 0;
  /// The examples grouped by "label" or by the name of a metadata column; throws ConfigError for an unknown name.
  virtual std::vector<Stratum> strata(std::string_view column) const = 0;
  virtual Progress& progress() const noexcept = 0;
  /// Threads that an engine may use for work of its own.
  virtual std::size_t thread_count() const noexcept { return 1; }
};

}  // namespace modattr
