#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modattr/core/evaluated_examples.h"
#include "modattr/core/shards/shard.h"
#include "modattr/report/score_table.h"
#include "modattr/run/command.h"

namespace modattr {

/// What a run depends on: facts by name, such as the digest of the model, in a fixed order.
using RunIdentity = std::vector<std::pair<std::string, std::string>>;

/// What differs, as "expected <name> <this>, got <other>"; nullopt where nothing does.
std::optional<std::string> difference(const RunIdentity& expected, const RunIdentity& found);

/// What an engine found of examples; of some of them, or of all.
struct ShardPart {
  /// Name of the run, which is the engine's where there is one run.
  std::string name;
  /// nullopt where there were no examples.
  std::optional<EvaluatedExamples> evaluated = std::nullopt;
  /// Row of the file and most probable class, of each example, where the engine explains a class.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> predicted = {};
  /// Rows of the file of examples that were left out, as their output is not finite.
  std::vector<std::uint32_t> dropped_rows = {};
  EvaluationCounts evaluations = {};
  double seconds = 0.0;
  /// "split" or "whole": how the model was run.
  std::string model_use = {};

  /// Adds what another shard found of other examples. Throws DataError where the two are not of one run.
  void merge(ShardPart other);
};

/// What a shard leaves for the others to be merged with.
struct ShardFile {
  Shard shard;
  /// The engine's name, or "run".
  std::string command;
  /// The command line, as far as results depend on it; the configuration is that which was found.
  CommonOptions common = {};
  /// The engine's options that were given, as a JSON object.
  std::string options = "{}";
  RunIdentity identity = {};
  std::vector<ShardPart> parts = {};

  /// The bytes of the file, with a checksum.
  std::string to_bytes() const;
};

/// What to_bytes() wrote. Throws DataError without the file's name for anything else.
ShardFile parse_shard_file(std::string_view bytes);

}  // namespace modattr
