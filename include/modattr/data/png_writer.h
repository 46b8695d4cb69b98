#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace modattr {

/// A picture of bytes, row by row.
struct Raster {
  std::size_t width = 0;
  std::size_t height = 0;
  /// 1: grey, 3: red, green, blue.
  std::size_t channels = 1;
  /// [height, width, channels]
  std::vector<std::uint8_t> pixels;
};

/// A picture no wider and no higher than `side`: each pixel is the mean of those that it stands for. A smaller picture
/// stays as it is.
Raster shrink(const Raster& raster, std::size_t side);

/// `raster` as a PNG file (ISO/IEC 15948): 8 bits, one filter per row by the least sum of magnitudes. Needs zlib only,
/// which reads .npz anyway. Throws std::invalid_argument where sizes do not go together or are 0.
std::string to_png(const Raster& raster);

}  // namespace modattr
