#pragma once

#include <cstddef>

#include "modattr/data/png_writer.h"

namespace modattr {

enum class Interpolation { kNearest, kBilinear, kBicubic, kBox, kHamming, kLanczos };

/// `raster` in another size, as Pillow resizes pictures of bytes, bit for bit (Image.resize; torchvision's Resize of a
/// PIL image and the image processors of transformers are it): the filter grows with the scale, so it is antialiased,
/// first columns, then rows, each in fixed point with 22 bits behind the point and rounded to bytes.
/// Source of the method: libImaging/Resample.c of Pillow, Geometry.c for nearest.
Raster resize_as_pillow(const Raster& raster, std::size_t width, std::size_t height, Interpolation interpolation);

/// Whether a filter grows where a tensor gets smaller.
enum class Antialias { kNo, kYes };

/// `raster` in another size, as torchvision resizes a tensor of bytes: torch.nn.functional.interpolate on floats
/// (align_corners=False), cut to 0 to 255 and rounded. Nearest, bilinear and bicubic only; nearest has no antialias.
Raster resize_as_tensor(const Raster& raster, std::size_t width, std::size_t height, Interpolation interpolation,
                        Antialias antialias);

}  // namespace modattr
