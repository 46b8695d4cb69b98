#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "modattr/history/stored_result.h"

namespace modattr {

class StoreDatabase;

/// Results of many runs in one SQLite file, in the order in which they were appended. Several processes may read and
/// append at the same time. One object is for one thread.
///
/// Errors name the file. DataError: no file, one that is no SQLite database, another program's, one of a newer schema
/// or a damaged one. OutputError: a file, folder or disk that does not take the result, or one that others keep locked
/// for more than 10 s. What was in the file stays as it was.
class ResultStore {
 public:
  /// A store that is there.
  static ResultStore open(const std::filesystem::path& file);
  /// The same, to append to; made where there is no file, whole or not at all.
  static ResultStore open_to_append(const std::filesystem::path& file);

  ResultStore(ResultStore&&) noexcept;
  ~ResultStore();

  /// Appends a result in one transaction and returns its id. Throws ConfigError for a tag that is taken, or that
  /// expect_tag() refuses, and DataError where `scores_json` is not what to_json() writes.
  std::int64_t append(const StoredFiles& files, const std::optional<std::string>& tag);

  /// The last `limit` results, default all, the oldest first.
  std::vector<StoredResult> results(std::optional<std::size_t> limit = std::nullopt) const;

  /// The files of the last result ("latest") or of the one with this tag. Throws ConfigError that names the nearest tag
  /// where none is of this name.
  StoredFiles files_of(const std::string& tag) const;

 private:
  explicit ResultStore(std::unique_ptr<StoreDatabase> database);
  friend void expect_appendable(const std::filesystem::path& file, const std::optional<std::string>& tag);
  void expect_free_tag(const std::string& tag) const;

  std::unique_ptr<StoreDatabase> database_;
};

/// Stands for the last result where a tag is expected.
inline constexpr const char* kLatest = "latest";

/// Throws ConfigError unless `tag` is a name for a result: 1 to 100 bytes of UTF-8 without spaces, controls and '@',
/// and not "latest".
void expect_tag(const std::string& tag);

/// Throws what open_to_append() and append() would throw, before a long run; makes nothing.
void expect_appendable(const std::filesystem::path& file, const std::optional<std::string>& tag);

}  // namespace modattr
