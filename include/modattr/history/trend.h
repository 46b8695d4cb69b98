#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "modattr/history/stored_result.h"

namespace modattr {

/// The value of a trend in one result.
struct TrendPoint {
  /// Index into History::results.
  std::size_t result = 0;
  Score score;
  /// 1, 2, 3 ...: a new one begins where the data or the options are others than in the point before.
  std::size_t segment = 1;
};

/// The same number in one result after another.
struct Trend {
  /// Empty for the model's own score, which is the definition "score" of the modality "all".
  std::string run;
  std::string modality;
  std::string definition;
  /// Value of the group column; nullopt = all examples.
  std::optional<std::string> group;
  std::vector<TrendPoint> points;
};

/// Why a segment begins.
struct TrendBreak {
  /// Index into History::results: the first result of the new segment.
  std::size_t result = 0;
  /// As Trend::run.
  std::string run;
  /// E.g. "options: budget from 512 to 1024".
  std::string what;
};

/// Which trends are asked for; empty lists = all.
struct TrendChoice {
  std::vector<std::string> modalities;
  std::vector<std::string> definitions;
  /// Left out unless `definitions` names them.
  std::vector<std::string> details;
};

/// Trends over the results of a store.
struct History {
  /// The oldest first; without their rows.
  std::vector<StoredResult> results;
  /// The model's own score first, then run by run in the order of their first result.
  std::vector<Trend> trends;
  std::vector<TrendBreak> breaks;
  /// Definitions of `details` that were left out.
  std::vector<std::string> hidden_definitions;
};

/// Follows every number through `results`, the oldest first. Throws ConfigError where `choice` names a modality or
/// definition that no result has; it names the nearest one.
History follow_trends(std::vector<StoredResult> results, const TrendChoice& choice);

}  // namespace modattr
