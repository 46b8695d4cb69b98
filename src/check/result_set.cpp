#include "modattr/check/result_set.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <functional>
#include <istream>
#include <iterator>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/report/formats/examples_reader.h"
#include "modattr/report/formats/json_reader.h"
#include "modattr/report/result_writer.h"

namespace modattr {
namespace {

constexpr const char* kScoresFile = "scores.json";
/// read_scores() refuses more; no need to read further than that.
constexpr std::uintmax_t kMostScoresBytes = (std::uintmax_t{256} << 20) + 1;

std::string scores_text(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    throw DataError(file.string() + ": expected a result of modattr, got no such file");
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file, error)) {
    throw DataError(file.string() + ": expected a file that can be read, got none");
  }
  std::string text;
  std::uintmax_t left = kMostScoresBytes;
  for (std::istreambuf_iterator<char> byte(stream), end; byte != end && left > 0; ++byte, --left) text += *byte;
  return text;
}

template <typename Reader>
std::vector<ExampleRecord> read_lines(std::istream& stream, const std::string& name,
                                      const std::vector<std::string>& modalities) {
  std::vector<ExampleRecord> records;
  Reader reader(stream, name, modalities);
  while (std::optional<ExampleRecord> record = reader.next()) records.push_back(std::move(*record));
  return records;
}

/// The lines of a file beside the scores; none where there is no such file.
template <typename Reader>
std::vector<ExampleRecord> read_file_lines(const std::filesystem::path& file,
                                           const std::vector<std::string>& modalities) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return {};
  std::ifstream stream(file, std::ios::binary);
  return read_lines<Reader>(stream, file.string(), modalities);
}

bool holds_verdict(const ExampleRecord& record) {
  return std::ranges::find(record.attribution.details, "verdict", &Detail::name) != record.attribution.details.end();
}

}  // namespace

ResultSet result_set_of(ScoreTable table, std::string name) {
  ResultSet set{.name = std::move(name), .table = std::move(table), .traced = {}};
  std::vector<ExampleRecord>& examples = set.table.examples;
  const auto traced = std::stable_partition(examples.begin(), examples.end(), std::not_fn(holds_verdict));
  std::move(traced, examples.end(), std::back_inserter(set.traced));
  examples.erase(traced, examples.end());
  return set;
}

ResultSet read_result_set(const std::filesystem::path& path) {
  std::error_code error;
  const bool is_folder = std::filesystem::is_directory(path, error);
  const std::filesystem::path file = is_folder ? path / kScoresFile : path;
  ResultSet set{.name = file.string(), .table = read_scores(scores_text(file), file.string()), .traced = {}};
  // Beside a file of another name lies what belongs to somebody else.
  if (file.filename() != kScoresFile) return set;
  const std::filesystem::path folder = file.parent_path();
  if (holds_files_of_two_runs(folder.empty() ? "." : folder)) {
    throw DataError(folder.string() +
                    ": expected the results of one run, got files of two: the later one was stopped while it replaced "
                    "those of the other; run it again");
  }
  set.table.examples = read_file_lines<ExamplesReader>(folder / "examples.jsonl", set.table.modalities);
  set.traced = read_file_lines<TraceReader>(folder / "trace.jsonl", set.table.modalities);
  return set;
}

ResultSet parse_result_set(const ResultTexts& texts, const std::string& name) {
  ResultSet set{.name = name, .table = read_scores(texts.scores, name), .traced = {}};
  std::istringstream examples{std::string(texts.examples)};
  std::istringstream trace{std::string(texts.trace)};
  set.table.examples = read_lines<ExamplesReader>(examples, name + ": examples.jsonl", set.table.modalities);
  set.traced = read_lines<TraceReader>(trace, name + ": trace.jsonl", set.table.modalities);
  return set;
}

}  // namespace modattr
