#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "modattr/core/attributor.h"
#include "modattr/core/coalition.h"
#include "modattr/core/rng.h"

namespace modattr {

/// Shapley values of one game.
struct ShapleyEstimate {
  /// [players]
  std::vector<double> values;
  /// Monte Carlo error of each value, by the estimator's own rule; 0 when every coalition was evaluated, infinity where
  /// the coalitions do not tell. [players]
  std::vector<double> std_errors;
  /// What gave them, where that is not the estimator that was asked, e.g. "exact"; empty = that one.
  std::string_view method = {};
};

/// What is known of a game once the coalitions that an estimator asked for are evaluated.
struct SampledGame {
  std::size_t player_count = 0;
  /// v of the coalition without players, and of the one with all of them.
  double empty_value = 0.0;
  double full_value = 0.0;
  /// In the order in which the estimator gave them.
  std::span<const Coalition> coalitions;
  /// v of each, [coalitions].
  std::span<const double> values;
};

/// One way to estimate the Shapley values of a game from the values of some coalitions. Const: serves many games.
class ShapleyEstimator {
 public:
  virtual ~ShapleyEstimator() = default;
  /// The value of the option "method".
  virtual std::string_view name() const noexcept = 0;
  virtual Guarantees guarantees() const noexcept = 0;
  /// The coalitions to evaluate, none of them empty or full; at most `evaluation_count` different ones. `player_count`
  /// is at least 2. The same stream gives the same coalitions, and a larger count gives a list of which most are
  /// known from a smaller one. Throws ConfigError when the count is too small for the method.
  virtual std::vector<Coalition> coalitions(std::size_t player_count, std::size_t evaluation_count,
                                            RandomStream stream) const = 0;
  /// The least count that coalitions() takes; the largest number where none is enough.
  virtual std::size_t least_coalition_count(std::size_t /*player_count*/) const { return 0; }
  /// A count beyond which coalitions() has nothing to add; nullopt = the number of coalitions, each once.
  virtual std::optional<std::size_t> most_coalition_count(std::size_t /*player_count*/) const { return std::nullopt; }
  virtual ShapleyEstimate estimate(const SampledGame& game) const = 0;
};

}  // namespace modattr
