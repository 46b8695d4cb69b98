#include "modattr/data/mapped_file.h"

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "modattr/data/messages.h"

namespace modattr {
namespace {

[[noreturn]] void throw_system_error(const std::filesystem::path& path, int error_number) {
  throw_data_error(path.string(), "a readable file", "'" + std::generic_category().message(error_number) + "'");
}

/// Closes a file descriptor at the end of a scope, unless it is released.
struct DescriptorCloser {
  int descriptor;
  explicit DescriptorCloser(int descriptor_to_close) : descriptor(descriptor_to_close) {}
  DescriptorCloser(const DescriptorCloser&) = delete;
  DescriptorCloser& operator=(const DescriptorCloser&) = delete;
  ~DescriptorCloser() {
    if (descriptor >= 0) ::close(descriptor);
  }
  int release() { return std::exchange(descriptor, -1); }
};

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path) {
  // O_NONBLOCK: a named pipe would otherwise wait for a writer before it can be refused.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) throw_system_error(path, errno);
  DescriptorCloser closer(descriptor);
  struct stat status = {};
  if (::fstat(descriptor, &status) != 0) throw_system_error(path, errno);
  if (S_ISDIR(status.st_mode)) throw_data_error(path.string(), "a file", "a directory");
  if (!S_ISREG(status.st_mode)) throw_data_error(path.string(), "a regular file", "a device, pipe or socket");

  const auto size = static_cast<std::size_t>(status.st_size);
  std::span<const std::byte> bytes;
  if (size > 0) {  // mmap refuses an empty range
    void* const address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (address == MAP_FAILED) throw_system_error(path, errno);
    bytes = {static_cast<const std::byte*>(address), size};
  }
  return std::shared_ptr<const MappedFile>(new MappedFile(path, bytes, closer.release()));
}

MappedFile::MappedFile(std::filesystem::path path, std::span<const std::byte> bytes, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor), bytes_(bytes) {}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  ::close(descriptor_);
}

void MappedFile::copy(std::size_t offset, std::span<std::byte> destination) const {
  if (bytes_.size() <= kMappedCopyLimit) {
    ArrayStorage::copy(offset, destination);
    return;
  }
  while (!destination.empty()) {
    const ssize_t count = ::pread(descriptor_, destination.data(), destination.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_system_error(path_, errno);
    if (count == 0) throw_data_error(path_.string(), "a file that keeps its size", "a shorter one");
    offset += static_cast<std::size_t>(count);
    destination = destination.subspan(static_cast<std::size_t>(count));
  }
}

void MappedFile::release_pages() const noexcept {
  release_pages(bytes_);
}

void MappedFile::release_pages(std::span<const std::byte> part) const noexcept {
  if (part.empty()) return;
  const auto page_bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(part.data());
  const std::uintptr_t first_page = (begin + page_bytes - 1) / page_bytes * page_bytes;
  // The mapping's last page belongs to it alone, although the file may end inside it.
  const bool reaches_end = part.data() + part.size() == bytes_.data() + bytes_.size();
  const std::uintptr_t end = begin + part.size() + (reaches_end ? page_bytes - 1 : 0);
  const std::uintptr_t last_page = end / page_bytes * page_bytes;
  if (last_page > first_page) {
    ::madvise(reinterpret_cast<void*>(first_page), last_page - first_page, MADV_DONTNEED);
  }
}

}  // namespace modattr
