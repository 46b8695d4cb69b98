#include "modattr/data/raw/column_encoding.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "cell_number.h"
#include "memory_array.h"
#include "modattr/core/nearest.h"
#include "modattr/data/messages.h"

namespace modattr {
namespace {

/// One column of a manifest.
class EncodedColumn {
 public:
  EncodedColumn(const Metadata& manifest, const ColumnEncoding& encoding)
      : manifest_(manifest),
        encoding_(encoding),
        texts_(manifest.column(encoding.column)),
        types_(manifest.types(encoding.column)) {}

  /// Appends the numbers of a row.
  void append(std::size_t row, std::vector<float>& numbers) const {
    if (encoding_.categories.empty()) {
      numbers.push_back(static_cast<float>((number(row) - encoding_.mean) / encoding_.std));
      return;
    }
    const std::size_t place = category(row);
    if (encoding_.style == ColumnEncoding::Style::kOrdinal) {
      numbers.push_back(static_cast<float>(place));
      return;
    }
    for (std::size_t other = 0; other < encoding_.categories.size(); ++other) {
      numbers.push_back(other == place ? 1.0F : 0.0F);
    }
  }

  /// The place of a row's category; their count where it is unknown and that is ignored.
  std::size_t category(std::size_t row) const {
    const std::string text = types_[row] == MetadataType::kNull ? std::string() : texts_[row];
    const auto found = std::ranges::find(encoding_.categories, text);
    if (found == encoding_.categories.end() && encoding_.unknown == ColumnEncoding::Unknown::kError) {
      const std::string got = types_[row] == MetadataType::kNull ? "nothing" : quoted_text(text);
      throw_data_error(where(row), "one of its categories", got + suggestion(text, encoding_.categories));
    }
    return static_cast<std::size_t>(found - encoding_.categories.begin());
  }

 private:
  std::string where(std::size_t row) const {
    return manifest_.where(row) + ": column " + quoted_text(encoding_.column);
  }

  double number(std::size_t row) const {
    const std::optional<double> number = cell_number(texts_[row], types_[row]);
    const bool is_missing = types_[row] == MetadataType::kNull || (number && std::isnan(*number));
    if (is_missing && encoding_.missing) return *encoding_.missing;
    if (is_missing) {
      throw_data_error(where(row), "a number", "nothing",
                       "give a number for \"missing\" in the column's preprocessing");
    }
    if (!number) {
      throw_data_error(where(row), "a number", quoted_text(texts_[row]),
                       "list the column's \"categories\" where it holds texts");
    }
    return *number;
  }

  const Metadata& manifest_;
  const ColumnEncoding& encoding_;
  std::span<const std::string> texts_;
  std::span<const MetadataType> types_;
};

std::vector<std::string> names_of_columns(const std::vector<ColumnEncoding>& encodings) {
  std::vector<std::string> names;
  for (const ColumnEncoding& encoding : encodings) {
    if (encoding.width() == 1 && (encoding.categories.empty() || encoding.style == ColumnEncoding::Style::kOrdinal)) {
      names.push_back(encoding.column);
      continue;
    }
    for (const std::string& category : encoding.categories) names.push_back(encoding.column + "=" + category);
  }
  return names;
}

}  // namespace

std::optional<double> cell_number(std::string_view text, MetadataType type) {
  if (type == MetadataType::kBoolean) return text == "true" ? 1.0 : 0.0;
  if (type == MetadataType::kNull) return std::nullopt;
  double number = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

Array text_array(std::string name, const std::vector<std::string>& texts) {
  std::size_t width = 1;
  for (const std::string& text : texts) width = std::max(width, text.size());
  std::vector<char> bytes(texts.size() * width);
  for (std::size_t place = 0; place < texts.size(); ++place)
    std::ranges::copy(texts[place], bytes.begin() + static_cast<std::ptrdiff_t>(place * width));
  Array array =
      memory_array(std::move(name), c10::ScalarType::Byte, {static_cast<std::int64_t>(texts.size())}, bytes, "data");
  array.unreadable = "data: expected numbers under " + quoted_text(array.name) + ", got texts";
  array.text = TextType{.item_bytes = width, .is_unicode = false};
  return array;
}

std::vector<Array> encode_columns(const Metadata& manifest, const std::string& input,
                                  const std::vector<ColumnEncoding>& encodings) {
  std::vector<EncodedColumn> columns;
  std::size_t width = 0;
  for (const ColumnEncoding& encoding : encodings) {
    columns.emplace_back(manifest, encoding);
    width += encoding.width();
  }
  const bool is_ordinal = std::ranges::all_of(encodings, [](const ColumnEncoding& encoding) {
    return !encoding.categories.empty() && encoding.style == ColumnEncoding::Style::kOrdinal;
  });
  std::vector<float> numbers;
  std::vector<std::int64_t> places;
  for (std::size_t row = 0; row < manifest.row_count(); ++row) {
    for (const EncodedColumn& column : columns) {
      if (is_ordinal) {
        places.push_back(static_cast<std::int64_t>(column.category(row)));
      } else {
        column.append(row, numbers);
      }
    }
  }
  const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(manifest.row_count()),
                                           static_cast<std::int64_t>(width)};
  std::vector<Array> arrays;
  arrays.push_back(is_ordinal ? memory_array(input, c10::ScalarType::Long, shape, places, manifest.path())
                              : memory_array(input, c10::ScalarType::Float, shape, numbers, manifest.path()));
  arrays.push_back(text_array(input + "__columns", names_of_columns(encodings)));
  return arrays;
}

}  // namespace modattr
