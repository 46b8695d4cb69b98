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

/// Columns of a .jsonl file: line i describes example i.
class Metadata {
 public:
  /// Lines of the file, blank ones at its end not counted.
  std::size_t row_count() const noexcept { return row_count_; }
  /// The keys of the first line, in its order.
  const std::vector<std::string>& keys() const noexcept { return keys_; }
  /// The values under `key`, which must be one of the columns that read_metadata was asked for: texts as they are,
  /// numbers as they are written, `true`, `false`, `null` [examples]. DataError naming the line when a line lacks the
  /// key or holds a list or an object under it.
  std::span<const std::string> column(std::string_view key) const;
  /// DataError naming two lines where the same text stands under `key` as values of different types, such as `true` and
  /// `"true"`: as groups they could not be told apart.
  void check_one_type_per_text(std::string_view key) const;

 private:
  friend Metadata read_metadata(const std::filesystem::path& path, std::span<const std::string> wanted_columns);

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
  std::vector<std::string> keys_;
  std::vector<Column> columns_;
};

/// Reads one JSON object per line and keeps `wanted_columns`; DataError naming the line for anything that is not one.
Metadata read_metadata(const std::filesystem::path& path, std::span<const std::string> wanted_columns);

}  // namespace modattr
