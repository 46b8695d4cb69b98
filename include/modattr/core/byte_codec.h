#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modattr/core/coalition.h"

namespace modattr {

/// Writes values as bytes, one after the other: little endian on every machine, doubles bit for bit, texts and lists
/// behind their length. Nothing says what a value is: a ByteReader takes the same kinds of values in the same order.
class ByteWriter {
 public:
  ByteWriter() = default;
  /// Makes room for as many bytes.
  explicit ByteWriter(std::size_t byte_count) { bytes_.reserve(byte_count); }

  void put_count(std::uint64_t count);
  void put_number(double number);
  void put_text(std::string_view text);
  void put_numbers(std::span<const double> numbers);
  void put_coalition(const Coalition& coalition);

  /// `put`: writes one value, such as &ByteWriter::put_number or a function of the writer and the value.
  template <typename Value, typename Put>
  void put_optional(const std::optional<Value>& value, Put put) {
    bytes_.push_back(value ? '\1' : '\0');
    if (value) std::invoke(put, *this, *value);
  }
  template <typename Value, typename Put>
  void put_list(const std::vector<Value>& values, Put put) {
    put_count(values.size());
    for (const Value& value : values) std::invoke(put, *this, value);
  }

  const std::string& bytes() const noexcept { return bytes_; }
  /// The bytes, leaving none behind.
  std::string take() noexcept { return std::exchange(bytes_, {}); }

 private:
  std::string bytes_;
};

/// A list of doubles inside bytes, not copied.
class NumbersView {
 public:
  /// `bytes`: 8 per number.
  explicit NumbersView(std::string_view bytes = {}) : bytes_(bytes) {}

  std::size_t size() const noexcept { return bytes_.size() / sizeof(double); }
  /// `place` is below size().
  double operator[](std::size_t place) const noexcept;
  std::vector<double> to_vector() const;

 private:
  std::string_view bytes_;
};

/// Takes what a ByteWriter put. Borrows the bytes, which may come from anywhere: DataError where they end too early or
/// hold what no writer writes, and no more memory than they take.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t take_count();
  double take_number();
  std::string_view take_text();
  NumbersView take_numbers();
  Coalition take_coalition();

  template <typename Take>
  auto take_optional(Take take) -> std::optional<std::decay_t<std::invoke_result_t<Take, ByteReader&>>> {
    if (!take_flag()) return std::nullopt;
    return std::invoke(take, *this);
  }
  template <typename Take>
  auto take_list(Take take) -> std::vector<std::decay_t<std::invoke_result_t<Take, ByteReader&>>> {
    const std::uint64_t count = take_count();
    check_left(count);
    // Grows as values are found: the count may be a damaged one.
    std::vector<std::decay_t<std::invoke_result_t<Take, ByteReader&>>> values;
    for (std::uint64_t place = 0; place < count; ++place) values.push_back(std::invoke(take, *this));
    return values;
  }

  /// Throws DataError where bytes are left.
  void finish() const;

 private:
  bool take_flag();
  std::string_view take_bytes(std::uint64_t count);
  void check_left(std::uint64_t count) const;

  std::string_view bytes_;
};

}  // namespace modattr
