#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace modattr {

/// A sound, as torchaudio.load gives it: single precision, whole numbers of a file divided by half their range, so that
/// they lie in [-1, 1).
struct Sound {
  /// Samples per second.
  std::size_t sample_rate = 0;
  /// [channels][samples]; at least one of each.
  std::vector<std::vector<float>> channels;
};

/// Numbers of a sound at most, all channels together, half an hour of stereo at 37 kHz: a small file may claim any
/// length, and silence takes no room in a compressed one.
inline constexpr std::uint64_t kMostSoundNumbers = std::uint64_t{1} << 27U;
/// Samples per second at most.
inline constexpr std::size_t kMostSampleRate = 768000;

/// Decodes a WAV (8 to 32 bits, float, double, A-law, u-law), FLAC or Ogg (Vorbis, Opus) file, told apart by content.
/// BrokenFileError, starting with `where`, for anything else: other formats, more than kMostSoundNumbers, no samples,
/// samples that are no finite numbers, damaged or truncated data.
Sound decode_sound(std::span<const std::byte> bytes, std::string_view where);

/// The same for a file.
Sound read_sound(const std::filesystem::path& path, std::string_view where);

}  // namespace modattr
