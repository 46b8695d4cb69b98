#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "modattr/data/dataset.h"
#include "modattr/data/png_writer.h"
#include "modattr/report/page/report_page.h"
#include "modattr/value/input_layout.h"

namespace modattr {

/// A modality as a configuration describes it.
struct ShownModality {
  std::string name;
  std::string kind;
  std::vector<InputReference> inputs;
};

/// The distinct inputs of some modalities, in the order in which a dataset is to have them.
std::vector<std::string> shown_inputs(const std::vector<ShownModality>& modalities);

/// Pictures of a modality of kind image or audio. Images are [..., height, width] with one channel or three (others are
/// averaged); numbers of picture files are turned back into what the file shows; else those from 0 to 1, or to 255, are
/// taken as they are, others are stretched by channel over what a sample of the set holds. Sounds are waveforms
/// [length], whose spectrogram is drawn, or spectrograms [..., bands, length], or [..., length, bands] where the data
/// know that time runs so.
class DataPictures {
 public:
  /// Borrows the dataset, whose inputs are shown_inputs() of modalities that hold this one.
  DataPictures(const Dataset& dataset, const std::vector<std::string>& inputs, const ShownModality& modality);

  /// Whether the modality can be shown at all.
  bool has_pictures() const noexcept { return input_.has_value(); }
  bool is_sound() const noexcept { return is_sound_; }
  /// Examples with equal numbers have the same picture.
  std::uint32_t row_of(std::size_t example) const { return dataset_.input_row(*input_, example); }
  /// Of the data, in its own elements.
  std::size_t width() const noexcept { return width_; }
  std::size_t height() const noexcept { return height_; }

  Raster raster(std::uint32_t row) const;

 private:
  std::vector<double> numbers_of(std::uint32_t row) const;
  void find_range();
  Raster image(const std::vector<double>& numbers) const;
  Raster sound(const std::vector<double>& numbers) const;

  const Dataset& dataset_;
  std::optional<std::size_t> input_;
  bool is_sound_ = false;
  bool is_waveform_ = false;
  /// [..., length, bands]
  bool has_time_first_ = false;
  std::size_t channels_ = 1;
  std::size_t width_ = 0;
  std::size_t height_ = 0;
  /// What black and white stand for, by channel.
  std::vector<double> low_;
  std::vector<double> high_;
  /// Blue, green, red.
  bool is_reversed_ = false;
};

/// Numbers of a modality of columns, in the order of its players; empty where it has none.
std::vector<double> column_values(const Dataset& dataset, const std::vector<std::string>& inputs,
                                  const ShownModality& modality, std::size_t example);

/// Magnitudes of a sound's frequencies in decibels, [bands, frames], the highest band first: Hann windows of 256
/// samples, as many as fit into `frames`.
std::vector<double> spectrogram(const std::vector<double>& samples, std::size_t frames, std::size_t bands);

}  // namespace modattr
