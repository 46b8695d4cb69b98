#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "modattr/data/array.h"
#include "modattr/data/metadata.h"

namespace modattr {

/// How a column of a manifest becomes numbers, in the words of scikit-learn.
struct ColumnEncoding {
  std::string column;
  /// (x - mean) / std in double precision, then rounded to single; of a column of numbers.
  double mean = 0.0;
  double std = 1.0;
  /// Stands for a missing number, before mean and std; nullopt: a missing number is an error.
  std::optional<double> missing = std::nullopt;
  /// Texts in the order of their numbers; empty: the column holds numbers.
  std::vector<std::string> categories = {};
  /// Of categories: one column each that is 0 or 1, or one column with the place.
  enum class Style { kOneHot, kOrdinal } style = Style::kOneHot;
  /// A text that is no category: all zeros of a one-hot column, an error else.
  enum class Unknown { kError, kIgnored } unknown = Unknown::kError;

  /// Columns of the input that it becomes.
  std::size_t width() const noexcept { return categories.empty() || style == Style::kOrdinal ? 1 : categories.size(); }
};

/// Reads the columns into one input, float32 [examples, columns]; int64 where all are ordinal. A second array
/// NAME__columns has their names: "age", "sex=f". DataError naming the line where a cell is missing, no number or no
/// category.
std::vector<Array> encode_columns(const Metadata& manifest, const std::string& input,
                                  const std::vector<ColumnEncoding>& encodings);

/// An array of texts, one row each.
Array text_array(std::string name, const std::vector<std::string>& texts);

}  // namespace modattr
