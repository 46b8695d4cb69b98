#pragma once

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

}  // namespace modattr
