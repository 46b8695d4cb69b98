#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace modattr {

/// Samples of a sound at another rate, by the interpolation of torchaudio.transforms.Resample with its default
/// settings: sinc with a low-pass at 0.99 of the lower rate's half, six zero crossings to each side, a Hann window;
/// without sound before and behind. [ceil(samples * to / from)]. Sums are taken in double precision, so results differ
/// from torchaudio's by the rounding of its single precision. Source: torchaudio.functional.resample; Smith, "Digital
/// Audio Resampling Home Page".
std::vector<float> resampled_sound(std::span<const float> samples, std::size_t from, std::size_t to);

/// The number of samples that it gives.
std::size_t resampled_count(std::size_t sample_count, std::size_t from, std::size_t to);

}  // namespace modattr
