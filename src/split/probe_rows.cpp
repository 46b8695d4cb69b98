#include "probe_rows.h"

#include <algorithm>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

namespace modattr {

using Tensors = std::vector<at::Tensor>;

Tensors enough_rows(std::span<const at::Tensor> tensors) {
  const std::int64_t row_count = tensors.front().size(0);
  if (row_count >= kFewestProbeRows) return {tensors.begin(), tensors.end()};
  return select_rows(tensors, at::arange(kFewestProbeRows, at::kLong).remainder(row_count));
}

Tensors spread_rows(std::span<const at::Tensor> tensors, std::int64_t most_rows) {
  const std::int64_t row_count = tensors.front().size(0);
  const std::int64_t count = std::min(row_count, most_rows) / kFewestProbeRows * kFewestProbeRows;
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < count; ++row) rows.push_back(row * row_count / count);
  return select_rows(tensors, at::tensor(rows, at::kLong));
}

Tensors rows_from(std::span<const at::Tensor> tensors, std::int64_t first, std::int64_t row_count) {
  Tensors result;
  for (const at::Tensor& tensor : tensors) result.push_back(tensor.narrow(0, first, row_count));
  return result;
}

Tensors select_rows(std::span<const at::Tensor> tensors, const at::Tensor& rows) {
  Tensors result;
  for (const at::Tensor& tensor : tensors) result.push_back(tensor.index_select(0, rows));
  return result;
}

Tensors inputs_of(std::span<const ModelInput> inputs, std::span<const at::Tensor> tensors, std::size_t modality) {
  Tensors selected;
  for (std::size_t input = 0; input < inputs.size(); ++input) {
    if (inputs[input].modality == modality) selected.push_back(tensors[input]);
  }
  return selected;
}

bool nearly_equal(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return false;
  if (a.is_complex() && b.is_complex()) return nearly_equal(at::view_as_real(a), at::view_as_real(b));
  if (!a.is_floating_point() && !a.is_complex()) return a.equal(b);
  const double tolerance = a.scalar_type() == at::kHalf || a.scalar_type() == at::kBFloat16 ? 2e-2 : 1e-4;
  const at::Tensor wide = b.to(at::kDouble);
  const double scale = wide.numel() == 0 ? 1.0 : std::max(1e-3, wide.nan_to_num(0, 0, 0).abs().max().item<double>());
  return a.to(at::kDouble).allclose(wide, 0.0, tolerance * scale, /*equal_nan=*/true);
}

}  // namespace modattr
