#pragma once

#include <cstddef>
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
  /// Columns that belong to no modality: an example keeps its own in every mix. nullptr when there are none.
  const DistinctRows* kept_columns() const noexcept { return has_kept_columns_ ? &kept_columns_ : nullptr; }

 private:
  std::vector<DistinctRows> modalities_;
  DistinctRows kept_columns_;
  bool has_kept_columns_ = false;
};

}  // namespace modattr
