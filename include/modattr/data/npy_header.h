#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <c10/core/ScalarType.h>

#include "modattr/data/array.h"

namespace modattr {

/// Order of an array's elements in a file.
enum class ElementOrder { kRowMajor, kColumnMajor };

/// What the header of a .npy file says.
struct NpyHeader {
  c10::ScalarType dtype = c10::ScalarType::Float;
  ElementOrder order = ElementOrder::kRowMajor;
  std::vector<std::int64_t> shape;
  /// Bytes of the elements that follow the header.
  std::uint64_t data_bytes = 0;
  /// What is wrong with a dtype that libtorch does not have, as an error without its place; dtype and, but for texts,
  /// data_bytes are then undefined.
  std::string unreadable = {};
  /// Of texts, which libtorch does not have, either.
  std::optional<TextType> text = std::nullopt;
};

/// Enough of a file's first bytes for npy_header_bytes.
inline constexpr std::size_t kNpyPreambleBytes = 12;

/// Length of the header including its preamble, at most 64 KiB; DataError when `preamble` starts no .npy file of
/// version 1, 2 or 3. Messages start with `where`.
std::size_t npy_header_bytes(std::span<const std::byte> preamble, std::string_view where);

/// Reads a whole header, as long as npy_header_bytes says; DataError for one that is damaged. The format is described
/// in numpy.lib.format.
NpyHeader parse_npy_header(std::span<const std::byte> header, std::string_view where);

}  // namespace modattr
