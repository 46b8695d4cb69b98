#include "modattr/data/raw/picture_preprocessing.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace modattr {
namespace {

using Size = std::array<std::size_t, 2>;

/// torchvision's _compute_resized_output_size, which transformers shares.
Size resized(std::size_t width, std::size_t height, const ResizeStep& step) {
  if (step.size) return *step.size;
  const std::size_t shorter = std::min(width, height);
  const std::size_t longer = std::max(width, height);
  std::size_t new_shorter = *step.shorter_side;
  std::size_t new_longer = new_shorter * longer / shorter;
  if (step.longer_side_at_most && new_longer > *step.longer_side_at_most) {
    new_shorter = *step.longer_side_at_most * new_shorter / new_longer;
    new_longer = *step.longer_side_at_most;
  }
  // A very long picture.
  new_shorter = std::max<std::size_t>(new_shorter, 1);
  return width <= height ? Size{new_longer, new_shorter} : Size{new_shorter, new_longer};
}

Raster resize(const Raster& raster, const ResizeStep& step) {
  const auto [height, width] = resized(raster.width, raster.height, step);
  return step.on == ResizeStep::On::kPillow
             ? resize_as_pillow(raster, width, height, step.interpolation)
             : resize_as_tensor(raster, width, height, step.interpolation, step.antialias);
}

/// Pixels in front of the crop, or of the picture where it is the smaller one (negative then).
std::ptrdiff_t margin_of(std::size_t side, std::size_t cropped, CropStep::Margin rounding) {
  if (cropped > side) {
    const std::size_t missing = cropped - side;
    // torchvision puts the odd pixel behind the picture, transformers in front.
    return -static_cast<std::ptrdiff_t>(rounding == CropStep::Margin::kDown ? (missing + 1) / 2 : missing / 2);
  }
  const std::size_t margin = side - cropped;
  const bool rounds_up = rounding == CropStep::Margin::kHalfToEven && margin % 4 == 3;
  return static_cast<std::ptrdiff_t>(margin / 2 + (rounds_up ? 1 : 0));
}

Raster crop(const Raster& raster, const CropStep& step) {
  const auto [height, width] = step.size;
  const std::ptrdiff_t top = margin_of(raster.height, height, step.margin);
  const std::ptrdiff_t left = margin_of(raster.width, width, step.margin);
  Raster result{.width = width, .height = height, .channels = raster.channels, .pixels = {}};
  result.pixels.resize(width * height * raster.channels);
  const std::size_t skipped = left < 0 ? static_cast<std::size_t>(-left) : 0;
  const std::size_t first = left < 0 ? 0 : static_cast<std::size_t>(left);
  const std::size_t count = std::min(width - std::min(skipped, width), raster.width - first);
  for (std::size_t row = 0; row < height; ++row) {
    const std::ptrdiff_t source = static_cast<std::ptrdiff_t>(row) + top;
    if (source < 0 || source >= static_cast<std::ptrdiff_t>(raster.height)) continue;
    std::copy_n(raster.pixels.data() + (static_cast<std::size_t>(source) * raster.width + first) * raster.channels,
                count * raster.channels, result.pixels.data() + (row * width + skipped) * raster.channels);
  }
  return result;
}

/// Pillow's convert("L"): ITU-R 601-2 luma in 16 bits behind the point.
Raster grey(const Raster& raster) {
  Raster result{.width = raster.width, .height = raster.height, .channels = 1, .pixels = {}};
  for (std::size_t place = 0; place < raster.pixels.size(); place += 3) {
    const std::uint32_t sum =
        raster.pixels[place] * 19595U + raster.pixels[place + 1] * 38470U + raster.pixels[place + 2] * 7471U + 0x8000U;
    result.pixels.push_back(static_cast<std::uint8_t>(sum >> 16U));
  }
  return result;
}

/// The number of each of the 256 values of a channel.
std::array<float, 256> numbers_of_bytes(const PixelStep& step, std::size_t channel) {
  std::array<float, 256> numbers = {};
  for (std::size_t byte = 0; byte < numbers.size(); ++byte) {
    auto number = static_cast<float>(byte);
    if (step.rescale == PixelStep::Rescale::kDivide) number /= 255.0F;
    if (step.rescale == PixelStep::Rescale::kMultiply) {
      number = static_cast<float>(static_cast<double>(byte) * step.factor);
    }
    if (!step.mean.empty()) number = (number - step.mean[channel]) / step.std[channel];
    numbers[byte] = number;
  }
  return numbers;
}

}  // namespace

c10::ScalarType PicturePreprocessing::dtype() const noexcept {
  const bool is_unchanged = pixels.rescale == PixelStep::Rescale::kNone && pixels.mean.empty();
  return is_unchanged ? c10::ScalarType::Byte : c10::ScalarType::Float;
}

PictureShades shades_of(const PicturePreprocessing& preprocessing) {
  PictureShades shades{
      .black = {}, .white = {}, .is_reversed = preprocessing.channels == PicturePreprocessing::Channels::kBgr};
  for (std::size_t channel = 0; channel < preprocessing.channel_count(); ++channel) {
    const std::array<float, 256> numbers = numbers_of_bytes(preprocessing.pixels, channel);
    shades.black.push_back(static_cast<double>(numbers.front()));
    shades.white.push_back(static_cast<double>(numbers.back()));
  }
  return shades;
}

Raster prepare_picture(Raster raster, const PicturePreprocessing& preprocessing) {
  if (preprocessing.channels == PicturePreprocessing::Channels::kGrey && raster.channels == 3) raster = grey(raster);
  if (preprocessing.resize) raster = resize(raster, *preprocessing.resize);
  if (preprocessing.crop) raster = crop(raster, *preprocessing.crop);
  return raster;
}

PicturePlacement placement_of(std::size_t width, std::size_t height, const PicturePreprocessing& preprocessing) {
  Size size{height, width};
  if (preprocessing.resize) size = resized(width, height, *preprocessing.resize);
  PicturePlacement placement{.x_scale = static_cast<double>(size[1]) / static_cast<double>(width),
                             .y_scale = static_cast<double>(size[0]) / static_cast<double>(height)};
  if (preprocessing.crop) {
    const CropStep& step = *preprocessing.crop;
    placement.y_offset = -static_cast<double>(margin_of(size[0], step.size[0], step.margin));
    placement.x_offset = -static_cast<double>(margin_of(size[1], step.size[1], step.margin));
  }
  return placement;
}

void write_pixels(const Raster& raster, const PicturePreprocessing& preprocessing, std::span<std::byte> destination) {
  const std::size_t area = raster.width * raster.height;
  const bool is_reversed = preprocessing.channels == PicturePreprocessing::Channels::kBgr;
  const bool is_float = preprocessing.dtype() == c10::ScalarType::Float;
  std::byte* target = destination.data();
  for (std::size_t channel = 0; channel < raster.channels; ++channel) {
    const std::uint8_t* source = raster.pixels.data() + (is_reversed ? raster.channels - 1 - channel : channel);
    if (!is_float) {
      for (std::size_t pixel = 0; pixel < area; ++pixel, source += raster.channels) *target++ = std::byte(*source);
      continue;
    }
    const std::array<float, 256> numbers = numbers_of_bytes(preprocessing.pixels, channel);
    for (std::size_t pixel = 0; pixel < area; ++pixel, source += raster.channels, target += sizeof(float)) {
      std::memcpy(target, &numbers[*source], sizeof(float));
    }
  }
}

}  // namespace modattr
