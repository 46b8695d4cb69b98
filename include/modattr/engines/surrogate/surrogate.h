#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/core/matrix.h"
#include "modattr/engines/surrogate/column_selection.h"
#include "modattr/stats/regression_moments.h"
#include "modattr/stats/regression_tree.h"

namespace modattr {

/// The interpretable model that stands in for the model around an example.
enum class SurrogateKind { kRidge, kLasso, kTree };

/// Which conjunctions of two players may be terms.
enum class PairSearch {
  kNone,
  /// Of players of different modalities; see find_pairs().
  kAcrossModalities
};

struct SurrogateOptions {
  SurrogateKind kind = SurrogateKind::kRidge;
  /// Penalty; nullopt = 1 for ridge as in lime, 0.01 for the lasso as in captum.
  std::optional<double> alpha = std::nullopt;
  /// A tree chooses for itself where this is kAuto.
  ColumnSelection selection = ColumnSelection::kAuto;
  /// Most players and pairs of the surrogate (lime's num_features).
  std::size_t top_k = 10;
  PairSearch pairs = PairSearch::kNone;
  /// Most questions from a tree's root to a leaf.
  std::size_t depth = 5;
};

/// The penalty in force; a tree has none and the value says nothing.
double penalty(const SurrogateOptions& options);

/// What a term of a surrogate is about: that a player is present, or that both players of a pair are.
struct SurrogateFactor {
  std::size_t player = 0;
  std::optional<std::size_t> partner = std::nullopt;

  friend auto operator<=>(const SurrogateFactor&, const SurrogateFactor&) = default;
};

struct SurrogateTerm {
  SurrogateFactor factor;
  /// Coefficient; in a tree the player's Shapley value of the tree's answer, see tree_shapley_values().
  double value = 0.0;
  /// nullopt where it is not known.
  std::optional<double> std_error = std::nullopt;
};

/// A fitted surrogate: intercept + sum of the values of the terms that are present, or a tree.
struct Surrogate {
  /// Its answer to the coalition without players.
  double intercept = 0.0;
  /// By player, then partner.
  std::vector<SurrogateTerm> terms;
  std::optional<RegressionTree> tree;

  /// The answer to a row of 0 and 1 per player.
  double predict(std::span<const double> row) const;
};

/// The coalitions around an example, as rows of a regression.
struct SurrogateData {
  /// 1 where a player is present, [rows, players].
  Matrix players;
  /// v, [rows].
  std::vector<double> values;
  /// Modality of each player, [players].
  std::vector<std::size_t> modality_of_player;
};

/// The terms of the surrogate: players, and pairs where they are searched for, chosen from both together. Rows of
/// weight 0 are not seen.
std::vector<SurrogateFactor> choose_factors(const SurrogateData& data, std::span<const double> weights,
                                            const SurrogateOptions& options);

/// Fits the surrogate with these terms, without standard errors. Throws ConfigError where the penalty is too small to
/// tell terms apart.
Surrogate fit_surrogate(const SurrogateData& data, std::span<const SurrogateFactor> factors,
                        std::span<const double> weights, const SurrogateOptions& options);

/// Chooses terms and fits them at once: a linear surrogate of single players, from the moments of all players' columns.
/// Throws like fit_surrogate().
Surrogate fit_players(const RegressionMoments& moments, const SurrogateOptions& options);

/// Sets the standard errors of a ridge surrogate that was fitted to these rows, by ridge_std_errors(); others have no
/// closed form, and stay as they are.
void add_std_errors(Surrogate& surrogate, const SurrogateData& data, std::span<const double> weights,
                    const SurrogateOptions& options);

/// The word's surrogate; throws ConfigError naming the nearest for an unknown one.
SurrogateKind parse_surrogate(std::string_view word);
/// The words, in the order of the enumeration.
std::span<const std::string> surrogate_names();

}  // namespace modattr
