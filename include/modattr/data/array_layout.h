#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <c10/core/ScalarType.h>

namespace modattr {

/// More dimensions than any array has; a longer shape is a damaged or hostile one.
inline constexpr std::size_t kDimensionLimit = 64;

/// Bytes of one element; 0 for the dtypes that no data file holds (quantised, complex of half).
std::size_t item_bytes(c10::ScalarType dtype) noexcept;

/// Bytes of a dense array; nothing when a dimension is negative, there are too many, or the product overflows (also the
/// product of the dimensions that are not 0).
std::optional<std::uint64_t> array_bytes(c10::ScalarType dtype, std::span<const std::int64_t> shape) noexcept;

/// `[3, 4]`, for messages.
std::string shape_text(std::span<const std::int64_t> shape);

/// Strides in elements of a dense array whose last dimension varies fastest; `shape` has passed array_bytes.
std::vector<std::int64_t> row_major_strides(std::span<const std::int64_t> shape);
/// Strides in elements of a dense array whose first dimension varies fastest; `shape` has passed array_bytes.
std::vector<std::int64_t> column_major_strides(std::span<const std::int64_t> shape);

/// Elements of a buffer picked by strides; the caller has checked that every element lies inside `bytes`.
struct StridedView {
  std::span<const std::byte> bytes;
  std::size_t item_bytes = 1;
  std::span<const std::int64_t> shape;
  /// In elements, not negative, as many as dimensions.
  std::span<const std::int64_t> strides;
};

/// Copies the view's elements to `destination` in row-major order; calls `between_blocks` after every few megabytes and
/// at the end.
void gather(const StridedView& view, std::span<std::byte> destination, const std::function<void()>& between_blocks);

}  // namespace modattr
