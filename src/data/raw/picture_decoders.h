#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "modattr/data/png_writer.h"

namespace modattr {

/// What a decoder found wrong with a file; empty: nothing.
using PictureProblem = std::string;

/// One decoder per format: fills `raster` [height, width, 3], or says what is wrong. C libraries jump out of their
/// functions at an error, so that nothing here may own memory across their calls but the caller's raster.
PictureProblem decode_jpeg(std::span<const std::byte> bytes, Raster& raster);
PictureProblem decode_png(std::span<const std::byte> bytes, Raster& raster);
PictureProblem decode_webp(std::span<const std::byte> bytes, Raster& raster);

/// Makes room for a picture, or says that it is too large.
PictureProblem make_room(std::uint64_t width, std::uint64_t height, Raster& raster);

/// The number 1 to 8 of the EXIF tag Orientation in a JPEG, PNG or WebP file; 1 where there is none, or none that can
/// be read.
int exif_orientation(std::span<const std::byte> bytes);
/// The picture turned and mirrored upright.
Raster turned(Raster raster, int orientation);

}  // namespace modattr
