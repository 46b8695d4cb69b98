#include "modattr/data/scratch_storage.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "modattr/data/messages.h"

namespace modattr {
namespace {

constexpr std::uint64_t kLargestBytes = std::uint64_t{1} << 40;

class MemoryStorage final : public ScratchStorage {
 public:
  explicit MemoryStorage(std::size_t byte_count) : bytes_(byte_count) {}
  std::span<const std::byte> bytes() const noexcept override { return bytes_; }
  std::span<std::byte> writable_bytes() noexcept override { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

class TemporaryFileStorage final : public ScratchStorage {
 public:
  explicit TemporaryFileStorage(std::span<std::byte> mapping) : mapping_(mapping) {}
  TemporaryFileStorage(const TemporaryFileStorage&) = delete;
  TemporaryFileStorage& operator=(const TemporaryFileStorage&) = delete;
  ~TemporaryFileStorage() override { ::munmap(mapping_.data(), mapping_.size()); }

  std::span<const std::byte> bytes() const noexcept override { return mapping_; }
  std::span<std::byte> writable_bytes() noexcept override { return mapping_; }
  void release_pages() const noexcept override { ::madvise(mapping_.data(), mapping_.size(), MADV_DONTNEED); }

 private:
  std::span<std::byte> mapping_;
};

std::string temporary_folder() {
  const char* const folder = std::getenv("TMPDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/tmp";
}

/// A new file of `byte_count` bytes without a name, mapped. All its blocks are reserved before the first is written: a
/// disk that fills up would otherwise kill the process when a page is written.
std::span<std::byte> map_temporary_file(const std::string& folder, std::size_t byte_count, int& error_number) {
  std::string path = folder + "/modattr-XXXXXX";
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) {
    error_number = errno;
    return {};
  }
  ::unlink(path.c_str());
  // Reserving more than there is would fill the disk for others before it fails.
  struct statvfs disk = {};
  const bool room = ::fstatvfs(descriptor, &disk) != 0 || byte_count / disk.f_frsize < disk.f_bavail;
  error_number = room ? ::posix_fallocate(descriptor, 0, static_cast<off_t>(byte_count)) : ENOSPC;
  void* address = MAP_FAILED;
  if (error_number == 0) {
    address = ::mmap(nullptr, byte_count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (address == MAP_FAILED) error_number = errno;
  }
  ::close(descriptor);
  if (address == MAP_FAILED) return {};
  return {static_cast<std::byte*>(address), byte_count};
}

}  // namespace

std::shared_ptr<ScratchStorage> ScratchAllocator::allocate(std::uint64_t byte_count, std::string_view where) {
  if (byte_count <= memory_left_bytes_) {
    memory_left_bytes_ -= byte_count;
    return std::make_shared<MemoryStorage>(static_cast<std::size_t>(byte_count));
  }
  if (byte_count > kLargestBytes) {
    throw_data_error(where, "at most 1 TiB to unpack", std::to_string(byte_count) + " bytes",
                     "store the array uncompressed and in row-major order");
  }
  const std::string folder = temporary_folder();
  int error_number = 0;
  const std::span<std::byte> mapping = map_temporary_file(folder, static_cast<std::size_t>(byte_count), error_number);
  if (mapping.empty()) {
    throw_data_error(
        where, std::to_string(byte_count) + " bytes of free space in " + folder + " to unpack the array",
        "'" + std::generic_category().message(error_number) + "'",
        "set TMPDIR to a folder with room, or store the array uncompressed and in row-major order (numpy.savez)");
  }
  return std::make_shared<TemporaryFileStorage>(mapping);
}

}  // namespace modattr
