#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "modattr/value/mixes/modality_rows.h"

namespace modattr {

/// Numbers the different rows that mixes are made of, modality by modality: contents of examples, then synthetic rows,
/// all of which differ from each other and from the examples'.
class RowNumbers {
 public:
  /// Borrows `examples`. `synthetic_counts`: [modalities], or empty where there are no synthetic rows.
  explicit RowNumbers(const ModalityRows& examples, std::vector<std::size_t> synthetic_counts = {})
      : examples_(&examples), synthetic_counts_(std::move(synthetic_counts)) {}

  /// Different rows of a modality.
  std::size_t row_count(std::size_t modality) const {
    const std::size_t synthetic_count = synthetic_counts_.empty() ? 0 : synthetic_counts_[modality];
    return examples_->modality(modality).example_of.size() + synthetic_count;
  }
  /// Number, below row_count(), of the content of an example or of a synthetic row (example count + its number).
  std::uint32_t row_number(std::size_t modality, std::uint32_t row) const {
    const DistinctRows& rows = examples_->modality(modality);
    if (row < rows.row_of.size()) return rows.row_of[row];
    return static_cast<std::uint32_t>(rows.example_of.size() + row - rows.row_of.size());
  }
  /// Columns that belong to no modality; nullptr when there are none.
  const DistinctRows* kept_columns() const noexcept { return examples_->kept_columns(); }

 private:
  const ModalityRows* examples_;
  std::vector<std::size_t> synthetic_counts_;
};

}  // namespace modattr
