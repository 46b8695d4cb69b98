#include "modattr/data/raw/resampling.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <stdexcept>
#include <vector>

#include <ATen/Functions.h>

namespace modattr {
namespace {

constexpr int kFractionBits = 22;

double filter_support(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::kBox:
      return 0.5;
    case Interpolation::kBicubic:
      return 2.0;
    case Interpolation::kLanczos:
      return 3.0;
    default:
      return 1.0;
  }
}

double sinc(double x) {
  if (x == 0.0) return 1.0;
  const double angle = x * std::numbers::pi;
  return std::sin(angle) / angle;
}

double filter_value(Interpolation interpolation, double x) {
  const double distance = std::abs(x);
  switch (interpolation) {
    case Interpolation::kBox:
      return x > -0.5 && x <= 0.5 ? 1.0 : 0.0;
    case Interpolation::kBilinear:
      return distance < 1.0 ? 1.0 - distance : 0.0;
    case Interpolation::kHamming:
      if (distance == 0.0) return 1.0;
      return distance >= 1.0 ? 0.0 : sinc(distance) * (0.54 + 0.46 * std::cos(distance * std::numbers::pi));
    case Interpolation::kBicubic: {
      constexpr double kA = -0.5;
      if (distance < 1.0) return ((kA + 2.0) * distance - (kA + 3.0)) * distance * distance + 1.0;
      return distance < 2.0 ? (((distance - 5.0) * distance + 8.0) * distance - 4.0) * kA : 0.0;
    }
    default:
      return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3.0) : 0.0;
  }
}

/// Weights of the pixels that one pixel of the result is made of.
struct Window {
  std::size_t first = 0;
  std::vector<std::int32_t> weights;
};

/// As Pillow rounds: numbers below -1/2 go towards 0.
int rounded(double number) {
  return static_cast<int>(number + 0.5);  // NOLINT(bugprone-incorrect-roundings)
}

std::vector<Window> windows_of(std::size_t in_size, std::size_t out_size, Interpolation interpolation) {
  const double scale = static_cast<double>(in_size) / static_cast<double>(out_size);
  const double filter_scale = std::max(scale, 1.0);
  const double support = filter_support(interpolation) * filter_scale;
  std::vector<Window> windows(out_size);
  std::vector<double> values;
  for (std::size_t place = 0; place < out_size; ++place) {
    const double center = (static_cast<double>(place) + 0.5) * scale;
    const int first = std::max(rounded(center - support), 0);
    const int end = std::min(rounded(center + support), static_cast<int>(in_size));
    values.clear();
    double sum = 0.0;
    for (int position = first; position < end; ++position) {
      values.push_back(filter_value(interpolation, (position - center + 0.5) * (1.0 / filter_scale)));
      sum += values.back();
    }
    windows[place].first = static_cast<std::size_t>(first);
    for (double value : values) {
      if (sum != 0.0) value *= 1.0 / sum;
      const double scaled = value * (1 << kFractionBits);
      windows[place].weights.push_back(static_cast<std::int32_t>(value < 0.0 ? scaled - 0.5 : scaled + 0.5));
    }
  }
  return windows;
}

std::uint8_t to_byte(std::int32_t fixed) {
  return static_cast<std::uint8_t>(std::clamp(fixed >> kFractionBits, 0, 255));
}

Raster resize_columns(const Raster& raster, std::size_t width, Interpolation interpolation) {
  const std::vector<Window> windows = windows_of(raster.width, width, interpolation);
  Raster result{.width = width, .height = raster.height, .channels = raster.channels, .pixels = {}};
  result.pixels.resize(width * raster.height * raster.channels);
  std::uint8_t* target = result.pixels.data();
  for (std::size_t row = 0; row < raster.height; ++row) {
    const std::uint8_t* const line = raster.pixels.data() + row * raster.width * raster.channels;
    for (const Window& window : windows) {
      for (std::size_t channel = 0; channel < raster.channels; ++channel) {
        std::int32_t sum = 1 << (kFractionBits - 1);
        const std::uint8_t* pixel = line + window.first * raster.channels + channel;
        for (const std::int32_t weight : window.weights) {
          sum += *pixel * weight;
          pixel += raster.channels;
        }
        *target++ = to_byte(sum);
      }
    }
  }
  return result;
}

