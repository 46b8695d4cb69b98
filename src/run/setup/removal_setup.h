#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "modattr/core/attribution.h"
#include "modattr/run/setup/experiment.h"
#include "modattr/value/games/removal_rows.h"

namespace modattr {

/// How the modalities of an experiment are removed, as the configuration says; owns the reference set.
class RemovalSetup {
 public:
  /// `background`: rows of the background instead of the configuration's, 0 = all; `fewer`: rows to draw where those
  /// are too many for a budget. Throws ConfigError where removals do not go together or do not go with the data.
  RemovalSetup(Experiment& experiment, std::optional<std::size_t> background,
               std::optional<std::size_t> fewer = std::nullopt);

  /// Throws ConfigError or DataError where the removal that the configuration names cannot be made of the data, or the
  /// model fails on it, for runs that remove nothing themselves. Costs a few rows.
  static void check(Experiment& experiment);

  /// Runs `explain`, which encodes and evaluates this removal. Where the model fails, throws the Error that names the
  /// key of the configuration that is to blame, or says what else can be done.
  Attribution guard(const Experiment& experiment, const std::function<Attribution()>& explain) const;

  /// Throws ConfigError where the model fails on the first examples, [rows], once an id or a value of the configuration
  /// stands in for a modality.
  void check_numbers(const Experiment& experiment, std::size_t rows) const;

  const RemovalRows& rows() const noexcept { return *rows_; }
  /// Rows of the background; nullopt when no modality is removed by one.
  std::optional<std::size_t> background_count() const;
  /// Whether somebody chose the number of rows.
  bool rows_are_chosen() const noexcept { return rows_are_chosen_; }
  /// Rows of the background that were left out as their own output is not finite, where such examples are.
  std::size_t dropped_row_count() const noexcept { return dropped_row_count_; }

 private:
  enum class Extent : std::uint8_t { kAllRows, kOneRow };

  /// `extent`: how much of the data means are taken over.
  RemovalSetup(Experiment& experiment, std::optional<std::size_t> background, std::optional<std::size_t> fewer,
               Extent extent);

  std::unique_ptr<Dataset> reference_;
  std::unique_ptr<RemovalRows> rows_;
  bool rows_are_chosen_ = false;
  std::size_t dropped_row_count_ = 0;
};

}  // namespace modattr
