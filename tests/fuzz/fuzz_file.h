#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include "modattr/data/array.h"

namespace modattr {

/// A file in memory with the fuzzer's bytes, under a path that the readers can open.
class FuzzFile {
 public:
  explicit FuzzFile(std::string_view content) : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    const char* rest = content.data();
    const char* const end = rest + content.size();
    while (rest != end) {
      const ssize_t written = ::write(descriptor_, rest, static_cast<std::size_t>(end - rest));
      if (written <= 0) std::abort();
      rest += written;
    }
  }
  FuzzFile(const FuzzFile&) = delete;
  FuzzFile& operator=(const FuzzFile&) = delete;
  ~FuzzFile() { ::close(descriptor_); }

  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

/// Reads every byte of every array, so that the sanitizers see it, and checks that shapes and bytes agree, but for
/// arrays of a type whose size is not known.
inline void touch(const std::vector<Array>& arrays) {
  volatile unsigned char sink = 0;
  for (const Array& array : arrays) {
    for (const std::byte value : array.bytes) sink = std::to_integer<unsigned char>(value);
    const bool is_readable = array.unreadable.empty();
    if (is_readable && array.row_bytes() * array.row_count() != array.bytes.size()) std::abort();
    array.storage->release_pages();
  }
  static_cast<void>(sink);
}

}  // namespace modattr
