#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/core/metric.h"
#include "modattr/core/players.h"
#include "modattr/core/progress.h"
#include "modattr/core/value_function.h"

namespace modattr {

/// The donor example of every example, [examples].
using RowMap = std::vector<std::uint32_t>;

/// A disjoint part of the examples.
struct Stratum {
  std::string name;
  std::vector<std::uint32_t> examples;
};

/// What an engine may use: a model on a validation set, seen through games.
class Problem {
 public:
  virtual ~Problem() = default;
  /// Modalities as players, in the order of the configuration.
  virtual const Players& players() const noexcept = 0;
  virtual std::size_t example_count() const noexcept = 0;
  virtual const Metric& metric() const noexcept = 0;
  /// The game in which absent modalities of example i take their data, all of them, from example donors[i]; v is the
  /// metric's outcome. The problem must outlive the game.
  virtual std::unique_ptr<ValueFunction> permuted_game(RowMap donors) = 0;
  /// Breakdown of the results; empty when the data has no group column.
  virtual std::span<const Stratum> groups() const noexcept = 0;
  /// The examples cut by "label" or by the name of a metadata column; throws ConfigError for an unknown name.
  virtual std::vector<Stratum> strata(std::string_view column) const = 0;
  virtual Progress& progress() noexcept = 0;
};

}  // namespace modattr
