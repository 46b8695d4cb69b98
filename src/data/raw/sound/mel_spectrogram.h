#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "modattr/data/raw/sound/sound_preprocessing.h"

namespace modattr {

/// The weights of a band, from the frequency `first` on.
struct MelBand {
  std::size_t first = 0;
  std::vector<float> weights;
};

/// Bands of a spectrogram of n_fft / 2 + 1 frequencies, [n_mels]: as torchaudio.functional.melscale_fbanks or, of
/// kKaldi, torchaudio.compliance.kaldi.get_mel_banks gives them.
std::vector<MelBand> mel_bands(const MelStep& step, std::size_t sample_rate);

/// Samples that a sound needs at least.
std::size_t least_samples(const MelStep& step);

/// Frames of a sound of so many samples.
std::size_t frame_count(const MelStep& step, std::size_t sample_count);

/// [bands, frames] of one channel, which has at least least_samples().
std::vector<float> mel_spectrogram(std::span<const float> samples, const MelStep& step, std::size_t sample_rate);

}  // namespace modattr
