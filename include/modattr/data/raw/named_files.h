#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "modattr/data/metadata.h"

namespace modattr {

/// Whether a manifest may name files outside its own folder.
enum class OutsideFiles { kRefused, kAllowed };

/// What happens to an example whose file cannot be read.
enum class BrokenFiles { kError, kLeftOut };

/// Files that a column of a manifest names, each distinct one once.
struct NamedFiles {
  /// Absolute, without symlinks and `..`.
  std::vector<std::filesystem::path> paths;
  /// `val.csv:12: 'cat.jpg'` of the first row that names the file, for messages.
  std::vector<std::string> where;
  /// File of each row of the manifest; kNoFile where it is not there.
  std::vector<std::uint32_t> file_of_row;

  static constexpr std::uint32_t kNoFile = UINT32_MAX;
};

/// Resolves the paths under `column`, which are relative to the manifest's folder. Several texts may name one file,
/// also by symlinks. DataError naming the line where a file is missing or no regular file (unless such rows are to be
/// left out), or lies outside the folder while that is refused: `..` and symlinks are followed first.
NamedFiles resolve_files(const Metadata& manifest, const std::string& column, OutsideFiles outside, BrokenFiles broken);

}  // namespace modattr
