#include "csv_table.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

#include "modattr/core/nearest.h"
#include "modattr/data/csv_reader.h"
#include "modattr/data/messages.h"

namespace modattr {
namespace {

constexpr std::size_t kReleasedBytes = std::size_t{16} << 20;

MetadataType type_of_field(std::string_view text) {
  if (text.empty()) return MetadataType::kNull;
  if (text == "true" || text == "false") return MetadataType::kBoolean;
  double number = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? MetadataType::kNumber : MetadataType::kText;
}

void check_names(const CsvReader& reader, std::span<const std::string> names) {
  for (std::size_t place = 0; place < names.size(); ++place) {
    if (std::ranges::find(names.first(place), names[place]) != names.begin() + static_cast<std::ptrdiff_t>(place)) {
      throw_data_error(reader.where(), "every column once", quoted_text(names[place]) + " twice");
    }
  }
}

/// What is wrong with a column that the header lacks.
std::string missing_column(const std::string& where, const std::string& name, std::span<const std::string> names) {
  std::string text = where + ": expected column " + quoted_text(name) + ", got a header without it";
  const bool has_other_commas = names.size() == 1 && names.front().find_first_of(";\t") != std::string::npos;
  return has_other_commas ? text + "; separate fields by commas, not by semicolons or tabs"
                          : text + suggestion(name, names);
}

}  // namespace

bool is_csv(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return extension == ".csv";
}

Metadata CsvTable::read(const MappedFile& file, std::span<const std::string> wanted_columns) {
  const std::string path = file.path().string();
  CsvReader reader({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()}, path);
  Metadata metadata;
  metadata.path_ = path;
  std::vector<std::string> fields;
  if (!reader.next(fields)) throw_data_error(path, "a first row that names the columns", "an empty file");
  check_names(reader, fields);
  metadata.keys_ = fields;
  std::vector<std::optional<std::size_t>> places;
  for (const std::string& name : wanted_columns) {
    const auto found = std::ranges::find(metadata.keys_, name);
    const bool is_known = found != metadata.keys_.end();
    places.push_back(is_known ? std::optional(static_cast<std::size_t>(found - metadata.keys_.begin())) : std::nullopt);
    metadata.columns_.push_back(
        {name, {}, {}, is_known ? std::string() : missing_column(reader.where(), name, metadata.keys_)});
  }
  std::size_t released = 0;
  while (reader.next(fields)) {
    if (fields.size() != metadata.keys_.size()) {
      throw_data_error(reader.where(), std::to_string(metadata.keys_.size()) + " fields like the first row",
                       std::to_string(fields.size()));
    }
    for (std::size_t number = 0; number < places.size(); ++number) {
      if (!places[number]) continue;
      std::string& field = fields[*places[number]];
      metadata.columns_[number].types.push_back(type_of_field(field));
      metadata.columns_[number].values.push_back(std::move(field));
    }
    metadata.lines_.push_back(reader.line());
    ++metadata.row_count_;
    if (reader.position() - released < kReleasedBytes) continue;
    file.release_pages();
    released = reader.position();
  }
  return metadata;
}

}  // namespace modattr
