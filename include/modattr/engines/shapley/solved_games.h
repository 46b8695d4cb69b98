#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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

/// The games of modalities of all examples, evaluated and solved: enumerated up to 12 modalities, else by an estimator
/// that asks all examples for the same coalitions.
class SolvedGames {
 public:
  /// `estimator` and `coalition_count` (per example): for games that are too large to enumerate. Throws ConfigError
  /// when an estimator is needed and is nullptr.
  SolvedGames(Problem& problem, const ShapleyEstimator* estimator, std::size_t coalition_count, const Rng& rng);

  std::size_t modality_count() const noexcept { return modality_count_; }
  std::size_t example_count() const noexcept { return example_count_; }
  bool is_enumerated() const noexcept { return modality_count_ <= kMostEnumeratedModalities; }
  /// Whether there is a second number per example, the accuracy.
  bool knows_accuracy() const noexcept { return solved_.size() > 1; }
  std::size_t evaluations_per_example() const noexcept { return evaluations_per_example_; }
  /// Number 0: the target's value; 1: the accuracy.
  const SolvedGame& solved(std::size_t number, std::size_t example) const { return solved_[number][example]; }
  double full_value(std::size_t number, std::size_t example) const {
    return value(coalitions_.size() - 1, number, example);
  }
  double empty_value(std::size_t number, std::size_t example) const {
    return value(coalitions_.size() - 2, number, example);
  }

 private:
  double value(std::size_t coalition, std::size_t number, std::size_t example) const {
    return values_(coalition, example * solved_.size() + number);
  }
  SolvedGame enumerate(std::size_t number, std::size_t example) const;
  SolvedGame estimate(const ShapleyEstimator& estimator, std::size_t number, std::size_t example) const;

  std::size_t modality_count_;
  std::size_t example_count_;
  std::size_t evaluations_per_example_ = 0;
  /// The empty one and the full one are the last.
  std::vector<Coalition> coalitions_;
  /// [coalitions, examples * numbers]
  Matrix values_;
  /// [numbers][examples]
  std::vector<std::vector<SolvedGame>> solved_;
};

}  // namespace modattr
