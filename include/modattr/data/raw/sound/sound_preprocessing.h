#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "modattr/data/raw/sound/sound_file.h"

namespace modattr {

/// A spectrogram of bands that are triangles on a mel scale.
struct MelStep {
  enum class Kind {
    /// torchaudio.transforms.MelSpectrogram with a Hann window, which is centred unless `center` is false.
    kTorchaudio,
    /// torchaudio.compliance.kaldi.fbank(dither=0, window_type="hanning") without its logarithm: windows of 25 ms, 10
    /// ms
    /// apart, filled up to a power of two; each without its mean and with a pre-emphasis of 0.97.
    kKaldi
  } kind = Kind::kTorchaudio;
  std::size_t n_fft = 400;
  std::size_t win_length = 400;
  std::size_t hop_length = 200;
  std::size_t n_mels = 128;
  double f_min = 0.0;
  /// nullopt = half of the sample rate.
  std::optional<double> f_max = std::nullopt;
  /// Of amplitudes.
  double power = 2.0;
  bool center = true;
  enum class Padding { kReflect, kZeros } padding = Padding::kReflect;
  enum class MelScale { kHtk, kSlaney } mel_scale = MelScale::kHtk;
  /// Bands divided by their widths (norm="slaney").
  bool is_area_normalised = false;
  /// Whether the last frame is left out, as Whisper does.
  bool drops_last_frame = false;
};

/// What a number of a spectrogram becomes.
struct SoundScale {
  enum class Kind {
    kNone,
    /// torchaudio's AmplitudeToDB: decibels * log10(max(x, 1e-10)); `top_db`.
    kDecibel,
    /// log(max(x, least) + offset)
    kLogarithm,
    /// Whisper's: log10(max(x, 1e-10)), at most 8 below the largest, + 4, / 4.
    kWhisper
  } kind = Kind::kNone;
  /// 10 of powers, 20 of amplitudes.
  double decibels = 10.0;
  /// Decibels below the sound's largest that everything softer is lifted to; nullopt = none.
  std::optional<double> top_db = std::nullopt;
  double least = 0.0;
  double offset = 0.0;
};

/// From a sound file to the numbers that a model takes, in this order: channels, sample rate, length, the sound's own
/// mean and variance, spectrogram, its scale, its length, mean and std.
struct SoundPreprocessing {
  /// The mean of the channels, or all of them.
  enum class Channels { kMono, kStored } channels = Channels::kMono;
  /// Samples per second; nullopt = as in the files, which have to agree.
  std::optional<std::size_t> sample_rate = std::nullopt;
  /// Samples that a sound is cut to or filled up to with 0; nullopt = as in the files, which have to agree.
  std::optional<std::size_t> length = std::nullopt;
  /// Sounds become (x - mean) / sqrt(variance + 1e-7), as Wav2Vec2FeatureExtractor does (do_normalize).
  enum class Standardisation {
    kNone,
    /// Of a sound by itself; what it is filled up with stays 0.
    kSound,
    /// Of a sound with what it is filled up with.
    kFilledSound
  } standardisation = Standardisation::kNone;
  std::optional<MelStep> mel = std::nullopt;
  SoundScale scale = {};
  /// Frames of a spectrogram that it is cut to or filled up to with 0, before mean and std.
  std::optional<std::size_t> frame_count = std::nullopt;
  /// (x - mean) / std of every number.
  float mean = 0.0F;
  float std = 1.0F;
  /// [samples] or [bands, frames] instead of [channels, ...]; of one channel.
  bool squeezes = false;
  /// [..., frames, bands] instead of [..., bands, frames].
  bool transposes = false;
};

/// The numbers of a sound.
struct PreparedSound {
  /// Of one row: [channels, samples] or [channels, bands, frames], or as `squeezes` and `transposes` say.
  std::vector<std::int64_t> shape;
  std::vector<float> numbers;
  /// Steps of the time axis (samples or frames), and how many of them are of the file's sound, not filled up.
  std::size_t step_count = 0;
  std::size_t own_step_count = 0;
  /// Of samples per second; and the time from one step to the next.
  std::size_t sample_rate = 0;
  double seconds_per_step = 0.0;
};

/// Axis of a row that time runs along.
std::size_t time_axis(const SoundPreprocessing& preprocessing);

/// Throws BrokenFileError, starting with `where`, where the sound is too short for a window of its spectrogram, or
/// too long at its new rate.
PreparedSound prepare_sound(Sound sound, const SoundPreprocessing& preprocessing, const std::string& where);

}  // namespace modattr
