#pragma once

#include <optional>
#include <string>
#include <vector>

#include "modattr/run/setup/experiment.h"

namespace modattr {

/// What an engine would run, about.
struct RunCost {
  /// E.g. "permute --exact".
  std::string run = {};
  /// Rows that go through encoders; nullopt when the model runs whole.
  std::optional<double> encoder_rows = std::nullopt;
  /// Of the fusion, or of the whole model.
  double evaluations = 0.0;
  double seconds = 0.0;
};

/// What the engines run with their usual options, all modalities. `rows_per_second`: of the fusion or the whole model,
/// as measured. Tells in `warnings` what cannot be run.
std::vector<RunCost> run_costs(Experiment& experiment, double rows_per_second, std::vector<std::string>& warnings);

}  // namespace modattr
