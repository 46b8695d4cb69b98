#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "picture_decoders.h"

namespace modattr {
namespace {

using Bytes = std::span<const std::byte>;

enum class ByteOrder { kBig, kLittle };

/// `size` bytes at `place` as a number; nothing beyond the end.
std::optional<std::uint32_t> number_at(Bytes bytes, std::size_t place, std::size_t size, ByteOrder order) {
  if (place > bytes.size() || bytes.size() - place < size) return std::nullopt;
  std::uint32_t number = 0;
  for (std::size_t digit = 0; digit < size; ++digit) {
    const std::size_t position = place + (order == ByteOrder::kBig ? digit : size - 1 - digit);
    number = number << 8U | std::to_integer<std::uint32_t>(bytes[position]);
  }
  return number;
}

bool begins_with(Bytes bytes, std::string_view text) {
  return bytes.size() >= text.size() &&
         std::ranges::equal(bytes.first(text.size()), text, {}, {}, [](char letter) { return std::byte(letter); });
}

/// Reads the first directory of a TIFF structure.
int orientation_of_tiff(Bytes tiff) {
  constexpr std::uint32_t kOrientationTag = 0x0112;
  constexpr std::uint32_t kShort = 3;
  if (begins_with(tiff, "Exif")) tiff = tiff.subspan(std::min<std::size_t>(6, tiff.size()));
  const ByteOrder order = begins_with(tiff, "MM") ? ByteOrder::kBig : ByteOrder::kLittle;
  if (order == ByteOrder::kLittle && !begins_with(tiff, "II")) return 1;
  const std::optional<std::uint32_t> directory = number_at(tiff, 4, 4, order);
  if (!directory) return 1;
  const std::uint32_t count = number_at(tiff, *directory, 2, order).value_or(0);
  for (std::uint32_t entry = 0; entry < count; ++entry) {
    const std::size_t place = std::size_t{*directory} + 2 + std::size_t{entry} * 12;
    if (number_at(tiff, place, 2, order) != kOrientationTag) continue;
    if (number_at(tiff, place + 2, 2, order) != kShort) return 1;
    const std::uint32_t orientation = number_at(tiff, place + 8, 2, order).value_or(1);
    return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
  }
  return 1;
}

int orientation_of_jpeg(Bytes bytes) {
  std::size_t place = 2;
  for (;;) {
    const std::optional<std::uint32_t> marker = number_at(bytes, place, 2, ByteOrder::kBig);
    const std::optional<std::uint32_t> size = number_at(bytes, place + 2, 2, ByteOrder::kBig);
    // Entropy-coded data follow the start of a scan.
    if (!marker || !size || *size < 2 || *marker >> 8U != 0xFF || *marker == 0xFFDA) return 1;
    const Bytes content = bytes.subspan(place + 4, std::min<std::size_t>(*size - 2, bytes.size() - place - 4));
    if (*marker == 0xFFE1 && begins_with(content, std::string_view("Exif\0\0", 6))) return orientation_of_tiff(content);
    place += 2 + *size;
  }
}

/// Chunks of a name, a size and content: `size_first` where the size precedes the name, as in PNG.
int orientation_of_chunks(Bytes bytes, std::size_t place, ByteOrder order, bool size_first, std::string_view name) {
  for (;;) {
    const std::optional<std::uint32_t> size = number_at(bytes, place + (size_first ? 0 : 4), 4, order);
    if (!size || bytes.size() - place < 8) return 1;
    const Bytes content = bytes.subspan(place + 8, std::min<std::size_t>(*size, bytes.size() - place - 8));
    if (begins_with(bytes.subspan(place + (size_first ? 4 : 0)), name)) return orientation_of_tiff(content);
    // PNG has a checksum behind the content, RIFF a byte that makes its size even.
    place += 8 + std::size_t{*size} + (size_first ? 4 : *size % 2);
    if (place > bytes.size()) return 1;
  }
}

}  // namespace

int exif_orientation(Bytes bytes) {
  if (begins_with(bytes, "\xFF\xD8")) return orientation_of_jpeg(bytes);
  if (begins_with(bytes, "\x89PNG")) return orientation_of_chunks(bytes, 8, ByteOrder::kBig, true, "eXIf");
  if (begins_with(bytes, "RIFF")) return orientation_of_chunks(bytes, 12, ByteOrder::kLittle, false, "EXIF");
  return 1;
}

Raster turned(Raster raster, int orientation) {
  if (orientation <= 1) return raster;
  const bool is_transposed = orientation >= 5;
  Raster result{.width = is_transposed ? raster.height : raster.width,
                .height = is_transposed ? raster.width : raster.height,
                .channels = raster.channels,
                .pixels = std::vector<std::uint8_t>(raster.pixels.size())};
  // Of the stored picture: whether columns and rows run backwards in the upright one.
  const bool flips_columns = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool flips_rows = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  for (std::size_t y = 0; y < result.height; ++y) {
    for (std::size_t x = 0; x < result.width; ++x) {
      std::size_t column = is_transposed ? y : x;
      std::size_t row = is_transposed ? x : y;
      if (flips_columns) column = raster.width - 1 - column;
      if (flips_rows) row = raster.height - 1 - row;
      std::copy_n(raster.pixels.data() + (row * raster.width + column) * raster.channels, raster.channels,
                  result.pixels.data() + (y * result.width + x) * raster.channels);
    }
  }
  return result;
}

}  // namespace modattr
