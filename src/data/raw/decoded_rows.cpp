#include "modattr/data/raw/decoded_rows.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "modattr/core/error.h"
#include "modattr/data/array_layout.h"

namespace modattr {
namespace {

/// -1 where there is none: rows are made again then.
int open_nameless_file() {
  const char* const chosen = std::getenv("TMPDIR");
  std::string path = std::string(chosen != nullptr && *chosen != '\0' ? chosen : "/tmp") + "/modattr-XXXXXX";
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor >= 0) ::unlink(path.c_str());
  return descriptor;
}

/// Half of what the disk has to give: others need some, too.
std::uint64_t room_bytes(int descriptor) {
  struct statvfs disk = {};
  if (descriptor < 0 || ::fstatvfs(descriptor, &disk) != 0) return 0;
  return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize / 2;
}

bool write_all(int descriptor, std::span<const std::byte> bytes, std::size_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::size_t>(count);
  }
  return true;
}

bool read_all(int descriptor, std::span<std::byte> bytes, std::size_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = ::pread(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace

DecodedRows::DecodedRows(std::size_t row_count, std::size_t row_bytes, Maker make, std::uint64_t most_kept_bytes)
    : row_bytes_(row_bytes), make_(std::move(make)), is_kept_(row_count) {
  const std::size_t byte_count = std::max<std::size_t>(row_count * row_bytes, 1);
  void* const address = ::mmap(nullptr, byte_count, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED) {
    throw DataError("data: expected room for the addresses of " + std::to_string(byte_count) + " bytes, got none");
  }
  addresses_ = {static_cast<const std::byte*>(address), row_count * row_bytes};
  descriptor_ = open_nameless_file();
  most_kept_bytes_ = std::min(most_kept_bytes, room_bytes(descriptor_));
}

DecodedRows::~DecodedRows() {
  ::munmap(const_cast<std::byte*>(addresses_.data()), std::max<std::size_t>(addresses_.size(), 1));
  if (descriptor_ >= 0) ::close(descriptor_);
}

void DecodedRows::keep(std::size_t row, std::span<const std::byte> bytes) const {
  if (kept_bytes_.fetch_add(row_bytes_) + row_bytes_ > most_kept_bytes_ ||
      !write_all(descriptor_, bytes, row * row_bytes_)) {
    kept_bytes_ -= row_bytes_;
    return;
  }
  // Two threads may have made the same row; both wrote the same bytes.
  if (is_kept_[row].exchange(true, std::memory_order_release)) kept_bytes_ -= row_bytes_;
}

void DecodedRows::read_row(std::size_t row, std::span<std::byte> destination) const {
  if (is_kept_[row].load(std::memory_order_acquire) && read_all(descriptor_, destination, row * row_bytes_)) return;
  make_(row, destination);
  ++made_count_;
  keep(row, destination);
}

void DecodedRows::copy(std::size_t offset, std::span<std::byte> destination) const {
  std::vector<std::byte> whole;
  while (!destination.empty()) {
    const std::size_t row = offset / row_bytes_;
    const std::size_t start = offset % row_bytes_;
    const std::size_t count = std::min(row_bytes_ - start, destination.size());
    if (count == row_bytes_) {
      read_row(row, destination.first(count));
    } else {
      whole.resize(row_bytes_);
      read_row(row, whole);
      std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(start), count, destination.begin());
    }
    destination = destination.subspan(count);
    offset += count;
  }
}

Array decoded_array(std::string name, c10::ScalarType dtype, std::vector<std::int64_t> shape, DecodedRows::Maker make) {
  const auto row_count = static_cast<std::size_t>(shape.front());
  std::size_t row_bytes = item_bytes(dtype);
  for (std::size_t axis = 1; axis < shape.size(); ++axis) row_bytes *= static_cast<std::size_t>(shape[axis]);
  Array array{.name = std::move(name), .dtype = dtype, .shape = std::move(shape), .bytes = {}, .storage = {}};
  array.storage = std::make_shared<DecodedRows>(row_count, row_bytes, std::move(make));
  array.bytes = array.storage->bytes();
  return array;
}

}  // namespace modattr
