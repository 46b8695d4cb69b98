#include "modattr/data/array_tensor.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include <ATen/Functions.h>

#include "modattr/core/error.h"
#include "modattr/data/array_layout.h"
#include "modattr/data/scratch_storage.h"

namespace modattr {
namespace {

at::Tensor copy_all(const Array& array) {
  at::Tensor tensor = at::empty(array.shape, at::TensorOptions().dtype(array.dtype));
  if (!array.bytes.empty()) {
    array.storage->copy(array.storage_offset(), {static_cast<std::byte*>(tensor.data_ptr()), array.bytes.size()});
  }
  return tensor.reshape({-1});
}

}  // namespace

at::Tensor copy_rows(const Array& array, std::span<const std::uint32_t> rows) {
  std::vector<std::int64_t> shape = array.shape;
  shape.front() = static_cast<std::int64_t>(rows.size());
  at::Tensor tensor = at::empty(shape, at::TensorOptions().dtype(array.dtype));
  const std::size_t row_bytes = array.row_bytes();
  if (row_bytes == 0) return tensor;
  auto* destination = static_cast<std::byte*>(tensor.data_ptr());
  for (std::size_t first = 0; first < rows.size();) {
    // Neighbouring rows in one piece.
    std::size_t end = first + 1;
    while (end < rows.size() && rows[end] == rows[end - 1] + 1) ++end;
    const std::size_t piece_bytes = (end - first) * row_bytes;
    array.storage->copy(array.storage_offset() + rows[first] * row_bytes, {destination, piece_bytes});
    destination += piece_bytes;
    first = end;
  }
  return tensor;
}

std::vector<std::int64_t> to_integers(const Array& array) {
  const at::Tensor tensor = copy_all(array).to(at::kLong);
  const auto* values = tensor.data_ptr<std::int64_t>();
  return {values, values + tensor.numel()};
}

std::vector<double> to_doubles(const Array& array) {
  const at::Tensor tensor = copy_all(array).to(at::kDouble);
  const auto* values = tensor.data_ptr<double>();
  return {values, values + tensor.numel()};
}

Array cast_array(const Array& array, c10::ScalarType dtype, ScratchAllocator& scratch, std::string_view where) {
  constexpr std::size_t kBytesAtATime = std::size_t{8} << 20;
  const std::shared_ptr<ScratchStorage> storage = scratch.allocate(array_bytes(dtype, array.shape).value(), where);
  Array cast = array;
  cast.dtype = dtype;
  cast.bytes = storage->bytes();
  cast.storage = storage;
  std::span<std::byte> rest = storage->writable_bytes();
  const std::size_t rows_at_a_time =
      std::max<std::size_t>(kBytesAtATime / std::max<std::size_t>(array.row_bytes(), 1), 1);
  for (std::size_t first = 0; first < array.row_count() && !rest.empty(); first += rows_at_a_time) {
    std::vector<std::uint32_t> rows(std::min(rows_at_a_time, array.row_count() - first));
    std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(first));
    const at::Tensor numbers = copy_rows(array, rows).to(dtype);
    std::memcpy(rest.data(), numbers.data_ptr(), numbers.nbytes());
    rest = rest.subspan(numbers.nbytes());
    array.storage->release_pages();
    storage->release_pages();
  }
  return cast;
}

bool is_integral(const Array& array) {
  return c10::isIntegralType(array.dtype, /*includeBool=*/true);
}

std::string dtype_name(c10::ScalarType dtype) {
  switch (dtype) {
    case c10::ScalarType::Bool:
      return "bool";
    case c10::ScalarType::Byte:
      return "uint8";
    case c10::ScalarType::Char:
      return "int8";
    case c10::ScalarType::Short:
      return "int16";
    case c10::ScalarType::Int:
      return "int32";
    case c10::ScalarType::Long:
      return "int64";
    case c10::ScalarType::Half:
      return "float16";
    case c10::ScalarType::BFloat16:
      return "bfloat16";
    case c10::ScalarType::Float:
      return "float32";
    case c10::ScalarType::Double:
      return "float64";
    case c10::ScalarType::ComplexFloat:
      return "complex64";
    case c10::ScalarType::ComplexDouble:
      return "complex128";
    default:
      return c10::toString(dtype);
  }
}

void check_readable(const Array& array) {
  if (!array.unreadable.empty()) throw DataError(array.unreadable);
}

std::string describe(const Array& array) {
  if (array.text) return "text" + shape_text(array.shape);
  if (!array.unreadable.empty()) return "not readable";
  return dtype_name(array.dtype) + shape_text(array.shape);
}

std::string describe(const at::Tensor& tensor) {
  return dtype_name(tensor.scalar_type()) + shape_text({tensor.sizes().data(), tensor.sizes().size()});
}

}  // namespace modattr
