#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "modattr/engines/engine.h"
#include "modattr/report/score_table.h"
#include "modattr/run/command.h"
#include "modattr/run/setup/experiment.h"
#include "run/shards/shard_file.h"

namespace modattr {

/// When a run began, and what had been evaluated before.
struct RunStart {
  std::chrono::steady_clock::time_point time = std::chrono::steady_clock::now();
  EvaluationCounts evaluations = {};
};

/// Throws ConfigError for an unknown engine.
const Engine& known_engine(const std::string& name);

/// What the engine of a request needs. Throws ConfigError where its options do not go together.
EngineNeeds checked_needs(const CommandRequest& request);

/// The experiment that the engine of a request runs on.
ExperimentOptions experiment_options(const CommandRequest& request, const EngineNeeds& needs);

/// An engine's run: targets -> removal -> players -> attribute -> table. What an engine needs of it says its
/// description in the registry. `experiment`: of experiment_options(), or one that several runs share.
CommandResult run_engine(Experiment& experiment, const CommandRequest& request, const RunContext& context,
                         const RunStart& start);

/// Evaluates the examples of a shard, and keeps what run_merged() needs of them. `experiment`: made for a shard.
ShardPart run_shard(Experiment& experiment, const CommandRequest& request, const RunContext& context,
                    const RunStart& start);

/// The result of a run that shards have evaluated. `experiment`: made to summarise. Counts of evaluations and seconds
/// are the shards'.
CommandResult run_merged(Experiment& experiment, const CommandRequest& request, const RunContext& context,
                         const ShardPart& merged);

/// Runs; where the model's answer to untouched data is not finite, says what leaves such examples out.
CommandResult with_hint_at_skipping(const std::function<CommandResult()>& run);

}  // namespace modattr
