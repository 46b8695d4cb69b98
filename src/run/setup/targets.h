#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "modattr/core/progress.h"
#include "modattr/run/setup/experiment.h"
#include "modattr/stats/target.h"

namespace modattr {

/// What a game explains, as configuration and command line say.
struct TargetChoices {
  /// "predicted", "label", a class index or a name of data.classes; nullopt = the configuration's.
  std::optional<std::string> target = std::nullopt;
  /// nullopt = the configuration's.
  std::optional<std::string> value = std::nullopt;
};

/// Targets, and what is told about them.
struct ExplainedTargets {
  /// The value asked for; then, where labels are classes, whether the label is the most probable class.
  std::vector<Target> targets;
  ValueKind value = ValueKind::kProbability;
  /// Most probable class of each example; empty for regressions.
  std::vector<std::uint32_t> predicted;
  /// Of a regression with several outputs, of which nobody named one.
  bool is_first_column = false;
  /// What should be known of the choice.
  std::optional<std::string> warning = std::nullopt;
};

/// Runs the model on the untouched data to see what it predicts. Throws ConfigError where target, value, model and
/// labels do not go together. `known`: the most probable classes of the examples, where the model was asked before.
ExplainedTargets make_targets(Experiment& experiment, const TargetChoices& choices, Progress& progress,
                              const std::vector<std::uint32_t>* known = nullptr);

}  // namespace modattr
