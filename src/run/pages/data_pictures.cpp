#include "data_pictures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <utility>

#include "modattr/data/array_tensor.h"

namespace modattr {
namespace {

constexpr std::size_t kWindow = 256;
constexpr std::size_t kSampledRows = 64;
constexpr std::size_t kFrames = 256;
constexpr std::size_t kBands = 96;
/// Softer parts of a sound are drawn like silence.
constexpr double kDecibels = 80.0;

std::size_t product(const std::vector<std::int64_t>& sizes) {
  std::size_t count = 1;
  for (const std::int64_t size : sizes) count *= static_cast<std::size_t>(size);
  return count;
}

std::uint8_t shade(double value, double low, double high) {
  if (!std::isfinite(value) || high == low) return 0;
  return static_cast<std::uint8_t>(std::lround(std::clamp((value - low) / (high - low), 0.0, 1.0) * 255.0));
}

/// Cooley, Tukey; the length is a power of two.
void transform(std::vector<std::complex<double>>& values) {
  const std::size_t count = values.size();
  for (std::size_t place = 1, mirror = 0; place < count; ++place) {
    std::size_t bit = count >> 1U;
    for (; (mirror & bit) != 0; bit >>= 1U) mirror ^= bit;
    mirror ^= bit;
    if (place < mirror) std::swap(values[place], values[mirror]);
  }
  for (std::size_t length = 2; length <= count; length *= 2) {
    const std::complex<double> root = std::polar(1.0, -2.0 * std::numbers::pi / static_cast<double>(length));
    for (std::size_t begin = 0; begin < count; begin += length) {
      std::complex<double> factor = 1.0;
      for (std::size_t place = begin; place < begin + length / 2; ++place) {
        const std::complex<double> even = values[place];
        const std::complex<double> odd = values[place + length / 2] * factor;
        values[place] = even + odd;
        values[place + length / 2] = even - odd;
        factor *= root;
      }
    }
  }
}

}  // namespace

std::vector<std::string> shown_inputs(const std::vector<ShownModality>& modalities) {
  std::vector<std::string> inputs;
  for (const ShownModality& modality : modalities) {
    for (const InputReference& reference : modality.inputs) {
      if (std::ranges::find(inputs, reference.input) == inputs.end()) inputs.push_back(reference.input);
    }
  }
  return inputs;
}

std::vector<double> spectrogram(const std::vector<double>& samples, std::size_t frames, std::size_t bands) {
  std::vector<double> powers(bands * frames, -std::numeric_limits<double>::infinity());
  for (std::size_t frame = 0; frame < frames; ++frame) {
    const std::size_t middle = (2 * frame + 1) * samples.size() / (2 * frames);
    std::vector<std::complex<double>> window(kWindow);
    for (std::size_t place = 0; place < kWindow; ++place) {
      const std::size_t shifted = middle + place;
      if (shifted < kWindow / 2 || shifted - kWindow / 2 >= samples.size()) continue;
      const double phase = 2.0 * std::numbers::pi * static_cast<double>(place) / static_cast<double>(kWindow);
      window[place] = samples[shifted - kWindow / 2] * (0.5 - 0.5 * std::cos(phase));
    }
    transform(window);
    for (std::size_t bin = 0; bin < kWindow / 2; ++bin) {
      double& power = powers[(bands - 1 - bin * bands / (kWindow / 2)) * frames + frame];
      power = std::max(power, 10.0 * std::log10(std::norm(window[bin]) + 1e-20));
    }
  }
  return powers;
}

DataPictures::DataPictures(const Dataset& dataset, const std::vector<std::string>& inputs,
                           const ShownModality& modality)
    : dataset_(dataset), is_sound_(modality.kind == "audio") {
  if (modality.kind != "image" && modality.kind != "audio") return;
  for (const InputReference& reference : modality.inputs) {
    const auto found = std::ranges::find(inputs, reference.input);
    if (found == inputs.end() || !reference.columns.empty()) continue;
    const auto place = static_cast<std::size_t>(found - inputs.begin());
    const Array& array = dataset.input(place);
    std::vector<std::int64_t> shape(array.shape.begin() + std::min<std::ptrdiff_t>(1, std::ssize(array.shape)),
                                    array.shape.end());
    if (shape.empty() || product(shape) == 0) continue;
    const std::optional<TimeAxis> time = is_sound_ ? dataset.time_axis(place) : std::nullopt;
    if (time && time->axis + 2 == shape.size()) {
      has_time_first_ = true;
      std::swap(shape[time->axis], shape.back());
    }
    width_ = static_cast<std::size_t>(shape.back());
    shape.pop_back();
    const bool has_bands = !shape.empty() && shape.back() > 2;
    is_waveform_ = is_sound_ && !has_bands;
    if (!is_sound_ && shape.empty()) continue;
    height_ = 1;
    if (!is_waveform_) {
      height_ = static_cast<std::size_t>(shape.back());
      shape.pop_back();
    }
    channels_ = product(shape);
    input_ = place;
    break;
  }
  if (!input_ || is_sound_) return;
  if (const PictureShades* const shades = dataset.shades(*input_)) {
    low_ = shades->black;
    high_ = shades->white;
    is_reversed_ = shades->is_reversed;
  } else {
    find_range();
  }
}

std::vector<double> DataPictures::numbers_of(std::uint32_t row) const {
  return to_doubles(rows_of(dataset_.input(*input_), row, 1));
}

void DataPictures::find_range() {
  low_.assign(channels_, std::numeric_limits<double>::infinity());
  high_.assign(channels_, -std::numeric_limits<double>::infinity());
  const std::size_t row_count = dataset_.input(*input_).row_count();
  const std::size_t step = std::max<std::size_t>(row_count / kSampledRows, 1);
  for (std::size_t row = 0; row < row_count; row += step) {
    const std::vector<double> numbers = numbers_of(static_cast<std::uint32_t>(row));
    for (std::size_t place = 0; place < numbers.size(); ++place) {
      if (!std::isfinite(numbers[place])) continue;
      const std::size_t channel = place / (width_ * height_);
      low_[channel] = std::min(low_[channel], numbers[place]);
      high_[channel] = std::max(high_[channel], numbers[place]);
    }
  }
  const double lowest = *std::ranges::min_element(low_);
  const double highest = *std::ranges::max_element(high_);
  if (lowest >= 0.0 && highest <= 255.0) {
    std::ranges::fill(low_, 0.0);
    std::ranges::fill(high_, highest <= 1.0 ? 1.0 : 255.0);
  }
}

Raster DataPictures::image(const std::vector<double>& numbers) const {
  Raster raster{.width = width_, .height = height_, .channels = channels_ == 3 ? 3U : 1U, .pixels = {}};
  const std::size_t area = width_ * height_;
  raster.pixels.resize(area * raster.channels);
  for (std::size_t pixel = 0; pixel < area; ++pixel) {
    if (channels_ == 3) {
      for (std::size_t channel = 0; channel < 3; ++channel) {
        const std::size_t place = pixel * 3 + (is_reversed_ ? 2 - channel : channel);
        raster.pixels[place] = shade(numbers[channel * area + pixel], low_[channel], high_[channel]);
      }
      continue;
    }
    std::size_t sum = 0;
    for (std::size_t channel = 0; channel < channels_; ++channel) {
      sum += shade(numbers[channel * area + pixel], low_[channel], high_[channel]);
    }
    raster.pixels[pixel] = static_cast<std::uint8_t>(sum / channels_);
  }
  return raster;
}

Raster DataPictures::sound(const std::vector<double>& numbers) const {
  std::size_t bands = height_;
  std::size_t frames = width_;
  std::vector<double> powers;
  if (is_waveform_) {
    frames = std::min(kFrames, std::max<std::size_t>(width_ / 8, 1));
    bands = kBands;
    powers = spectrogram(std::vector<double>(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(width_)),
                         frames, bands);
  } else {
    // Low bands come first in data, and stand at the bottom of a picture.
    for (std::size_t band = bands; band-- > 0;) {
      for (std::size_t frame = 0; frame < frames; ++frame) {
        powers.push_back(numbers[has_time_first_ ? frame * bands + band : band * frames + frame]);
      }
    }
  }
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  for (const double power : powers) {
    if (!std::isfinite(power)) continue;
    low = std::min(low, power);
    high = std::max(high, power);
  }
  if (is_waveform_) low = std::max(low, high - kDecibels);
  Raster raster{.width = frames, .height = bands, .channels = 1, .pixels = {}};
  for (const double power : powers) raster.pixels.push_back(shade(power, low, high));
  return raster;
}

Raster DataPictures::raster(std::uint32_t row) const {
  const std::vector<double> numbers = numbers_of(row);
  return is_sound_ ? sound(numbers) : image(numbers);
}

std::vector<double> column_values(const Dataset& dataset, const std::vector<std::string>& inputs,
                                  const ShownModality& modality, std::size_t example) {
  std::vector<double> values;
  if (modality.kind != "columns") return values;
  for (const InputReference& reference : modality.inputs) {
    const auto found = std::ranges::find(inputs, reference.input);
    if (found == inputs.end()) return {};
    const auto place = static_cast<std::size_t>(found - inputs.begin());
    const Array& array = dataset.input(place);
    if (array.shape.size() > 2) return {};
    const std::vector<double> numbers = to_doubles(rows_of(array, dataset.input_row(place, example), 1));
    for (std::size_t column = 0; column < numbers.size(); ++column) {
      const auto holds = [&](const ColumnRange& range) {
        return range.first <= static_cast<std::int64_t>(column) && static_cast<std::int64_t>(column) < range.end;
      };
      if (reference.columns.empty() || std::ranges::any_of(reference.columns, holds)) values.push_back(numbers[column]);
    }
  }
  return values;
}

}  // namespace modattr
