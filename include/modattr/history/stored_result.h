#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "modattr/core/attribution.h"
#include "modattr/report/score_table.h"

namespace modattr {

/// The texts of a result's files, byte by byte.
struct StoredFiles {
  std::string scores_json;
  /// Empty where the command writes none; the same of trace_jsonl.
  std::string examples_jsonl;
  std::string trace_jsonl;
};

/// A row of scores.json.
struct StoredRow {
  /// The run that it is of: its name in the result of several engines, else the command.
  std::string run;
  /// Without p-values.
  Score score;
};

/// What scores.json says of a result as a whole.
struct StoredHead {
  /// Version of modattr.
  std::string version;
  std::string command;
  /// Time of the run in UTC, ISO 8601.
  std::string created;
  FileIdentity model;
  FileIdentity data;
  /// Examples of the data that were used.
  std::uint64_t example_count = 0;
  /// The configuration in force: a serialised JSON object.
  std::string config;
  std::string metric;
  std::optional<double> score;
  std::optional<Interval> score_ci95;
};

/// A result of a store, without its files.
struct StoredResult {
  /// 1, 2, 3 ... in the order of the appends.
  std::int64_t id = 0;
  std::optional<std::string> tag;
  StoredHead head;
  std::vector<StoredRow> rows;
};

}  // namespace modattr
