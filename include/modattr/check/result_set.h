#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/report/score_table.h"

namespace modattr {

/// One result: what `modattr check` compares with another one.
struct ResultSet {
  /// For messages, e.g. "baseline/scores.json".
  std::string name;
  /// Its `examples` are the explained ones.
  ScoreTable table;
  /// Examples whose wrong answers were traced; the verdicts are details of their attributions.
  std::vector<ExampleRecord> traced;
};

/// A table that was just made, under a name for messages. Those of its examples that hold verdicts are the traced ones.
ResultSet result_set_of(ScoreTable table, std::string name);

/// Reads scores.json of a folder, or a file of that format, with examples.jsonl and trace.jsonl where they lie beside a
/// scores.json. Throws DataError where a file is missing, cannot be read or is not what its name says.
ResultSet read_result_set(const std::filesystem::path& path);

/// The texts of a result's files; empty where it has none.
struct ResultTexts {
  std::string_view scores;
  std::string_view examples;
  std::string_view trace;
};

/// The same from texts, under a name for messages.
ResultSet parse_result_set(const ResultTexts& texts, const std::string& name);

}  // namespace modattr
