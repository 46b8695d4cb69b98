#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/core/byte_codec.h"
#include "modattr/core/problem.h"
#include "modattr/core/rng.h"
#include "modattr/engines/sage/sage.h"
#include "modattr/engines/shapley/feature_solver.h"

namespace modattr {

/// What the rounds of SAGE asked the model, the same of all examples.
struct SageQuestions {
  /// Of the players, [modalities][players].
  std::vector<std::vector<std::string>> labels;
  std::size_t evaluations_per_query = 1;
  /// Model evaluations per example that the last round had.
  std::size_t budget = 0;
  /// Every coalition that a round asked for, in the order of asking.
  std::vector<Coalition> coalitions;

  std::string to_bytes() const;
  static SageQuestions from_bytes(std::string_view bytes);
};

/// The questions, and v of their coalitions.
struct SageAnswers {
  SageQuestions questions;
  /// [examples][coalitions]
  std::vector<std::vector<double>> values;
};

/// Solves the game of all examples with more and more coalitions, until its errors are small or the budget is spent.
/// Takes 8 bytes per example and coalition: every example's values are needed again for the games of groups and blocks.
/// Throws ConfigError as Sage does.
SageAnswers ask_in_rounds(Problem& problem, const SageOptions& options, const Rng& rng);

/// Options of the games that a budget solves; nullopt = the usual one of features.
FeatureShapleyOptions game_options(const SageOptions& options, std::optional<std::size_t> budget);

double largest_error(const SolvedExample& game);
/// What the largest standard error is to be below.
double wanted_error(const SolvedExample& game, const SageOptions& options);
bool is_precise(const SolvedExample& game, const SageOptions& options);

}  // namespace modattr
