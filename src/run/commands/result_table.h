#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "modattr/core/attribution.h"
#include "modattr/report/score_table.h"
#include "modattr/run/command.h"
#include "modattr/run/setup/experiment.h"
#include "run/config/run_config.h"

namespace modattr {

/// What a command adds to the table that every command makes.
struct ResultParts {
  std::string command;
  /// The command's own options, for the configuration in force.
  Json options;
  Attribution attribution;
  /// After those about the model, before those of the attribution.
  std::vector<std::string> warnings;
  std::chrono::steady_clock::time_point start;
  /// Of earlier runs on the same experiment, which are not this run's.
  EvaluationCounts evaluations_before = {};
};

/// What an experiment has evaluated so far.
EvaluationCounts evaluations_of(const Experiment& experiment);

/// What it has evaluated since it had evaluated `before`.
EvaluationCounts evaluations_since(const Experiment& experiment, const EvaluationCounts& before);

/// The table of a run: what was found, and what is needed to find it again.
ScoreTable make_result_table(const Experiment& experiment, const CommonOptions& common, ResultParts parts);

/// Leaves out examples whose output is not finite, where asked for, and says so.
void skip_invalid_examples(Experiment& experiment, const RunContext& context, std::vector<std::string>& warnings);

}  // namespace modattr
