// One engine: experiment -> targets -> removal -> players -> attribute -> table.

#include <array>
#include <string>
#include <vector>

#include "engine_run.h"
#include "run/pages/page_data.h"
#include "run/shards/open_shard.h"

namespace modattr {
namespace {

/// Pictures of the examples of a table.
PageData data_of(const Experiment& experiment, const ScoreTable& table) {
  std::vector<ShownModality> modalities;
  for (const ModalityConfig& modality : experiment.config().modalities) {
    modalities.push_back({.name = modality.name, .kind = modality.kind, .inputs = modality.inputs});
  }
  const std::array<const std::vector<ExampleRecord>*, 1> records = {&table.examples};
  std::vector<std::string> missing;
  Progress silent;
  return page_data(experiment.dataset(), experiment.layout().input_names(), modalities, records, kMostPictureBytes,
                   missing, silent);
}

/// What the shard of a request leaves for `merge`.
CommandResult shard_of_engine(const CommandRequest& request, const RunContext& context) {
  const EngineNeeds needs = checked_needs(request);
  const OpenShard shard(request, context);
  const RunStart start;
  if (needs.shards == ShardUse::kFirstShard && request.shard->index > 0) return shard.close({{.name = request.engine}});
  Experiment experiment(experiment_options(request, needs), context);
  return shard.close({run_shard(experiment, request, context, start)});
}

CommandResult run_one_engine(const CommandRequest& request, const RunContext& context) {
  return with_hint_at_skipping([&] {
    if (request.shard) return shard_of_engine(request, context);
    const RunStart start;
    Experiment experiment(experiment_options(request, checked_needs(request)), context);
    CommandResult result = run_engine(experiment, request, context, start);
    if (request.shows_data && result.table->examples_are_chosen) result.data = data_of(experiment, *result.table);
    return result;
  });
}

}  // namespace

MODATTR_COMMAND(engine, run_one_engine)

}  // namespace modattr
