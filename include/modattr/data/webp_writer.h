#pragma once

#include <string>

#include "modattr/data/png_writer.h"

namespace modattr {

/// `raster` as a lossy WebP file, a quarter of a PNG of a photograph or less; grey becomes equal red, green and blue.
/// The same bytes with the same libwebp. Throws std::invalid_argument where sizes do not go together, are 0 or above
/// 16383.
std::string to_webp(const Raster& raster);

}  // namespace modattr
