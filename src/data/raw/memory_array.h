#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "modattr/data/array.h"
#include "modattr/data/scratch_storage.h"

namespace modattr {

/// An array of numbers that were computed, [rows] or [rows, columns]; in a temporary file where it is large.
template <typename Number>
Array memory_array(std::string name, c10::ScalarType dtype, std::vector<std::int64_t> shape,
                   const std::vector<Number>& numbers, std::string_view where) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(numbers));
  ScratchAllocator scratch;
  const std::shared_ptr<ScratchStorage> storage = scratch.allocate(bytes.size(), where);
  if (!bytes.empty()) std::memcpy(storage->writable_bytes().data(), bytes.data(), bytes.size());
  storage->release_pages();
  return {.name = std::move(name),
          .dtype = dtype,
          .shape = std::move(shape),
          .bytes = storage->bytes(),
          .storage = storage};
}

/// NAME__rows, the row of an input's array that each example uses [examples].
inline Array rows_array(const std::string& input, const std::vector<std::int64_t>& rows) {
  return memory_array(input + "__rows", c10::ScalarType::Long, {static_cast<std::int64_t>(rows.size())}, rows, input);
}

}  // namespace modattr
