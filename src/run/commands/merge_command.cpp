// Joins what the shards of a run have left.

#include <string>
#include <utility>

#include "engine_run.h"
#include "modattr/core/error.h"
#include "modattr/engines/registry.h"
#include "modattr/report/number_format.h"
#include "run/config/json_object.h"
#include "run/config/run_config.h"
#include "run/shards/run_identity.h"
#include "run/shards/shard_merge.h"
#include "run_list.h"

namespace modattr {
namespace {

/// The request that the shards were given, with what `asked` says of the merge itself.
CommandRequest request_of(const ShardFile& merged, const CommandRequest& asked) {
  CommandRequest request{.common = merged.common, .options = OptionValues({})};
  request.common.threads = asked.common.threads;
  request.expected_model_sha256 = asked.expected_model_sha256;
  if (merged.command == "run") return request;
  request.engine = merged.command;
  request.options = OptionValues(known_engine(merged.command).options);
  const Json options = Json::parse(merged.options);
  for (const auto& [name, value] : options.items()) request.options.set(name, to_option(value));
  return request;
}

void expect_same_files(const ShardFile& merged, const CommandRequest& request) {
  const RunIdentity identity = identity_of(request, read_config(find_config_file(request.common.config)));
  if (const auto differing = difference(merged.identity, identity)) {
    throw ConfigError("shards: " + *differing + ", which has changed since they ran; run them again");
  }
}

CommandResult merge_shards(const CommandRequest& asked, const RunContext& context) {
  const ShardFile merged = merge_shard_files(asked.shard_files, context.notice);
  const CommandRequest request = request_of(merged, asked);
  expect_same_files(merged, request);
  context.log(counted(asked.shard_files.size(), "shard") + " of " + merged.command + " joined");
  if (merged.command == "run") return merged_runs(request, context, merged.parts);
  ExperimentOptions options = experiment_options(request, checked_needs(request));
  options.use = ExperimentUse::kSummarise;
  Experiment experiment(options, context);
  return run_merged(experiment, request, context, merged.parts.at(0));
}

}  // namespace

MODATTR_COMMAND(merge, merge_shards)

}  // namespace modattr
