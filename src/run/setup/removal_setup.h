#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "modattr/core/attribution.h"
#include "modattr/masking/segmentation.h"
#include "modattr/run/setup/experiment.h"
#include "modattr/stats/target.h"
#include "modattr/value/games/removal_rows.h"

namespace modattr {

/// How the modalities of an experiment are removed, as the configuration says; owns the reference set.
class RemovalSetup {
 public:
  /// `background`: rows of the background instead of the configuration's, 0 = all. Throws ConfigError where removals do
  /// not go together or do not go with the data.
  RemovalSetup(Experiment& experiment, std::optional<std::size_t> background);

  /// Runs `explain`, which encodes and evaluates this removal. Where the model fails, throws the Error that names the
  /// key of the configuration that is to blame, or says what else can be done.
  Attribution guard(const Experiment& experiment, const std::function<Attribution()>& explain) const;

  const RemovalRows& rows() const noexcept { return *rows_; }
  /// Rows of the background; nullopt when no modality is removed by one.
  std::optional<std::size_t> background_count() const;
  /// Rows of the background that were left out as their own output is not finite, where such examples are.
  std::size_t dropped_row_count() const noexcept { return dropped_row_count_; }

 private:
  /// Throws ConfigError where the model fails on some examples once an id or a value of the configuration stands in
  /// for a modality.
  void check_numbers(const Experiment& experiment) const;

  std::unique_ptr<Dataset> reference_;
  std::unique_ptr<RemovalRows> rows_;
  std::size_t dropped_row_count_ = 0;
};

/// How the modalities of an experiment are cut into players, as the configuration says.
class PlayersSetup {
 public:
  /// Throws ConfigError where players do not go with the data, DataError for a missing vocabulary or mask.
  explicit PlayersSetup(const Experiment& experiment);

  const std::vector<std::unique_ptr<Segmentation>>& segmentations() const noexcept { return segmentations_; }
  /// The dataset's inputs of each modality.
  const std::vector<std::vector<std::size_t>>& inputs() const noexcept { return inputs_; }

 private:
  std::vector<std::unique_ptr<Segmentation>> segmentations_;
  std::vector<std::vector<std::size_t>> inputs_;
};

/// What a game explains, as configuration and command line say.
struct TargetChoices {
  /// "predicted", "label" or a class index; nullopt = the configuration's.
  std::optional<std::string> target;
  /// nullopt = the configuration's.
  std::optional<std::string> value;
};

/// Targets, and what is told about them.
struct ExplainedTargets {
  /// The value asked for; then, where labels are classes, whether the label is the most probable class.
  std::vector<Target> targets;
  ValueKind value = ValueKind::kProbability;
  /// Most probable class of each example; empty for regressions.
  std::vector<std::uint32_t> predicted;
};

/// Runs the model on the untouched data to see what it predicts. Throws ConfigError where target, value, model and
/// labels do not go together.
ExplainedTargets make_targets(Experiment& experiment, const TargetChoices& choices, Progress& progress);

}  // namespace modattr
