#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/split/split_model.h"

namespace modattr {

inline constexpr std::int64_t kFewestProbeRows = 8;

/// The tensors with rows repeated until there are enough to show which dimension counts them.
std::vector<at::Tensor> enough_rows(std::span<const at::Tensor> tensors);

/// At most so many rows of every tensor, a multiple of kFewestProbeRows, from everywhere in it.
std::vector<at::Tensor> spread_rows(std::span<const at::Tensor> tensors, std::int64_t most_rows);

/// Rows `first` to `first + row_count - 1` of every tensor.
std::vector<at::Tensor> rows_from(std::span<const at::Tensor> tensors, std::int64_t first, std::int64_t row_count);

/// The rows of every tensor that `rows`, int64[any], lists.
std::vector<at::Tensor> select_rows(std::span<const at::Tensor> tensors, const at::Tensor& rows);

/// The inputs of one modality, in the order of ModelInputs.
std::vector<at::Tensor> inputs_of(std::span<const ModelInput> inputs, std::span<const at::Tensor> tensors,
                                  std::size_t modality);

/// Equal up to rounding, which differs between batches of different shapes.
bool nearly_equal(const at::Tensor& a, const at::Tensor& b);

}  // namespace modattr
