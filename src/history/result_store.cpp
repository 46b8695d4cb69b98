#include "modattr/history/result_store.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include <unistd.h>

#include "checksum.h"
#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/core/option_name.h"
#include "modattr/report/utf8.h"
#include "scores_rows.h"
#include "store_database.h"
#include "store_schema.h"

namespace modattr {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestTag = 100;

// In the order in which read_result() reads them.
constexpr const char* kResultColumns =
    "id, created, tag, version, command, model_path, model_sha256, data_path, data_sha256, examples, metric, score, "
    "score_low, score_high, config, files_checksum, checksum";

/// What the column `checksum` is to say.
std::int64_t checksum_of(const StoredResult& result, std::int64_t files_checksum) {
  const StoredHead& head = result.head;
  Checksum sum;
  sum.add(result.id).add(head.created).add(result.tag).add(head.version).add(head.command);
  sum.add(head.model.path).add(head.model.sha256).add(head.data.path).add(head.data.sha256);
  const auto add_interval = [&](const std::optional<Interval>& interval) {
    sum.add(interval ? std::optional(interval->low) : std::nullopt);
    sum.add(interval ? std::optional(interval->high) : std::nullopt);
  };
  sum.add(static_cast<std::int64_t>(head.example_count)).add(head.metric).add(head.score);
  add_interval(head.score_ci95);
  sum.add(head.config).add(files_checksum);
  for (const auto& [run, score] : result.rows) {
    sum.add(run).add(score.modality).add(score.definition).add(score.group).add(score.value).add(score.std_error);
    add_interval(score.ci95);
    sum.add(static_cast<std::int64_t>(score.examples));
  }
  return sum.value();
}

/// A file that a command does not write is not there, in the table as here.
std::optional<std::string_view> text_or_none(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

std::int64_t checksum_of(const StoredFiles& files) {
  return Checksum()
      .add(files.scores_json)
      .add(text_or_none(files.examples_jsonl))
      .add(text_or_none(files.trace_jsonl))
      .value();
}

std::optional<Interval> interval_between(const std::optional<double>& low, const std::optional<double>& high) {
  return low && high ? std::optional(Interval{*low, *high}) : std::nullopt;
}

StoredResult read_result(const StoreStatement& row) {
  StoredResult result;
  result.id = row.integer(0);
  result.tag = row.text_or_null(2);
  result.head = {.version = row.text(3),
                 .command = row.text(4),
                 .created = row.text(1),
                 .model = {row.text(5), row.text(6)},
                 .data = {row.text(7), row.text(8)},
                 .example_count = static_cast<std::uint64_t>(row.integer(9)),
                 .config = row.text(14),
                 .metric = row.text(10),
                 .score = row.number(11),
                 .score_ci95 = interval_between(row.number(12), row.number(13))};
  return result;
}

std::vector<StoredRow> read_rows(const StoreDatabase& database, std::int64_t id) {
  StoreStatement row(database,
                     "SELECT run, modality, definition, \"group\", value, std_error, ci95_low, ci95_high, examples "
                     "FROM rows WHERE result = ? ORDER BY place");
  row.bind(id);
  std::vector<StoredRow> rows;
  while (row.step()) {
    rows.push_back({.run = row.text(0),
                    .score = {.modality = row.text(1),
                              .definition = row.text(2),
                              .group = row.text_or_null(3),
                              .value = row.number(4),
                              .std_error = row.number(5),
                              .ci95 = interval_between(row.number(6), row.number(7)),
                              .examples = static_cast<std::size_t>(row.integer(8)),
                              .p_value = std::nullopt}});
  }
  return rows;
}

void insert_result(const StoreDatabase& database, const StoredResult& result, const StoredFiles& files) {
  const StoredHead& head = result.head;
  const std::int64_t files_checksum = checksum_of(files);
  const auto low = [](const std::optional<Interval>& interval) {
    return interval ? std::optional(interval->low) : std::nullopt;
  };
  const auto high = [](const std::optional<Interval>& interval) {
    return interval ? std::optional(interval->high) : std::nullopt;
  };
  StoreStatement insert(database, "INSERT INTO results (" + std::string(kResultColumns) +
                                      ", scores_json, examples_jsonl, trace_jsonl) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
                                      "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(result.id).bind(head.created).bind(result.tag).bind(head.version).bind(head.command);
  insert.bind(head.model.path).bind(head.model.sha256).bind(head.data.path).bind(head.data.sha256);
  insert.bind(static_cast<std::int64_t>(head.example_count)).bind(head.metric).bind(head.score);
  insert.bind(low(head.score_ci95)).bind(high(head.score_ci95)).bind(head.config);
  insert.bind(files_checksum).bind(checksum_of(result, files_checksum)).bind(files.scores_json);
  insert.bind(text_or_none(files.examples_jsonl)).bind(text_or_none(files.trace_jsonl));
  insert.step();

  StoreStatement row(database, "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (std::size_t place = 0; place < result.rows.size(); ++place) {
    const auto& [run, score] = result.rows[place];
    row.bind(result.id).bind(static_cast<std::int64_t>(place)).bind(run).bind(score.modality).bind(score.definition);
    row.bind(score.group).bind(score.value).bind(score.std_error).bind(low(score.ci95)).bind(high(score.ci95));
    row.bind(static_cast<std::int64_t>(score.examples));
    row.step();
    row.reset();
  }
}

/// Throws where the file is not one that SQLite can hold a lock on.
void expect_regular_file(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (status.type() == fs::file_type::not_found) {
    throw DataError(file.string() + ": expected a store of results, got no such file");
  }
  if (error) throw DataError(file.string() + ": expected a readable store, got: " + error.message());
  if (status.type() != fs::file_type::regular) {
    throw DataError(file.string() + ": expected a store of results, got no regular file");
  }
}

std::unique_ptr<StoreDatabase> open_database(const fs::path& file, StoreAccess access) {
  expect_regular_file(file);
  auto database = std::make_unique<StoreDatabase>(file, access, file.string());
  expect_store(*database);
  if (access == StoreAccess::kAppend && database->is_read_only()) {
    throw OutputError(file.string() + ": expected a writable store, got one that is read-only");
  }
  // A result that was appended stays, also where the machine stops.
  if (access == StoreAccess::kAppend) database->execute("PRAGMA synchronous = FULL");
  if (access == StoreAccess::kRead) database->prepare_to_read();
  expect_whole_store(*database);
  return database;
}

bool is_there(const fs::path& file) {
  std::error_code ignored;
  return fs::symlink_status(file, ignored).type() != fs::file_type::not_found;
}

}  // namespace

ResultStore::ResultStore(std::unique_ptr<StoreDatabase> database) : database_(std::move(database)) {}
ResultStore::ResultStore(ResultStore&&) noexcept = default;
ResultStore::~ResultStore() = default;

ResultStore ResultStore::open(const fs::path& file) {
  return ResultStore(open_database(file, StoreAccess::kRead));
}

ResultStore ResultStore::open_to_append(const fs::path& file) {
  if (!is_there(file)) create_store(file);
  return ResultStore(open_database(file, StoreAccess::kAppend));
}

std::int64_t ResultStore::append(const StoredFiles& files, const std::optional<std::string>& tag) {
  if (tag) expect_tag(*tag);
  auto [head, rows] = summarize_scores(files.scores_json);
  StoredResult result{.id = 0, .tag = tag, .head = std::move(head), .rows = std::move(rows)};
  StoreTransaction transaction(*database_);
  if (tag) expect_free_tag(*tag);
  StoreStatement last(*database_, "SELECT coalesce(max(id), 0) FROM results");
  last.step();
  result.id = last.integer(0) + 1;
  last.reset();
  insert_result(*database_, result, files);
  transaction.commit();
  return result.id;
}

std::vector<StoredResult> ResultStore::results(std::optional<std::size_t> limit) const {
  StoreStatement row(*database_, "SELECT " + std::string(kResultColumns) + " FROM results ORDER BY id DESC LIMIT ?");
  row.bind(limit ? static_cast<std::int64_t>(*limit) : std::int64_t{-1});
  std::vector<StoredResult> results;
  while (row.step()) {
    StoredResult& result = results.emplace_back(read_result(row));
    result.rows = read_rows(*database_, result.id);
    if (checksum_of(result, row.integer(15)) != row.integer(16)) {
      database_->fail_as_damaged("result " + std::to_string(result.id));
    }
  }
  std::ranges::reverse(results);
  return results;
}

StoredFiles ResultStore::files_of(const std::string& tag) const {
  const bool is_latest = tag == kLatest;
  StoreStatement row(*database_, "SELECT " + std::string(kResultColumns) +
                                     ", scores_json, examples_jsonl, trace_jsonl FROM results " +
                                     (is_latest ? "ORDER BY id DESC LIMIT 1" : "WHERE tag = ?"));
  if (!is_latest) row.bind(tag);
  if (!row.step()) {
    if (is_latest) throw DataError(database_->name() + ": expected a result, got an empty store");
    std::vector<std::string> known;
    StoreStatement tags(*database_, "SELECT tag FROM results WHERE tag IS NOT NULL ORDER BY id");
    while (tags.step()) known.push_back(tags.text(0));
    throw ConfigError(database_->name() + ": unknown tag '" + tag + "'" +
                      (known.empty() ? "; no result has a tag" : suggestion(tag, known)));
  }
  StoredResult result = read_result(row);
  result.rows = read_rows(*database_, result.id);
  const StoredFiles files{.scores_json = row.text(17), .examples_jsonl = row.text(18), .trace_jsonl = row.text(19)};
  if (checksum_of(files) != row.integer(15) || checksum_of(result, row.integer(15)) != row.integer(16)) {
    database_->fail_as_damaged("result " + std::to_string(result.id));
  }
  return files;
}

void ResultStore::expect_free_tag(const std::string& tag) const {
  StoreStatement taken(*database_, "SELECT id FROM results WHERE tag = ?");
  taken.bind(tag);
  if (!taken.step()) return;
  throw ConfigError(option("tag") + ": expected a tag that no result of " + database_->name() + " has, got '" + tag +
                    "', which result " + std::to_string(taken.integer(0)) + " has; choose another one");
}

void expect_tag(const std::string& tag) {
  const auto refuse = [&](const std::string& expected) {
    throw ConfigError(option("tag") + ": expected " + expected + ", got '" + tag + "'");
  };
  if (tag == kLatest) refuse("a name other than latest, which stands for the last result");
  if (tag.empty() || tag.size() > kLongestTag) refuse("1 to " + std::to_string(kLongestTag) + " bytes");
  if (to_valid_utf8(tag) != tag) refuse("UTF-8");
  for (std::string_view rest = tag; !rest.empty();) {
    const CodePoint point = decode_utf8(rest);
    const bool is_control = point.value <= U' ' || (point.value >= 0x7F && point.value <= 0xA0);
    if (is_control || point.value == U'@') refuse("a name without spaces and '@', such as v1.2");
    rest.remove_prefix(point.length);
  }
}

void expect_appendable(const fs::path& file, const std::optional<std::string>& tag) {
  if (tag) expect_tag(*tag);
  if (!is_there(file)) {
    const fs::path folder = file.parent_path().empty() ? "." : file.parent_path();
    if (::access(folder.c_str(), W_OK | X_OK) == 0) return;
    throw OutputError(file.string() + ": expected a writable store, got: " + std::generic_category().message(errno));
  }
  const ResultStore store(open_database(file, StoreAccess::kAppend));
  // A folder that takes no log shows only now.
  const StoreTransaction transaction(*store.database_);
  if (tag) store.expect_free_tag(*tag);
}

}  // namespace modattr
