#include "encoding_layout.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>

#include "probe_rows.h"

namespace modattr {
namespace {

bool has_one_entry_per_row(const BatchAxis& axis) {
  return axis.outer == 1 && axis.inner == 1;
}

/// The dimension that has one entry per row once `axis` is taken apart into [outer, rows] or [rows, inner].
std::int64_t row_dimension(const BatchAxis& axis) {
  return static_cast<std::int64_t>(axis.dimension) + (axis.outer == 1 ? 0 : 1);
}

at::Tensor rows_first(const at::Tensor& value, const BatchAxis& axis) {
  const auto dimension = static_cast<std::int64_t>(axis.dimension);
  if (has_one_entry_per_row(axis)) return dimension == 0 ? value : value.movedim(dimension, 0);
  std::vector<std::int64_t> shape = value.sizes().vec();
  const auto place = shape.begin() + dimension;
  const std::int64_t row_count = *place / (axis.outer * axis.inner);
  *place = axis.outer == 1 ? axis.inner : row_count;
  shape.insert(place, axis.outer == 1 ? row_count : axis.outer);
  return value.reshape(shape).movedim(row_dimension(axis), 0);
}

at::Tensor rows_in_place(const at::Tensor& rows, const BatchAxis& axis) {
  const auto dimension = static_cast<std::int64_t>(axis.dimension);
  if (has_one_entry_per_row(axis)) return dimension == 0 ? rows : rows.movedim(0, dimension);
  return rows.movedim(0, row_dimension(axis)).flatten(dimension, dimension + 1);
}

std::vector<std::int64_t> memory_order_of(const at::Tensor& tensor) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(tensor.dim()));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater{}, [&](std::int64_t dimension) { return tensor.stride(dimension); });
  return order;
}

at::Tensor in_memory_order(const at::Tensor& tensor, const std::vector<std::int64_t>& order) {
  std::vector<std::int64_t> inverse(order.size());
  for (std::size_t place = 0; place < order.size(); ++place) {
    inverse[static_cast<std::size_t>(order[place])] = static_cast<std::int64_t>(place);
  }
  return tensor.permute(order).contiguous().permute(inverse);
}

/// The axis in a dimension whose size differs between the batches; nullopt when it is not clear which row its entries
/// belong to.
std::optional<BatchAxis> find_axis(const at::Tensor& all, const at::Tensor& some, std::int64_t dimension) {
  const std::int64_t entries_per_row = all.size(dimension) / kFewestProbeRows;
  if (entries_per_row == 0 || all.size(dimension) != entries_per_row * kFewestProbeRows ||
      some.size(dimension) != entries_per_row * kFewestProbeRows / 2) {
    return std::nullopt;
  }
  const auto place = static_cast<std::size_t>(dimension);
  if (entries_per_row == 1) return BatchAxis{place};
  // The first rows show which entries are theirs, unless all of them are equal.
  const auto fits = [&](const BatchAxis& axis) {
    return nearly_equal(rows_first(all, axis).narrow(0, 0, kFewestProbeRows / 2), rows_first(some, axis));
  };
  const BatchAxis apart{place, entries_per_row, 1};
  const BatchAxis together{place, 1, entries_per_row};
  const bool fits_apart = fits(apart);
  const bool fits_together = fits(together);
  if (fits_apart == fits_together) return std::nullopt;
  return fits_together ? together : apart;
}

}  // namespace

std::optional<EncodingLayout> learn_layout(const at::Tensor& all, const at::Tensor& some) {
  if (all.dim() != some.dim()) return std::nullopt;
  std::vector<std::int64_t> differing;
  for (std::int64_t dimension = 0; dimension < all.dim(); ++dimension) {
    if (all.size(dimension) != some.size(dimension)) differing.push_back(dimension);
  }
  if (differing.empty()) {
    if (!nearly_equal(all, some)) return std::nullopt;
    return EncodingLayout{.kind = EncodingKind::kSameForAll, .memory_order = memory_order_of(all), .sample = all};
  }
  const auto axis = differing.size() == 1 ? find_axis(all, some, differing.front()) : std::nullopt;
  if (!axis) return std::nullopt;
  return EncodingLayout{.kind = EncodingKind::kPerRow,
                        .axis = *axis,
                        .memory_order = memory_order_of(all),
                        .sample = rows_first(all, *axis).narrow(0, 0, 1)};
}

at::Tensor rows_first(const at::Tensor& value, const EncodingLayout& layout) {
  return rows_first(value, layout.axis);
}

at::Tensor as_encoder_gave(const at::Tensor& rows, const EncodingLayout& layout) {
  return in_memory_order(rows_in_place(rows, layout.axis), layout.memory_order);
}

}  // namespace modattr
