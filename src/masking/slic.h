#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace modattr {

/// A picture, [channels, height, width].
struct SlicPicture {
  std::size_t channel_count = 0;
  std::size_t height = 0;
  std::size_t width = 0;
  std::span<const double> values = {};
};

struct SlicOptions {
  /// About how many superpixels there are to be.
  std::size_t segment_count = 50;
  /// How much nearness counts beside likeness of colour: larger ones are squarer.
  double compactness = 10.0;
};

/// Superpixels by simple linear iterative clustering (Achanta et al., IEEE PAMI 34, 2012): k-means over colour and
/// place from a regular grid, ten rounds, then parts that hang apart or are smaller than half of the mean size go to a
/// neighbour. As scikit-image's slic() with its defaults: values are scaled to [0, 1] first, pictures of three channels
/// are taken as sRGB and compared in CIELAB. Returns the superpixel of every pixel, [height, width]; they are numbered
/// from 0 in the order of their first pixels. Numbers that are not finite count as 0.
std::vector<std::uint32_t> slic(const SlicPicture& picture, const SlicOptions& options);

}  // namespace modattr
