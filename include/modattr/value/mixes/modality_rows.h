#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "modattr/data/dataset.h"
#include "modattr/value/input_layout.h"
#include "modattr/value/mixes/distinct_rows.h"

namespace modattr {

/// Which examples hold equal data, modality by modality: two mixes of equal rows have equal outputs.
class ModalityRows {
 public:
  /// Reads the inputs of every modality. `layout.inputs` are the dataset's inputs, in order.
  ModalityRows(const Dataset& dataset, const InputLayout& layout);

  const DistinctRows& modality(std::size_t modality) const { return modalities_.at(modality); }
  /// Different rows of a modality, made ones included.
  std::size_t row_count(std::size_t modality) const {
    return modalities_[modality].example_of.size() + made_counts_[modality];
  }
  /// Number, below row_count(), of the content of an example or of a synthetic row (example count + its number).
  std::uint32_t row_number(std::size_t modality, std::uint32_t row) const {
    const DistinctRows& rows = modalities_[modality];
    if (row < rows.row_of.size()) return rows.row_of[row];
    return static_cast<std::uint32_t>(rows.example_of.size() + row - rows.row_of.size());
  }
  /// Synthetic rows per modality, all of them different from each other and from the examples'.
  void set_synthetic_counts(std::vector<std::size_t> counts) { made_counts_ = std::move(counts); }
  /// Columns that belong to no modality: an example keeps its own in every mix. nullptr when there are none.
  const DistinctRows* kept_columns() const noexcept { return has_kept_columns_ ? &kept_columns_ : nullptr; }

 private:
  std::vector<DistinctRows> modalities_;
  std::vector<std::size_t> made_counts_;
  DistinctRows kept_columns_;
  bool has_kept_columns_ = false;
};

}  // namespace modattr
