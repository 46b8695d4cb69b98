#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "modattr/data/png_writer.h"

namespace modattr {

/// Whether a picture is turned as its EXIF data say, as people and transformers' load_image see it, or stays as it is
/// stored, as torchvision's loaders see it.
enum class PictureOrientation { kExif, kStored };

/// Pixels of a picture at most, twice Pillow's MAX_IMAGE_PIXELS: a file of a few bytes may claim any size.
inline constexpr std::uint64_t kMostPixels = 178956970;

/// Decodes a JPEG, PNG or WebP picture, told apart by content, to red, green, blue [height, width, 3] with the bits
/// that Pillow's convert("RGB") gives: grey is repeated, CMYK and YCCK are taken as Adobe writes them, an alpha channel
/// is dropped, 16 bits lose the lower 8. DataError, starting with `where`, for anything else: other formats,
/// animations, more than kMostPixels, damaged or truncated data.
Raster decode_picture(std::span<const std::byte> bytes, PictureOrientation orientation, std::string_view where);

/// The same for a file.
Raster read_picture(const std::filesystem::path& path, PictureOrientation orientation, std::string_view where);

}  // namespace modattr
