#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "modattr/data/array.h"

namespace modattr {

/// Rows of an array that are made, such as by decoding a picture, when somebody reads them for the first time. They are
/// kept in a temporary file without a name (in $TMPDIR, or /tmp), so that memory does not grow with them; where the
/// disk has no room for a row it is made again each time. Safe to read from many threads.
class DecodedRows final : public ArrayStorage {
 public:
  /// Writes row `row` to `destination` [row_bytes]; called from any thread, two at once for different rows or the same.
  using Maker = std::function<void(std::size_t row, std::span<std::byte> destination)>;

  /// `most_kept_bytes` of the rows are kept at most. DataError when there is no room for their addresses.
  DecodedRows(std::size_t row_count, std::size_t row_bytes, Maker make, std::uint64_t most_kept_bytes = UINT64_MAX);
  DecodedRows(const DecodedRows&) = delete;
  DecodedRows& operator=(const DecodedRows&) = delete;
  ~DecodedRows() override;

  /// Addresses only, for Array::bytes to count from: nothing can be read there. copy() reads.
  std::span<const std::byte> bytes() const noexcept override { return addresses_; }
  bool makes_rows() const noexcept override { return true; }
  /// Makes the rows that are not there yet; throws what the maker throws.
  void copy(std::size_t offset, std::span<std::byte> destination) const override;

  /// Rows that were made so far, those made again counted again.
  std::uint64_t made_count() const noexcept { return made_count_.load(); }

 private:
  void read_row(std::size_t row, std::span<std::byte> destination) const;
  void keep(std::size_t row, std::span<const std::byte> bytes) const;

  std::size_t row_bytes_;
  Maker make_;
  std::uint64_t most_kept_bytes_;
  std::span<const std::byte> addresses_;
  int descriptor_ = -1;
  /// Whether a row is in the file.
  mutable std::vector<std::atomic<bool>> is_kept_;
  mutable std::atomic<std::uint64_t> kept_bytes_ = 0;
  mutable std::atomic<std::uint64_t> made_count_ = 0;
};

/// An array whose rows are made when they are read; its shape begins with the number of rows.
Array decoded_array(std::string name, c10::ScalarType dtype, std::vector<std::int64_t> shape, DecodedRows::Maker make);

}  // namespace modattr
