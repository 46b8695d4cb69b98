#include "constant_data.h"

#include <cstring>
#include <span>
#include <vector>

namespace modattr {
namespace {

/// Stretches of a row's bytes that a part of an input takes, as [first, end).
struct ByteStretch {
  std::size_t first = 0;
  std::size_t end = 0;
};

std::vector<ByteStretch> stretches_of(const Array& array, const InputPart& part) {
  if (part.columns.empty()) return {{0, array.row_bytes()}};
  const std::size_t column_bytes = array.row_bytes() / static_cast<std::size_t>(array.shape[1]);
  std::vector<ByteStretch> stretches;
  for (const ColumnRange& range : part.columns) {
    stretches.push_back(
        {static_cast<std::size_t>(range.first) * column_bytes, static_cast<std::size_t>(range.end) * column_bytes});
  }
  return stretches;
}

/// Whether every row has the bytes of the first one there. Ends at the first that has not.
bool are_rows_equal(const Dataset& dataset, std::size_t input, const std::vector<ByteStretch>& stretches) {
  const Array& array = dataset.input(input);
  std::vector<std::byte> first(array.row_bytes());
  std::vector<std::byte> other(array.row_bytes());
  dataset.copy_row(input, 0, first);
  for (std::size_t row = 1; row < array.row_count(); ++row) {
    dataset.copy_row(input, static_cast<std::uint32_t>(row), other);
    for (const ByteStretch& stretch : stretches) {
      if (std::memcmp(first.data() + stretch.first, other.data() + stretch.first, stretch.end - stretch.first) != 0) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

std::optional<std::string> constant_data(const Dataset& dataset, const InputLayout& layout, std::size_t modality) {
  bool is_empty = true;
  for (std::size_t input = 0; input < layout.inputs.size(); ++input) {
    for (const InputPart& part : layout.inputs[input].parts) {
      if (part.modality != modality || dataset.input(input).row_bytes() == 0) continue;
      is_empty = false;
      if (!are_rows_equal(dataset, input, stretches_of(dataset.input(input), part))) return std::nullopt;
    }
  }
  return is_empty ? "has no data: its score is 0 whatever the model does"
                  : "has the same data in every row of " + dataset.path() +
                        ": data of other rows in its place changes no answer, so that it scores 0 by permutation, and "
                        "against a background of that file";
}

}  // namespace modattr
