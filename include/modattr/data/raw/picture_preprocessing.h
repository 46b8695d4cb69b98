#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <c10/core/ScalarType.h>

#include "modattr/data/data_source.h"
#include "modattr/data/raw/picture_file.h"
#include "modattr/data/raw/resampling.h"

namespace modattr {

/// A new size of a picture.
struct ResizeStep {
  /// [height, width]; or only the length of the shorter side, the longer one follows.
  std::optional<std::array<std::size_t, 2>> size = std::nullopt;
  std::optional<std::size_t> shorter_side = std::nullopt;
  /// The longer side at most, which makes the shorter one smaller where it has to.
  std::optional<std::size_t> longer_side_at_most = std::nullopt;
  Interpolation interpolation = Interpolation::kBilinear;
  /// torchvision resizes PIL images and tensors by different code.
  enum class On { kPillow, kTensor } on = On::kPillow;
  /// Of tensors only; PIL images always are.
  Antialias antialias = Antialias::kYes;
};

/// A centre crop, filled up by 0 where the picture is smaller.
struct CropStep {
  std::array<std::size_t, 2> size = {};
  /// Where a margin is odd: torchvision rounds half of it to the even number, transformers down.
  enum class Margin { kHalfToEven, kDown } margin = Margin::kHalfToEven;
};

/// What a pixel becomes.
struct PixelStep {
  enum class Rescale {
    kNone,
    /// Divided by 255 in single precision, as ToTensor does.
    kDivide,
    /// Multiplied in double precision, then rounded to single, as transformers does.
    kMultiply
  } rescale = Rescale::kNone;
  double factor = 1.0 / 255.0;
  /// One per channel, or empty: (x - mean) / std in single precision.
  std::vector<float> mean = {};
  std::vector<float> std = {};
};

/// From a picture file to the numbers that a model takes, in this order: orientation, channels, resize, crop, pixels.
struct PicturePreprocessing {
  PictureOrientation orientation = PictureOrientation::kExif;
  /// "RGB", "BGR" or "L" (grey, as Pillow's convert("L")).
  enum class Channels { kRgb, kBgr, kGrey } channels = Channels::kRgb;
  std::optional<ResizeStep> resize = std::nullopt;
  std::optional<CropStep> crop = std::nullopt;
  PixelStep pixels = {};
  /// Of the result: bytes where nothing is done to pixels, single precision else.
  c10::ScalarType dtype() const noexcept;
  std::size_t channel_count() const noexcept { return channels == Channels::kGrey ? 1 : 3; }
};

/// What black and white become in each channel.
PictureShades shades_of(const PicturePreprocessing& preprocessing);

/// Resizes and crops.
Raster prepare_picture(Raster raster, const PicturePreprocessing& preprocessing);

/// Where a point of a picture of `width` and `height`, turned already, lies in the prepared one.
PicturePlacement placement_of(std::size_t width, std::size_t height, const PicturePreprocessing& preprocessing);

/// Writes the numbers of a prepared picture, [channels, height, width] in preprocessing.dtype().
void write_pixels(const Raster& raster, const PicturePreprocessing& preprocessing, std::span<std::byte> destination);

}  // namespace modattr
