#include "open_shard.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/report/number_format.h"
#include "run/config/json_object.h"
#include "run/config/run_config.h"
#include "shard_merge.h"

namespace modattr {
namespace {

/// The options that were given, with their values.
std::string given_options(const OptionValues& options) {
  Json given = Json::object();
  for (const OptionSchema& schema : options.schema()) {
    if (options.is_given(schema.name)) given[schema.name] = to_json(options.value(schema.name));
  }
  return given.dump();
}

/// A damaged file may be replaced: nothing can be made of it.
void expect_same_run(const std::filesystem::path& path, const RunIdentity& identity) {
  RunIdentity found;
  try {
    found = read_shard_file(path).identity;
  } catch (const DataError&) {
    return;
  }
  if (const auto differing = difference(identity, found)) {
    throw ConfigError(path.string() + ": expected a shard of this run or none, got one of another run (" + *differing +
                      "); choose another folder, or replace it with " + option("force"));
  }
}

}  // namespace

OpenShard::OpenShard(const CommandRequest& request, const RunContext& context) : request_(request), context_(context) {
  const std::filesystem::path config = find_config_file(request.common.config);
  file_.shard = *request.shard;
  file_.command = request.engine.empty() ? "run" : request.engine;
  file_.common = request.common;
  file_.common.config = config;
  file_.options = given_options(request.options);
  file_.identity = identity_of(request, read_config(config));
  for (const std::filesystem::path& path : request.shard_files) expect_same_run(path, file_.identity);
}

CommandResult OpenShard::close(std::vector<ShardPart> parts) const {
  std::size_t count = 0;
  for (const ShardPart& part : parts) count = std::max(count, part.evaluated ? part.evaluated->count() : 0);
  context_.notice("shard " + file_.shard.text() + ": " + counted(count, "example"));
  ShardFile file = file_;
  file.parts = std::move(parts);
  CommandResult result;
  result.document = file.to_bytes();
  return result;
}

}  // namespace modattr
