#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "modattr/core/problem.h"
#include "modattr/core/rng.h"
#include "modattr/engines/shapley/estimators/shapley_estimator.h"

namespace modattr {

/// Most modalities whose coalitions are enumerated.
inline constexpr std::size_t kMostEnumeratedModalities = 12;

/// What one game of an example comes down to.
struct SolvedGame {
  /// Shapley values, [modalities].
  std::vector<double> values;
  /// Monte Carlo errors, [modalities].
  std::vector<double> std_errors;
  /// Interaction index of the pairs (0, 1), (0, 2), ...; empty when the game was sampled.
  std::vector<double> pairs;
  /// phi_ii = phi_i - sum of phi_ij / 2, [modalities]; empty when the game was sampled.
  std::vector<double> main_effects;
  /// The estimator's name, or that of the one it chose.
  std::string method;
};

/// The coalitions that all examples are asked in their games of modalities: every one up to 12 modalities, else those
/// of an estimator.
struct ModalityCoalitions {
  /// `estimator` and `coalition_count` (per example): for games that are too large to enumerate; the estimator is
  /// borrowed. Throws ConfigError when one is needed and is nullptr.
  ModalityCoalitions(std::size_t player_count, const ShapleyEstimator* estimator, std::size_t coalition_count,
                     const Rng& rng);

  std::size_t modality_count;
  /// Of games that are not enumerated.
  const ShapleyEstimator* estimator;
  /// The empty one and the full one are the last.
  std::vector<Coalition> coalitions;

  bool is_enumerated() const noexcept { return modality_count <= kMostEnumeratedModalities; }
};

/// v of the coalitions.
struct ModalityValues {
  /// 1: the target's value alone; 2: the accuracy, too.
  std::size_t number_count = 1;
  std::size_t evaluations_per_example = 0;
  /// [coalitions, examples * numbers]
  Matrix values = {};
};

/// Asks the model, each coalition once.
ModalityValues evaluate_modalities(Problem& problem, const ModalityCoalitions& asked);

/// The games of modalities of all examples, solved: formulas of the enumerated values, else the estimator's.
class SolvedGames {
 public:
  SolvedGames(ModalityCoalitions asked, ModalityValues values, std::size_t thread_count);
  /// Games that were solved elsewhere, exactly, with their pairs; `ends`: v of the empty and of the full coalition,
  /// [2, examples].
  SolvedGames(std::vector<SolvedGame> solved, Matrix ends);

  std::size_t modality_count() const noexcept { return solved_.front().front().values.size(); }
  std::size_t example_count() const noexcept { return solved_.front().size(); }
  /// Whether values are exact, and interactions known.
  bool is_enumerated() const noexcept { return !asked_ || asked_->is_enumerated(); }
  /// Whether there is a second number per example, the accuracy.
  bool knows_accuracy() const noexcept { return solved_.size() > 1; }
  std::size_t evaluations_per_example() const noexcept { return values_.evaluations_per_example; }
  /// Number 0: the target's value; 1: the accuracy.
  const SolvedGame& solved(std::size_t number, std::size_t example) const { return solved_[number][example]; }
  double full_value(std::size_t number, std::size_t example) const {
    return value(values_.values.row_count() - 1, number, example);
  }
  double empty_value(std::size_t number, std::size_t example) const {
    return value(values_.values.row_count() - 2, number, example);
  }

 private:
  double value(std::size_t coalition, std::size_t number, std::size_t example) const {
    return values_.values(coalition, example * values_.number_count + number);
  }
  SolvedGame enumerate(std::size_t number, std::size_t example) const;
  SolvedGame estimate(std::size_t number, std::size_t example) const;

  /// nullopt where the games were solved elsewhere.
  std::optional<ModalityCoalitions> asked_;
  ModalityValues values_;
  /// [numbers][examples]
  std::vector<std::vector<SolvedGame>> solved_;
};

}  // namespace modattr
