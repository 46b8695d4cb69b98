#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/data/dataset.h"
#include "modattr/value/input_layout.h"

namespace modattr {

/// Rows of a model call: the example that each row takes the data of each modality from.
struct MixedRows {
  MixedRows(std::size_t modality_count, std::size_t row_count)
      : own(row_count), by_modality(modality_count, std::vector<std::uint32_t>(row_count)) {}

  std::size_t row_count() const noexcept { return own.size(); }

  /// The example that a row is about; columns that belong to no modality are its own. [rows]
  std::vector<std::uint32_t> own;
  /// [modalities][rows]
  std::vector<std::vector<std::uint32_t>> by_modality;
};

/// Data of one input of the model for the listed rows, [rows, ...].
at::Tensor gather_input(const Dataset& dataset, const InputLayout& layout, std::size_t input, const MixedRows& rows);

}  // namespace modattr
