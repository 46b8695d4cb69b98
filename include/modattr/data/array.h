#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <c10/core/ScalarType.h>

namespace modattr {

/// Owner of an array's bytes: a mapped file, or memory.
class ArrayStorage {
 public:
  virtual ~ArrayStorage() = default;
  virtual std::span<const std::byte> bytes() const noexcept = 0;
  /// Copies the bytes from `offset` on; a large file is read, so that its pages do not count as resident memory.
  virtual void copy(std::size_t offset, std::span<std::byte> destination) const {
    if (!destination.empty()) std::memcpy(destination.data(), bytes().data() + offset, destination.size());
  }
  /// Whether reading a row for the first time makes it, such as by decoding a picture.
  virtual bool makes_rows() const noexcept { return false; }
  /// Tells the system that pages read so far are not needed in memory; their content stays valid.
  virtual void release_pages() const noexcept {}
};

/// How texts of one length lie in an array: code points of 4 bytes, or bytes; what is behind a text's end is 0.
struct TextType {
  std::size_t item_bytes = 0;
  bool is_unicode = false;
};

/// A named array of a data file: row-major, native byte order, not necessarily aligned.
struct Array {
  std::string name;
  c10::ScalarType dtype = c10::ScalarType::Float;
  std::vector<std::int64_t> shape;
  /// Exactly the product of `shape` elements; valid as long as `storage` lives.
  std::span<const std::byte> bytes;
  std::shared_ptr<const ArrayStorage> storage;
  /// Why the elements cannot be read, such as a dtype that libtorch lacks: the message of the error that whoever needs
  /// them throws. dtype, shape and bytes are then undefined. Empty for arrays that can be read.
  std::string unreadable = {};
  /// Of an array of texts, which are no elements: texts_of() reads them from `bytes`. It is unreadable otherwise.
  std::optional<TextType> text = std::nullopt;

  /// Where `bytes` begins in the storage.
  std::size_t storage_offset() const noexcept {
    return static_cast<std::size_t>(bytes.data() - storage->bytes().data());
  }
  /// First dimension; 1 for a scalar.
  std::size_t row_count() const noexcept { return shape.empty() ? 1 : static_cast<std::size_t>(shape.front()); }
  std::size_t row_bytes() const noexcept { return row_count() == 0 ? 0 : bytes.size() / row_count(); }
};

/// `count` rows of an array from `first` on, [count, ...]; shares its storage.
inline Array rows_of(const Array& array, std::size_t first, std::size_t count) {
  Array rows = array;
  rows.shape.front() = static_cast<std::int64_t>(count);
  rows.bytes = array.bytes.subspan(first * array.row_bytes(), count * array.row_bytes());
  return rows;
}

}  // namespace modattr
