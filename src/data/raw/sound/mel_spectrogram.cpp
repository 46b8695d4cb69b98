#include "mel_spectrogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <ATen/Functions.h>

namespace modattr {
namespace {

constexpr std::size_t kFramesAtOnce = 512;
constexpr float kPreEmphasis = 0.97F;

/// Slaney's scale is linear below 1000 Hz, logarithmic above.
constexpr double kSlaneyStep = 200.0 / 3.0;
constexpr double kSlaneyCorner = 1000.0;
const double kSlaneyLogStep = std::log(6.4) / 27.0;

double mel_of(double frequency, MelStep::MelScale scale) {
  if (scale == MelStep::MelScale::kHtk) return 2595.0 * std::log10(1.0 + frequency / 700.0);
  if (frequency < kSlaneyCorner) return frequency / kSlaneyStep;
  return kSlaneyCorner / kSlaneyStep + std::log(frequency / kSlaneyCorner) / kSlaneyLogStep;
}

double frequency_of(double mel, MelStep::MelScale scale) {
  if (scale == MelStep::MelScale::kHtk) return 700.0 * (std::pow(10.0, mel / 2595.0) - 1.0);
  const double corner = kSlaneyCorner / kSlaneyStep;
  return mel < corner ? mel * kSlaneyStep : kSlaneyCorner * std::exp(kSlaneyLogStep * (mel - corner));
}

/// A band from its weights of all frequencies.
MelBand without_zeros(const std::vector<double>& weights) {
  MelBand band;
  std::size_t end = weights.size();
  while (band.first < end && weights[band.first] <= 0.0) ++band.first;
  while (end > band.first && weights[end - 1] <= 0.0) --end;
  for (std::size_t place = band.first; place < end; ++place) {
    band.weights.push_back(static_cast<float>(std::max(weights[place], 0.0)));
  }
  return band;
}

/// Kaldi's triangles are straight on the mel scale, not on that of frequencies.
std::vector<MelBand> kaldi_bands(const MelStep& step, std::size_t sample_rate) {
  const auto mel = [](double frequency) { return 1127.0 * std::log(1.0 + frequency / 700.0); };
  const auto rate = static_cast<double>(sample_rate);
  const double lowest = mel(step.f_min);
  const double width = (mel(step.f_max.value_or(rate / 2.0)) - lowest) / static_cast<double>(step.n_mels + 1);
  std::vector<MelBand> bands;
  for (std::size_t band = 0; band < step.n_mels; ++band) {
    const double left = lowest + static_cast<double>(band) * width;
    std::vector<double> weights(step.n_fft / 2);
    for (std::size_t place = 0; place < weights.size(); ++place) {
      const double own = mel(rate / static_cast<double>(step.n_fft) * static_cast<double>(place));
      weights[place] = std::min((own - left) / width, (left + 2.0 * width - own) / width);
    }
    bands.push_back(without_zeros(weights));
  }
  return bands;
}

std::vector<float> hann_window(std::size_t length, bool is_periodic) {
  std::vector<float> window;
  const auto period = static_cast<double>(is_periodic ? length : length - 1);
  for (std::size_t place = 0; place < length; ++place) {
    window.push_back(
        static_cast<float>(0.5 - 0.5 * std::cos(2.0 * std::numbers::pi * static_cast<double>(place) / period)));
  }
  return window;
}

/// Sample `place` of a sound that is filled up at both ends; reflected without its border being repeated.
float sample_at(std::span<const float> samples, std::ptrdiff_t place, MelStep::Padding padding) {
  const std::ptrdiff_t count = std::ssize(samples);
  if (place < 0 || place >= count) {
    if (padding == MelStep::Padding::kZeros) return 0.0F;
    place = place < 0 ? -place : 2 * (count - 1) - place;
  }
  return samples[static_cast<std::size_t>(place)];
}

/// Writes the windowed samples of a frame to `frame` [n_fft].
void write_frame(std::span<const float> samples, std::size_t number, const MelStep& step,
                 const std::vector<float>& window, std::span<float> frame) {
  const std::size_t start = number * step.hop_length;
  if (step.kind == MelStep::Kind::kKaldi) {
    const std::span<const float> own = samples.subspan(start, step.win_length);
    double sum = 0.0;
    for (const float sample : own) sum += static_cast<double>(sample);
    const auto mean = static_cast<float>(sum / static_cast<double>(own.size()));
    for (std::size_t place = 0; place < own.size(); ++place) {
      const float before = own[place == 0 ? 0 : place - 1] - mean;
      frame[place] = (own[place] - mean - kPreEmphasis * before) * window[place];
    }
    return;
  }
  // A window that is shorter than the transform stands in its middle.
  const std::size_t margin = (step.n_fft - step.win_length) / 2;
  const auto shift = static_cast<std::ptrdiff_t>(step.center ? step.n_fft / 2 : 0);
  for (std::size_t place = 0; place < step.win_length; ++place) {
    const std::ptrdiff_t source = static_cast<std::ptrdiff_t>(start + margin + place) - shift;
    frame[margin + place] = sample_at(samples, source, step.padding) * window[place];
  }
}

double powered(float real, float imaginary, double power) {
  const double square = static_cast<double>(real) * static_cast<double>(real) +
                        static_cast<double>(imaginary) * static_cast<double>(imaginary);
  if (power == 2.0) return square;
  return power == 1.0 ? std::sqrt(square) : std::pow(square, power / 2.0);
}

}  // namespace

std::vector<MelBand> mel_bands(const MelStep& step, std::size_t sample_rate) {
  if (step.kind == MelStep::Kind::kKaldi) return kaldi_bands(step, sample_rate);
  const std::size_t frequency_count = step.n_fft / 2 + 1;
  // As torchaudio, which divides whole numbers here.
  const std::size_t half_rate = sample_rate / 2;
  const auto nyquist = static_cast<double>(half_rate);
  const double lowest = mel_of(step.f_min, step.mel_scale);
  const double highest = mel_of(step.f_max.value_or(nyquist), step.mel_scale);
  std::vector<double> corners;
  for (std::size_t corner = 0; corner < step.n_mels + 2; ++corner) {
    const double part = static_cast<double>(corner) / static_cast<double>(step.n_mels + 1);
    corners.push_back(frequency_of(lowest + (highest - lowest) * part, step.mel_scale));
  }
  std::vector<MelBand> bands;
  for (std::size_t band = 0; band < step.n_mels; ++band) {
    const double scale = step.is_area_normalised ? 2.0 / (corners[band + 2] - corners[band]) : 1.0;
    std::vector<double> weights(frequency_count);
    for (std::size_t place = 0; place < frequency_count; ++place) {
      const double frequency = nyquist * static_cast<double>(place) / static_cast<double>(frequency_count - 1);
      const double up = (frequency - corners[band]) / (corners[band + 1] - corners[band]);
      const double down = (corners[band + 2] - frequency) / (corners[band + 2] - corners[band + 1]);
      weights[place] = std::min(up, down) * scale;
    }
    bands.push_back(without_zeros(weights));
  }
  return bands;
}

std::size_t least_samples(const MelStep& step) {
  if (step.kind == MelStep::Kind::kKaldi) return step.win_length;
  if (!step.center) return step.n_fft;
  return step.padding == MelStep::Padding::kReflect ? step.n_fft / 2 + 1 : 1;
}

std::size_t frame_count(const MelStep& step, std::size_t sample_count) {
  if (step.kind == MelStep::Kind::kKaldi) return 1 + (sample_count - step.win_length) / step.hop_length;
  const std::size_t padded = sample_count + (step.center ? step.n_fft / 2 * 2 : 0);
  return 1 + (padded - step.n_fft) / step.hop_length - (step.drops_last_frame ? 1 : 0);
}

std::vector<float> mel_spectrogram(std::span<const float> samples, const MelStep& step, std::size_t sample_rate) {
  const std::vector<MelBand> bands = mel_bands(step, sample_rate);
  const std::vector<float> window = hann_window(step.win_length, step.kind == MelStep::Kind::kTorchaudio);
  const std::size_t count = frame_count(step, samples.size());
  const std::size_t frequency_count = step.n_fft / 2 + 1;
  std::vector<float> result(bands.size() * count);
  std::vector<double> powers(frequency_count);
  for (std::size_t first = 0; first < count; first += kFramesAtOnce) {
    const std::size_t block = std::min(kFramesAtOnce, count - first);
    const at::Tensor frames =
        at::zeros({static_cast<std::int64_t>(block), static_cast<std::int64_t>(step.n_fft)}, at::kFloat);
    for (std::size_t frame = 0; frame < block; ++frame) {
      write_frame(samples, first + frame, step, window,
                  std::span(frames.data_ptr<float>() + frame * step.n_fft, step.n_fft));
    }
    // In single precision, whose rounding is that of torch.stft.
    const at::Tensor spectrum = at::view_as_real(at::fft_rfft(frames)).contiguous();
    const float* const numbers = spectrum.data_ptr<float>();
    for (std::size_t frame = 0; frame < block; ++frame) {
      for (std::size_t place = 0; place < frequency_count; ++place) {
        const float* const number = numbers + (frame * frequency_count + place) * 2;
        powers[place] = powered(number[0], number[1], step.power);
      }
      for (std::size_t band = 0; band < bands.size(); ++band) {
        double sum = 0.0;
        for (std::size_t place = 0; place < bands[band].weights.size(); ++place) {
          sum += powers[bands[band].first + place] * static_cast<double>(bands[band].weights[place]);
        }
        result[band * count + first + frame] = static_cast<float>(sum);
      }
    }
  }
  return result;
}

}  // namespace modattr
