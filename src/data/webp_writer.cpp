#include "modattr/data/webp_writer.h"

#include <cstdint>
#include <stdexcept>
#include <vector>

#include <webp/encode.h>

namespace modattr {

std::string to_webp(const Raster& raster) {
  constexpr float kQuality = 60.0F;
  const bool is_grey = raster.channels == 1;
  const bool fits = raster.width > 0 && raster.height > 0 && raster.width <= WEBP_MAX_DIMENSION &&
                    raster.height <= WEBP_MAX_DIMENSION && (is_grey || raster.channels == 3) &&
                    raster.pixels.size() == raster.width * raster.height * raster.channels;
  if (!fits) throw std::invalid_argument("a WebP picture of such a size cannot be written");
  std::vector<std::uint8_t> colours;
  for (const std::uint8_t pixel : raster.pixels) colours.insert(colours.end(), is_grey ? 3 : 1, pixel);
  std::uint8_t* bytes = nullptr;
  const std::size_t count =
      WebPEncodeRGB(colours.data(), static_cast<int>(raster.width), static_cast<int>(raster.height),
                    static_cast<int>(3 * raster.width), kQuality, &bytes);
  const std::string file(reinterpret_cast<const char*>(bytes), count);
  WebPFree(bytes);
  if (file.empty()) throw std::runtime_error("libwebp could not write a picture");
  return file;
}

}  // namespace modattr
