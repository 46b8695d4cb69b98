#include "modattr/data/array_layout.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace modattr {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{16} << 20;

/// Copies `count` elements of `ItemBytes` bytes that lie `stride` elements apart.
template <std::size_t ItemBytes>
void copy_line(const std::byte* source, std::int64_t stride, std::size_t count, std::byte* destination) {
  for (std::size_t element = 0; element < count; ++element) {
    std::memcpy(destination + element * ItemBytes, source, ItemBytes);
    if (element + 1 < count) source += stride * static_cast<std::int64_t>(ItemBytes);
  }
}

using CopyLine = void (*)(const std::byte*, std::int64_t, std::size_t, std::byte*);

CopyLine copy_line_for(std::size_t item_bytes) {
  switch (item_bytes) {
    case 1:
      return copy_line<1>;
    case 2:
      return copy_line<2>;
    case 4:
      return copy_line<4>;
    case 8:
      return copy_line<8>;
    default:
      return copy_line<16>;
  }
}

}  // namespace

std::size_t item_bytes(c10::ScalarType dtype) noexcept {
  switch (dtype) {
    case c10::ScalarType::Bool:
    case c10::ScalarType::Byte:
    case c10::ScalarType::Char:
      return 1;
    case c10::ScalarType::Short:
    case c10::ScalarType::Half:
    case c10::ScalarType::BFloat16:
      return 2;
    case c10::ScalarType::Int:
    case c10::ScalarType::Float:
      return 4;
    case c10::ScalarType::Long:
    case c10::ScalarType::Double:
    case c10::ScalarType::ComplexFloat:
      return 8;
    case c10::ScalarType::ComplexDouble:
      return 16;
    default:
      return 0;
  }
}

std::optional<std::uint64_t> array_bytes(c10::ScalarType dtype, std::span<const std::int64_t> shape) noexcept {
  if (shape.size() > kDimensionLimit) return std::nullopt;
  std::uint64_t byte_count = item_bytes(dtype);
  if (byte_count == 0) return std::nullopt;
  bool empty = false;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0) return std::nullopt;
    if (dimension == 0) {
      empty = true;
      continue;
    }
    const auto factor = static_cast<std::uint64_t>(dimension);
    if (byte_count > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / factor) return std::nullopt;
    byte_count *= factor;
  }
  return empty ? 0 : byte_count;
}

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (axis > 0) text += ", ";
    text += std::to_string(shape[axis]);
  }
  return text + "]";
}

std::vector<std::int64_t> row_major_strides(std::span<const std::int64_t> shape) {
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= std::max<std::int64_t>(shape[axis], 1);
  }
  return strides;
}

std::vector<std::int64_t> column_major_strides(std::span<const std::int64_t> shape) {
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    strides[axis] = stride;
    stride *= std::max<std::int64_t>(shape[axis], 1);
  }
  return strides;
}

void gather(const StridedView& view, std::span<std::byte> destination, const std::function<void()>& between_blocks) {
  const CopyLine copy = copy_line_for(view.item_bytes);
  const std::size_t dimension_count = view.shape.size();
  const std::size_t line_items = dimension_count == 0 ? 1 : static_cast<std::size_t>(view.shape.back());
  const std::int64_t line_stride = dimension_count == 0 ? 1 : view.strides.back();
  const std::size_t line_bytes = line_items * view.item_bytes;
  std::vector<std::int64_t> position(dimension_count, 0);
  std::size_t written = 0;
  std::size_t written_since_release = 0;
  std::int64_t source_item = 0;
  while (written < destination.size()) {
    copy(view.bytes.data() + static_cast<std::size_t>(source_item) * view.item_bytes, line_stride, line_items,
         destination.data() + written);
    written += line_bytes;
    written_since_release += line_bytes;
    if (written_since_release >= kBlockBytes) {
      between_blocks();
      written_since_release = 0;
    }
    // Counts `position` up like an odometer over every axis but the last.
    for (std::size_t axis = dimension_count < 2 ? 0 : dimension_count - 1; axis-- > 0;) {
      source_item += view.strides[axis];
      if (++position[axis] < view.shape[axis]) break;
      source_item -= view.strides[axis] * view.shape[axis];
      position[axis] = 0;
    }
  }
  between_blocks();
}

}  // namespace modattr
