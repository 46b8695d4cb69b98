#include "modattr/data/metadata.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <nlohmann/json.hpp>

#include "csv_table.h"
#include "modattr/core/error.h"
#include "modattr/data/mapped_file.h"
#include "modattr/data/messages.h"

namespace modattr {
namespace {

constexpr std::size_t kDeepestNesting = 100;
constexpr std::size_t kReleaseBytes = std::size_t{16} << 20;
constexpr std::size_t kListedKeyCount = 5;

struct TypedText {
  std::string text;
  MetadataType type = MetadataType::kText;
};

const char* type_name(MetadataType type) {
  switch (type) {
    case MetadataType::kText:
      return "a text";
    case MetadataType::kNumber:
      return "a number";
    case MetadataType::kBoolean:
      return "a boolean";
    default:
      return "null";
  }
}

/// Takes the values of the wanted keys out of one line while nlohmann_json reads it.
class LineHandler : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit LineHandler(std::span<const std::string> wanted) : wanted_(wanted) {}

  /// Prepares for the next line; `where` is `path:line`.
  void start_line(std::string where) {
    where_ = std::move(where);
    keys_.clear();
    seen_.clear();
    values_.assign(wanted_.size(), std::nullopt);
    current_.reset();
    depth_ = 0;
  }

  const std::vector<std::string>& keys() const noexcept { return keys_; }
  /// One value per wanted key: nothing when the line lacks it or holds a list or an object.
  std::vector<std::optional<TypedText>>& values() noexcept { return values_; }

  bool null() override { return scalar("null", MetadataType::kNull); }
  bool boolean(bool value) override { return scalar(value ? "true" : "false", MetadataType::kBoolean); }
  bool number_integer(number_integer_t value) override { return scalar(std::to_string(value), MetadataType::kNumber); }
  bool number_unsigned(number_unsigned_t value) override {
    return scalar(std::to_string(value), MetadataType::kNumber);
  }
  bool number_float(number_float_t, const string_t& text) override { return scalar(text, MetadataType::kNumber); }
  bool string(string_t& value) override { return scalar(std::move(value), MetadataType::kText); }
  bool binary(binary_t&) override { return true; }

  bool start_object(std::size_t) override { return descend(); }
  bool end_object() override { return ascend(); }
  bool start_array(std::size_t) override {
    if (depth_ == 0) throw_data_error(where_, "one JSON object per line", "a list");
    return descend();
  }
  bool end_array() override { return ascend(); }

  bool key(string_t& value) override {
    if (depth_ != 1) return true;
    if (!seen_.insert(value).second) {
      throw_data_error(where_, "every key once", quoted_text(value) + " twice");
    }
    const auto found = std::find(wanted_.begin(), wanted_.end(), value);
    current_ = found == wanted_.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - wanted_.begin()));
    keys_.push_back(std::move(value));
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    throw_data_error(where_, "one JSON object per line", json_error_text(error.what()));
  }

 private:
  bool scalar(std::string text, MetadataType type) {
    if (depth_ == 0) throw_data_error(where_, "one JSON object per line", "a single value");
    if (depth_ == 1 && current_) values_[*current_] = TypedText{std::move(text), type};
    return true;
  }

  bool descend() {
    if (++depth_ > kDeepestNesting) {
      throw_data_error(where_, "at most " + std::to_string(kDeepestNesting) + " levels of nesting", "more");
    }
    return true;
  }

  bool ascend() {
    --depth_;
    return true;
  }

  std::span<const std::string> wanted_;
  std::string where_;
  std::vector<std::string> keys_;
  std::unordered_set<std::string> seen_;
  std::vector<std::optional<TypedText>> values_;
  std::optional<std::size_t> current_;
  std::size_t depth_ = 0;
};

/// Number of single-character changes between two texts (Levenshtein).
std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({row[j] + 1, row[j + 1] + 1, replaced}));
    }
  }
  return row.back();
}

/// `keys of this line: 'a', 'b'`, the ones nearest to `key` first.
std::string list_nearest(std::string_view key, std::vector<std::string> known) {
  if (known.empty()) return "this line has no keys";
  constexpr std::size_t kComparedBytes = 100;
  constexpr std::size_t kComparedKeyCount = 1000;
  known.resize(std::min(known.size(), kComparedKeyCount));
  const auto distance = [&](std::string_view other) {
    return edit_distance(key.substr(0, kComparedBytes), other.substr(0, kComparedBytes));
  };
  std::stable_sort(known.begin(), known.end(),
                   [&](const std::string& left, const std::string& right) { return distance(left) < distance(right); });
  std::string text = "keys of this line: ";
  for (std::size_t position = 0; position < std::min(known.size(), kListedKeyCount); ++position) {
    if (position > 0) text += ", ";
    text += quoted_text(known[position]);
  }
  if (known.size() > kListedKeyCount) text += ", ...";
  return text;
}

