#pragma once

#include <cstddef>
#include <cstdint>

#include "modattr/data/png_writer.h"

namespace modattr {

/// The picture that drawn() of tests/fixtures/pictures/make.py draws: gradients with jumps, and noise.
inline Raster drawn_picture(std::size_t width, std::size_t height, std::uint32_t seed) {
  Raster raster{.width = width, .height = height, .channels = 3, .pixels = {}};
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t x = 0; x < width; ++x) {
      for (std::uint32_t channel = 0; channel < 3; ++channel) {
        std::uint32_t noise = x * 73856093U ^ y * 19349663U ^ channel * 83492791U ^ seed * 2654435761U;
        noise ^= noise >> 13U;
        raster.pixels.push_back(static_cast<std::uint8_t>(x * 5 + y * 3 + channel * 40 + (noise & 63U)));
      }
    }
  }
  return raster;
}

}  // namespace modattr
