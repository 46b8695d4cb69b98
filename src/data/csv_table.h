#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "modattr/data/mapped_file.h"
#include "modattr/data/metadata.h"

namespace modattr {

/// Whether the name of a file ends in .csv, in small or capital letters.
bool is_csv(const std::filesystem::path& path);

/// Metadata of a .csv file.
class CsvTable {
 public:
  /// The first row names the columns, all others have as many fields. DataError naming the line.
  static Metadata read(const MappedFile& file, std::span<const std::string> wanted_columns);
};

}  // namespace modattr
