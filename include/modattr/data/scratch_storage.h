#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "modattr/data/array.h"

namespace modattr {

/// Writable bytes for an array that cannot be mapped from its file as it is.
class ScratchStorage : public ArrayStorage {
 public:
  virtual std::span<std::byte> writable_bytes() noexcept = 0;
};

/// Hands out scratch storage: memory up to a budget, beyond it temporary files without a name that are mapped, so that
/// memory does not grow with the arrays. The files lie in $TMPDIR, or /tmp.
class ScratchAllocator {
 public:
  static constexpr std::uint64_t kMemoryBudgetBytes = std::uint64_t{64} << 20;

  explicit ScratchAllocator(std::uint64_t memory_budget_bytes = kMemoryBudgetBytes)
      : memory_left_bytes_(memory_budget_bytes) {}

  /// Storage of `byte_count` bytes; DataError, starting with `where`, when neither memory nor disk has room.
  std::shared_ptr<ScratchStorage> allocate(std::uint64_t byte_count, std::string_view where);

 private:
  std::uint64_t memory_left_bytes_;
};

}  // namespace modattr
