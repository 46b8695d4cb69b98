#include "modattr/data/raw/named_files.h"

#include <algorithm>
#include <system_error>
#include <unordered_map>

#include "modattr/core/error.h"
#include "modattr/data/messages.h"
#include "modattr/data/raw/broken_file.h"

namespace modattr {
namespace {

bool lies_below(const std::filesystem::path& file, const std::filesystem::path& folder) {
  return std::ranges::mismatch(folder, file).in1 == folder.end();
}

}  // namespace

NamedFiles resolve_files(const Metadata& manifest, const std::string& column, OutsideFiles outside,
                         BrokenFiles broken) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::path(manifest.path()).parent_path();
  const std::filesystem::path folder = std::filesystem::canonical(parent.empty() ? "." : parent, error);
  if (error) throw DataError(manifest.path() + ": expected a folder that can be read, got '" + error.message() + "'");
  const auto texts = manifest.column(column);
  const auto types = manifest.types(column);
  NamedFiles files;
  std::unordered_map<std::string, std::uint32_t> file_of_text;
  std::unordered_map<std::string, std::uint32_t> file_of_path;
  // Throws what is wrong with the file, where rows without one are no examples.
  const auto find = [&](std::size_t row) {
    const std::string where = manifest.where(row);
    if (types[row] != MetadataType::kText && types[row] != MetadataType::kNumber) {
      throw BrokenFileError(where + ": expected the path of a file under " + quoted_text(column) + ", got " +
                            (types[row] == MetadataType::kNull ? "nothing" : quoted_text(texts[row])));
    }
    if (texts[row].find('\0') != std::string::npos)
      throw BrokenFileError(where + ": expected a path, got " + quoted_text(texts[row]));
    std::error_code problem;
    const std::filesystem::path path = std::filesystem::canonical(folder / texts[row], problem);
    if (problem) {
      throw BrokenFileError(where + ": expected a file, got " + quoted_text(texts[row]) + ", which cannot be opened (" +
                            problem.message() + ")");
    }
    if (outside == OutsideFiles::kRefused && !lies_below(path, folder)) {
      // Never left out: what was named may be a secret of this machine.
      throw ConfigError(where + ": expected a file in the folder of the manifest, got " + quoted_text(texts[row]) +
                        ", which lies outside; set data.allow_outside to true to read it");
    }
    if (!std::filesystem::is_regular_file(path, problem)) {
      throw BrokenFileError(where + ": expected a file, got " + quoted_text(texts[row]) + ", which is none");
    }
    const auto [entry, added] = file_of_path.try_emplace(path.string(), static_cast<std::uint32_t>(files.paths.size()));
    if (added) {
      files.paths.push_back(path);
      files.where.push_back(where + ": " + quoted_text(texts[row]));
    }
    return entry->second;
  };
  for (std::size_t row = 0; row < texts.size(); ++row) {
    const auto [entry, added] = file_of_text.try_emplace(texts[row], NamedFiles::kNoFile);
    if (added) {
      try {
        entry->second = find(row);
      } catch (const BrokenFileError&) {
        if (broken == BrokenFiles::kError) throw;
      }
    }
    files.file_of_row.push_back(entry->second);
  }
  return files;
}

}  // namespace modattr
