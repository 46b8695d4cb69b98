#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/split/split_model.h"
#include "torch_split_model.h"

namespace modattr {

/// The first rows of every tensor.
std::vector<at::Tensor> narrow_all(std::span<const at::Tensor> tensors, std::int64_t row_count);

/// At most so many rows of every tensor, a multiple of kFewestProbeRows, from everywhere in it.
std::vector<at::Tensor> spread_rows(std::span<const at::Tensor> tensors, std::int64_t most_rows);

/// Equal up to what other batch shapes do to the last digits.
bool nearly_equal(const at::Tensor& a, const at::Tensor& b);

/// The inputs of one modality, in the order of ModelInputs.
std::vector<at::Tensor> inputs_of(const std::vector<ModelInput>& inputs, std::span<const at::Tensor> tensors,
                                  std::size_t modality);

inline constexpr std::int64_t kFewestProbeRows = 8;

/// The probe with rows repeated until there are enough to tell which dimension counts them.
std::vector<at::Tensor> enough_rows(std::span<const at::Tensor> probe);

/// The features of rows of a modality, then whatever else rows answer by themselves, each [rows, ...].
using RowEncoder = std::function<std::vector<at::Tensor>(std::size_t modality, std::span<const at::Tensor> inputs)>;

/// Throws ModelError with the reason when features, or the outputs made of them, differ from the whole model's: for
/// mixed rows, permuted rows, another batch size, and rows whose neighbours hold anything in the range of `data`, which
/// are more rows than those of the probe. `is_known`: per modality, whether its rows are known to have nothing to do
/// with each other (see row_flow.h), so that neighbours need not be tried.
void prove_split(const TorchSplitOptions& options, const SplitModel& split, const RowEncoder& encode,
                 const std::vector<bool>& is_known, std::span<const at::Tensor> probe,
                 std::span<const at::Tensor> data);

}  // namespace modattr
