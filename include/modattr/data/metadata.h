#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace modattr {

/// What a value was before it became a text.
enum class MetadataType : unsigned char { kText, kNumber, kBoolean, kNull };

/// Columns of a .jsonl or .csv file: line or row i describes example i.
class Metadata {
 public:
  /// Lines or rows of the file, blank ones at its end not counted.
  std::size_t row_count() const noexcept { return row_count_; }
  /// The keys of the first line, or the columns of a .csv file, in their order.
  const std::vector<std::string>& keys() const noexcept { return keys_; }
  /// The values under `key`, which must be one of the columns that read_metadata was asked for: texts as they are,
  /// numbers as they are written, `true`, `false`, `null` [examples]. DataError naming the line when a line lacks the
  /// key or holds a list or an object under it.
  std::span<const std::string> column(std::string_view key) const;
  /// What the values under `key` were in the file; an empty field of a .csv file is kNull [examples].
  std::span<const MetadataType> types(std::string_view key) const;
  /// `path:line` of a row.
  std::string where(std::size_t row) const;
  const std::string& path() const noexcept { return path_; }
  /// Leaves out the rows that are not `wanted` [examples]; where() still names their lines in the file.
  void keep(const std::vector<bool>& wanted);
  /// DataError naming two lines where the same text stands under `key` as values of different types, such as `true` and
  /// `"true"`: as groups they could not be told apart.
  void check_one_type_per_text(std::string_view key) const;

 private:
  friend class CsvTable;
  friend Metadata read_metadata(const std::filesystem::path& path, std::span<const std::string> wanted_columns,
                                std::span<const std::string> nested_columns);

  struct Column {
    std::string key;
    std::vector<std::string> values;
    /// [examples]
    std::vector<MetadataType> types;
    /// What is wrong with the first line that has no value, empty when all lines have one.
    std::string problem;
  };

  const Column& find_column(std::string_view key) const;

  std::string path_;
  std::size_t row_count_ = 0;
  /// Of a .csv file, whose rows may take several lines; empty where row i is line i + 1 [examples].
  std::vector<std::size_t> lines_;
  std::vector<std::string> keys_;
  std::vector<Column> columns_;
};

/// Reads one JSON object per line, or the rows of a .csv file whose first one names the columns, and keeps
/// `wanted_columns`; DataError naming the line for anything that is not one. Lists and objects under `nested_columns`,
/// which are wanted, too, are kept as JSON text.
Metadata read_metadata(const std::filesystem::path& path, std::span<const std::string> wanted_columns,
                       std::span<const std::string> nested_columns = {});

}  // namespace modattr
