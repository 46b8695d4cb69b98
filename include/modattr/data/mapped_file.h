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

  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() override;

  /// The path as it was given.
  const std::filesystem::path& path() const noexcept { return path_; }
  std::span<const std::byte> bytes() const noexcept override { return bytes_; }
  void release_pages() const noexcept override;
  /// Releases the pages that lie wholly inside `part`, a part of bytes().
  void release_pages(std::span<const std::byte> part) const noexcept;

 private:
  MappedFile(std::filesystem::path path, std::span<const std::byte> bytes);

  std::filesystem::path path_;
  std::span<const std::byte> bytes_;
};

}  // namespace modattr
