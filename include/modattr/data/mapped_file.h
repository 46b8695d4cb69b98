#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "modattr/data/array.h"

namespace modattr {

/// A regular file mapped read-only. The file must not shrink while it is mapped: reading beyond its new end is fatal.
class MappedFile final : public ArrayStorage {
 public:
  /// Maps the file at `path`; DataError when it is missing, unreadable or not a regular file.
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);

  /// Touching a page of a mapping makes its neighbours resident, too: scattered reads of a large file would make all of
  /// it resident. A small one may be.
  static constexpr std::size_t kMappedCopyLimit = std::size_t{8} << 20;

  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() override;

  /// The path as it was given.
  const std::filesystem::path& path() const noexcept { return path_; }
  std::span<const std::byte> bytes() const noexcept override { return bytes_; }
  /// Reads from a file above kMappedCopyLimit, copies from the mapping below; DataError when the file cannot be read.
  void copy(std::size_t offset, std::span<std::byte> destination) const override;
  void release_pages() const noexcept override;
  /// Releases the pages that lie wholly inside `part`, a part of bytes().
  void release_pages(std::span<const std::byte> part) const noexcept;

 private:
  MappedFile(std::filesystem::path path, std::span<const std::byte> bytes, int descriptor);

  std::filesystem::path path_;
  int descriptor_;
  std::span<const std::byte> bytes_;
};

}  // namespace modattr