Raster resize_rows(const Raster& raster, std::size_t height, Interpolation interpolation) {
  const std::vector<Window> windows = windows_of(raster.height, height, interpolation);
  const std::size_t line_bytes = raster.width * raster.channels;
  Raster result{.width = raster.width, .height = height, .channels = raster.channels, .pixels = {}};
  result.pixels.resize(line_bytes * height);
  std::vector<std::int32_t> sums(line_bytes);
  for (std::size_t row = 0; row < height; ++row) {
    std::ranges::fill(sums, 1 << (kFractionBits - 1));
    const std::uint8_t* line = raster.pixels.data() + windows[row].first * line_bytes;
    for (const std::int32_t weight : windows[row].weights) {
      for (std::size_t place = 0; place < line_bytes; ++place) sums[place] += line[place] * weight;
      line += line_bytes;
    }
    std::ranges::transform(sums, result.pixels.data() + row * line_bytes, to_byte);
  }
  return result;
}

/// The column or row of each one of the result; Pillow adds up the scale, and so is this.
std::vector<std::size_t> nearest_places(std::size_t in_size, std::size_t out_size) {
  const double scale = static_cast<double>(in_size) / static_cast<double>(out_size);
  double position = scale * 0.5;
  std::vector<std::size_t> places;
  for (std::size_t place = 0; place < out_size; ++place) {
    places.push_back(std::min(static_cast<std::size_t>(position), in_size - 1));
    position += scale;
  }
  return places;
}

Raster resize_nearest(const Raster& raster, std::span<const std::size_t> columns, std::span<const std::size_t> rows) {
  Raster result{.width = columns.size(), .height = rows.size(), .channels = raster.channels, .pixels = {}};
  for (const std::size_t row : rows) {
    for (const std::size_t column : columns) {
      const auto first =
          raster.pixels.begin() + static_cast<std::ptrdiff_t>((row * raster.width + column) * raster.channels);
      result.pixels.insert(result.pixels.end(), first, first + static_cast<std::ptrdiff_t>(raster.channels));
    }
  }
  return result;
}

at::Tensor interpolated(const at::Tensor& numbers, at::IntArrayRef size, Interpolation interpolation,
                        Antialias antialias) {
  const bool is_antialiased = antialias == Antialias::kYes;
  if (interpolation == Interpolation::kNearest) return at::upsample_nearest2d(numbers, size);
  if (interpolation == Interpolation::kBilinear) {
    return is_antialiased ? at::_upsample_bilinear2d_aa(numbers, size, false)
                          : at::upsample_bilinear2d(numbers, size, false);
  }
  if (interpolation != Interpolation::kBicubic) {
    throw std::invalid_argument("tensors are resized by nearest, bilinear and bicubic only");
  }
  return is_antialiased ? at::_upsample_bicubic2d_aa(numbers, size, false)
                        : at::upsample_bicubic2d(numbers, size, false);
}

}  // namespace

Raster resize_as_pillow(const Raster& raster, std::size_t width, std::size_t height, Interpolation interpolation) {
  if (width == raster.width && height == raster.height) return raster;
  if (interpolation == Interpolation::kNearest) {
    return resize_nearest(raster, nearest_places(raster.width, width), nearest_places(raster.height, height));
  }
  if (width == raster.width) return resize_rows(raster, height, interpolation);
  const Raster wide = resize_columns(raster, width, interpolation);
  return height == raster.height ? wide : resize_rows(wide, height, interpolation);
}

Raster resize_as_tensor(const Raster& raster, std::size_t width, std::size_t height, Interpolation interpolation,
                        Antialias antialias) {
  if (width == raster.width && height == raster.height) return raster;
  const auto channels = static_cast<std::int64_t>(raster.channels);
  const std::vector<std::int64_t> size = {static_cast<std::int64_t>(height), static_cast<std::int64_t>(width)};
  const at::Tensor bytes = at::from_blob(
      const_cast<std::uint8_t*>(raster.pixels.data()),
      {1, static_cast<std::int64_t>(raster.height), static_cast<std::int64_t>(raster.width), channels}, at::kByte);
  at::Tensor numbers =
      interpolated(bytes.permute({0, 3, 1, 2}).to(at::kFloat).contiguous(), size, interpolation, antialias);
  numbers = numbers.clamp(0.0, 255.0).round().to(at::kByte).permute({0, 2, 3, 1}).contiguous();
  Raster result{.width = width, .height = height, .channels = raster.channels, .pixels = {}};
  const auto* const pixels = numbers.data_ptr<std::uint8_t>();
  result.pixels.assign(pixels, pixels + numbers.numel());
  return result;
}

}  // namespace modattr