std::string problem_with(const std::string& key, const std::string& where, const std::vector<std::string>& keys) {
  if (std::find(keys.begin(), keys.end(), key) != keys.end()) {
    return where + ": expected a text, number or boolean under " + quoted_text(key) + ", got a list or an object";
  }
  return where + ": expected key " + quoted_text(key) + ", got a line without it; " + list_nearest(key, keys);
}

/// Lists and objects of a line that was read before, as JSON text.
void add_nested(std::string_view line, std::span<const std::string> wanted, std::span<const std::string> nested,
                std::vector<std::optional<TypedText>>& values) {
  for (std::size_t number = 0; number < wanted.size(); ++number) {
    if (values[number] || std::ranges::find(nested, wanted[number]) == nested.end()) continue;
    const nlohmann::json document = nlohmann::json::parse(line, nullptr, false);
    if (document.contains(wanted[number])) {
      const nlohmann::json& value = document[wanted[number]];
      values[number] =
          TypedText{value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), MetadataType::kText};
    }
  }
}

}  // namespace

const Metadata::Column& Metadata::find_column(std::string_view key) const {
  const auto found =
      std::find_if(columns_.begin(), columns_.end(), [&](const Column& column) { return column.key == key; });
  if (found == columns_.end()) throw std::logic_error("metadata column was not asked for: " + std::string(key));
  if (!found->problem.empty()) throw DataError(found->problem);
  return *found;
}

std::span<const std::string> Metadata::column(std::string_view key) const {
  return find_column(key).values;
}

std::span<const MetadataType> Metadata::types(std::string_view key) const {
  return find_column(key).types;
}

std::string Metadata::where(std::size_t row) const {
  return path_ + ":" + std::to_string(lines_.empty() ? row + 1 : lines_[row]);
}

void Metadata::keep(const std::vector<bool>& wanted) {
  std::vector<std::size_t> lines;
  for (std::size_t row = 0; row < row_count_; ++row) {
    if (wanted[row]) lines.push_back(lines_.empty() ? row + 1 : lines_[row]);
  }
  for (Column& column : columns_) {
    std::size_t kept = 0;
    for (std::size_t row = 0; row < column.values.size(); ++row) {
      if (!wanted[row]) continue;
      if (kept != row) column.values[kept] = std::move(column.values[row]);
      column.types[kept++] = column.types[row];
    }
    column.values.resize(kept);
    column.types.resize(kept);
  }
  row_count_ = lines.size();
  lines_ = std::move(lines);
}

void Metadata::check_one_type_per_text(std::string_view key) const {
  const Column& column = find_column(key);
  std::unordered_map<std::string_view, std::size_t> first_rows;
  for (std::size_t row = 0; row < column.values.size(); ++row) {
    const std::size_t first = first_rows.try_emplace(column.values[row], row).first->second;
    if (column.types[first] == column.types[row]) continue;
    throw_data_error(where(row),
                     quoted_text(column.values[row]) + " under " + quoted_text(key) + " as " +
                         type_name(column.types[first]) + " like in line " + std::to_string(first + 1),
                     type_name(column.types[row]), "write both alike, or one of them as another text");
  }
}

Metadata read_metadata(const std::filesystem::path& path, std::span<const std::string> wanted_columns,
                       std::span<const std::string> nested_columns) {
  const std::shared_ptr<const MappedFile> file = MappedFile::open(path);
  std::string_view rest(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
  while (!rest.empty() && std::string_view(" \t\r\n").find(rest.back()) != std::string_view::npos)
    rest.remove_suffix(1);

  if (is_csv(path)) return CsvTable::read(*file, wanted_columns);
  Metadata metadata;
  metadata.path_ = path.string();
  for (const std::string& key : wanted_columns) metadata.columns_.push_back({key, {}, {}, {}});
  LineHandler handler(wanted_columns);
  std::size_t read_since_release = 0;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    const std::string where = path.string() + ":" + std::to_string(metadata.row_count_ + 1);
    handler.start_line(where);
    nlohmann::json::sax_parse(line.begin(), line.end(), &handler);
    if (metadata.row_count_ == 0) metadata.keys_ = handler.keys();
    add_nested(line, wanted_columns, nested_columns, handler.values());
    for (std::size_t number = 0; number < wanted_columns.size(); ++number) {
      Metadata::Column& column = metadata.columns_[number];
      std::optional<TypedText>& value = handler.values()[number];
      if (value && column.problem.empty()) {
        column.values.push_back(std::move(value->text));
        column.types.push_back(value->type);
      } else if (column.problem.empty()) {
        column.problem = problem_with(column.key, where, handler.keys());
        column.values = {};
        column.types = {};
      }
    }
    ++metadata.row_count_;
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    read_since_release += line.size();
    if (read_since_release >= kReleaseBytes) {
      file->release_pages();
      read_since_release = 0;
    }
  }
  return metadata;
}

}  // namespace modattr
