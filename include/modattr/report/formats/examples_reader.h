#pragma once

#include <cstddef>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "modattr/report/score_table.h"

namespace modattr {

/// Reads examples.jsonl line by line, so that to_json_lines() writes the same bytes again. null is nullopt, or NaN
/// where a number is always there; keys that the writer has no field for are details. Throws DataError `<file>:<line>:
/// expected <what>, got <what>`, with the place (`players[3].value`), like read_scores().
class ExamplesReader {
 public:
  /// Borrows `lines`, which must outlive the reader. `file` is for messages; `modalities`: ScoreTable::modalities.
  ExamplesReader(std::istream& lines, std::string file, const std::vector<std::string>& modalities);

  /// The next example; nullopt behind the last one. `attribution.example` is its place in the file.
  std::optional<ExampleRecord> next();

 private:
  std::istream& lines_;
  std::string file_;
  /// As the writer writes them.
  std::vector<std::string> modalities_;
  std::size_t line_count_ = 0;
};

/// Reads trace.jsonl line by line, so that to_trace_lines() writes the same bytes again. The verdict and its evidence
/// are details, as the writer takes them; `method` is "trace". Throws DataError like ExamplesReader.
class TraceReader {
 public:
  /// Borrows `lines`, which must outlive the reader. `file` is for messages; `modalities`: ScoreTable::modalities.
  TraceReader(std::istream& lines, std::string file, const std::vector<std::string>& modalities);

  /// The next traced example; nullopt behind the last one. `attribution.example` is its place in the file.
  std::optional<ExampleRecord> next();

 private:
  std::istream& lines_;
  std::string file_;
  /// As the writer writes them.
  std::vector<std::string> modalities_;
  std::size_t line_count_ = 0;
};

}  // namespace modattr
