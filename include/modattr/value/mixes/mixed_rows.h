#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/data/dataset.h"
#include "modattr/value/input_layout.h"
#include "modattr/value/mixes/synthetic_rows.h"

namespace modattr {

/// Rows of a model call: the example, or the synthetic row, that each row takes the data of each modality from.
struct MixedRows {
  MixedRows(std::size_t modality_count, std::size_t row_count)
      : own(row_count), by_modality(modality_count, std::vector<std::uint32_t>(row_count)) {}

  std::size_t row_count() const noexcept { return own.size(); }

  /// The example that a row is about; columns that belong to no modality are its own. [rows]
  std::vector<std::uint32_t> own;
  /// [modalities][rows]
  std::vector<std::vector<std::uint32_t>> by_modality;
};

/// Data of one input of the model for the listed rows, [rows, ...]. `synthetic`: nullptr when all rows are
/// examples.
at::Tensor gather_input(const Dataset& dataset, const InputLayout& layout, std::size_t input, const MixedRows& rows,
                        const SyntheticRows* synthetic = nullptr);

/// Places of a list of rows that are examples, and of those that are synthetic.
struct RowOrigins {
  RowOrigins(std::span<const std::uint32_t> rows, std::size_t example_count);

  std::vector<std::int64_t> example_places;
  std::vector<std::uint32_t> examples;
  std::vector<std::int64_t> synthetic_places;
  /// Numbers of synthetic rows.
  std::vector<std::uint32_t> synthetic;
};

/// Rows of two origins in one tensor, [rows, ...], each in its place.
at::Tensor merge_rows(const RowOrigins& origins, const at::Tensor& examples, const at::Tensor& synthetic);

}  // namespace modattr
