#include "modattr/data/raw/sound/sound_preprocessing.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "mel_spectrogram.h"
#include "modattr/data/raw/broken_file.h"
#include "sound_resampling.h"

namespace modattr {
namespace {

[[noreturn]] void throw_unfit(const std::string& where, const std::string& expected, const std::string& got) {
  throw BrokenFileError(where + ": expected " + expected + ", got " + got);
}

std::vector<float> mean_of(const std::vector<std::vector<float>>& channels) {
  std::vector<float> mean(channels.front().size());
  for (std::size_t sample = 0; sample < mean.size(); ++sample) {
    float sum = 0.0F;
    for (const std::vector<float>& channel : channels) sum += channel[sample];
    mean[sample] = sum / static_cast<float>(channels.size());
  }
  return mean;
}

/// Of the first `count` samples; the others stay.
void standardise(std::vector<float>& samples, std::size_t count) {
  constexpr double kLeastVariance = 1e-7;
  double sum = 0.0;
  for (std::size_t place = 0; place < count; ++place) sum += static_cast<double>(samples[place]);
  const double mean = sum / static_cast<double>(count);
  double squares = 0.0;
  for (std::size_t place = 0; place < count; ++place) {
    const double deviation = static_cast<double>(samples[place]) - mean;
    squares += deviation * deviation;
  }
  const double width = std::sqrt(squares / static_cast<double>(count) + kLeastVariance);
  for (std::size_t place = 0; place < count; ++place) {
    samples[place] = static_cast<float>((static_cast<double>(samples[place]) - mean) / width);
  }
}

void scale_numbers(std::vector<float>& numbers, const SoundScale& scale) {
  constexpr double kLeastPower = 1e-10;
  if (scale.kind == SoundScale::Kind::kNone) return;
  const bool is_decibel = scale.kind == SoundScale::Kind::kDecibel;
  const bool is_whisper = scale.kind == SoundScale::Kind::kWhisper;
  const double factor = is_decibel ? scale.decibels : 1.0;
  double largest = -std::numeric_limits<double>::infinity();
  for (float& number : numbers) {
    const auto own = static_cast<double>(number);
    number = static_cast<float>(is_decibel || is_whisper ? factor * std::log10(std::max(own, kLeastPower))
                                                         : std::log(std::max(own, scale.least) + scale.offset));
    largest = std::max(largest, static_cast<double>(number));
  }
  if (is_decibel && scale.top_db) {
    const auto least = static_cast<float>(largest - *scale.top_db);
    for (float& number : numbers) number = std::max(number, least);
  }
  if (is_whisper) {
    constexpr double kRange = 8.0;
    const auto least = static_cast<float>(largest - kRange);
    for (float& number : numbers) number = (std::max(number, least) + 4.0F) / 4.0F;
  }
}

/// [rows, to] of [rows, from], cut or filled up by 0.
std::vector<float> with_frames(const std::vector<float>& numbers, std::size_t from, std::size_t to) {
  std::vector<float> result(numbers.size() / from * to);
  for (std::size_t row = 0; row < numbers.size() / from; ++row) {
    std::copy_n(numbers.begin() + static_cast<std::ptrdiff_t>(row * from), std::min(from, to),
                result.begin() + static_cast<std::ptrdiff_t>(row * to));
  }
  return result;
}

/// [rows, frames, bands] of [rows, bands, frames].
std::vector<float> transposed(const std::vector<float>& numbers, std::size_t bands, std::size_t frames) {
  std::vector<float> result;
  result.reserve(numbers.size());
  for (std::size_t row = 0; row < numbers.size() / (bands * frames); ++row) {
    for (std::size_t frame = 0; frame < frames; ++frame) {
      for (std::size_t band = 0; band < bands; ++band) result.push_back(numbers[(row * bands + band) * frames + frame]);
    }
  }
  return result;
}

/// Frames that begin, or have their middle, in the first `own` samples.
std::size_t own_frames(const MelStep& step, std::size_t own, std::size_t frames) {
  const bool needs_all = step.kind == MelStep::Kind::kKaldi || !step.center;
  const std::size_t last = needs_all ? least_samples(step) : 1;
  return own < last ? 0 : std::min(frames, (own - last) / step.hop_length + 1);
}

/// Replaces the samples of a sound by its spectrogram.
void make_spectrogram(const Sound& sound, const SoundPreprocessing& preprocessing, std::size_t own_samples,
                      const std::string& where, PreparedSound& result) {
  const MelStep& step = *preprocessing.mel;
  const std::size_t sample_count = sound.channels.front().size();
  if (sample_count < least_samples(step) || frame_count(step, sample_count) == 0) {
    throw_unfit(where, "at least " + std::to_string(least_samples(step)) + " samples for a window of its spectrogram",
                std::to_string(sample_count));
  }
  std::size_t frames = frame_count(step, sample_count);
  if (frames > kMostSoundNumbers / (step.n_mels * sound.channels.size())) {
    throw_unfit(where, "a spectrogram of at most " + std::to_string(kMostSoundNumbers) + " numbers",
                std::to_string(frames) + " frames of " + std::to_string(step.n_mels) + " bands");
  }
  for (const std::vector<float>& channel : sound.channels) {
    const std::vector<float> bands = mel_spectrogram(channel, step, sound.sample_rate);
    result.numbers.insert(result.numbers.end(), bands.begin(), bands.end());
  }
  result.own_step_count = own_frames(step, own_samples, frames);
  scale_numbers(result.numbers, preprocessing.scale);
  if (preprocessing.frame_count && *preprocessing.frame_count != frames) {
    result.numbers = with_frames(result.numbers, frames, *preprocessing.frame_count);
    frames = *preprocessing.frame_count;
    result.own_step_count = std::min(result.own_step_count, frames);
  }
  const auto bands = static_cast<std::int64_t>(step.n_mels);
  result.step_count = frames;
  result.seconds_per_step = static_cast<double>(step.hop_length) / static_cast<double>(sound.sample_rate);
  result.shape = {static_cast<std::int64_t>(sound.channels.size()), bands, static_cast<std::int64_t>(frames)};
  if (preprocessing.transposes) {
    result.numbers = transposed(result.numbers, step.n_mels, frames);
    std::swap(result.shape[1], result.shape[2]);
  }
}

}  // namespace

std::size_t time_axis(const SoundPreprocessing& preprocessing) {
  const std::size_t channel_axes = preprocessing.squeezes ? 0 : 1;
  return channel_axes + (preprocessing.mel && !preprocessing.transposes ? 1 : 0);
}

PreparedSound prepare_sound(Sound sound, const SoundPreprocessing& preprocessing, const std::string& where) {
  if (preprocessing.channels == SoundPreprocessing::Channels::kMono && sound.channels.size() > 1) {
    sound.channels = {mean_of(sound.channels)};
  }
  if (preprocessing.squeezes && sound.channels.size() > 1) {
    throw_unfit(where, "one channel to squeeze", std::to_string(sound.channels.size()));
  }
  const std::size_t rate = preprocessing.sample_rate.value_or(sound.sample_rate);
  const std::size_t resampled = resampled_count(sound.channels.front().size(), sound.sample_rate, rate);
  if (resampled > kMostSoundNumbers / sound.channels.size()) {
    throw_unfit(where, "at most " + std::to_string(kMostSoundNumbers) + " numbers at the new sample rate",
                std::to_string(resampled));
  }
  const std::size_t length = preprocessing.length.value_or(resampled);
  const std::size_t own = std::min(resampled, length);
  for (std::vector<float>& channel : sound.channels) {
    if (rate != sound.sample_rate) channel = resampled_sound(channel, sound.sample_rate, rate);
    channel.resize(length);
    if (preprocessing.standardisation != SoundPreprocessing::Standardisation::kNone) {
      const bool is_filled = preprocessing.standardisation == SoundPreprocessing::Standardisation::kFilledSound;
      standardise(channel, is_filled ? length : own);
    }
  }
  sound.sample_rate = rate;
  PreparedSound result{.shape = {static_cast<std::int64_t>(sound.channels.size()), static_cast<std::int64_t>(length)},
                       .numbers = {},
                       .step_count = length,
                       .own_step_count = own,
                       .sample_rate = rate,
                       .seconds_per_step = 1.0 / static_cast<double>(rate)};
  if (preprocessing.mel) {
    make_spectrogram(sound, preprocessing, own, where, result);
  } else {
    for (const std::vector<float>& channel : sound.channels) {
      result.numbers.insert(result.numbers.end(), channel.begin(), channel.end());
    }
  }
  if (preprocessing.mean != 0.0F || preprocessing.std != 1.0F) {
    for (float& number : result.numbers) number = (number - preprocessing.mean) / preprocessing.std;
  }
  if (preprocessing.squeezes) result.shape.erase(result.shape.begin());
  return result;
}

}  // namespace modattr
