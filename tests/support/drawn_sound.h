#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace modattr {

/// The sound that drawn() of tests/fixtures/sounds/make.py draws, 16 bits: a falling tone and noise.
inline std::vector<std::int16_t> drawn_sound(std::size_t count, std::uint32_t seed) {
  std::vector<std::int16_t> samples;
  for (std::uint32_t place = 0; place < count; ++place) {
    const std::uint32_t angle = (place * (2100U + 137U * seed) - place * place * 3U) & 0xFFFFU;
    const int tone = static_cast<int>(angle < 0x8000U ? angle : 0xFFFFU - angle) - 0x4000;
    std::uint32_t noise = place * 73856093U ^ seed * 2654435761U;
    noise ^= noise >> 13U;
    noise *= 1274126177U;
    samples.push_back(static_cast<std::int16_t>(tone + static_cast<int>(noise >> 19U) - 0x1000));
  }
  return samples;
}

/// Samples as a sound file of 16 bits holds them.
inline std::vector<float> as_floats(const std::vector<std::int16_t>& samples) {
  std::vector<float> numbers;
  for (const std::int16_t sample : samples) numbers.push_back(static_cast<float>(sample) / 32768.0F);
  return numbers;
}

/// A little-endian number of so many bytes.
inline std::string little_endian(std::uint64_t number, std::size_t count) {
  std::string bytes;
  for (std::size_t byte = 0; byte < count; ++byte) bytes += static_cast<char>(number >> (8 * byte) & 0xFFU);
  return bytes;
}

/// A WAV file of these bytes; `coding` is 1 for whole numbers, 3 for floats.
inline std::string wav_of_data(const std::string& data, std::uint32_t rate, std::uint32_t channels,
                               std::uint32_t coding, std::uint32_t bits) {
  const std::uint64_t frame = std::uint64_t{channels} * bits / 8;
  return "RIFF" + little_endian(36 + data.size(), 4) + "WAVEfmt " + little_endian(16, 4) + little_endian(coding, 2) +
         little_endian(channels, 2) + little_endian(rate, 4) + little_endian(rate * frame, 4) +
         little_endian(frame, 2) + little_endian(bits, 2) + "data" + little_endian(data.size(), 4) + data;
}

/// A WAV file with 16 bits; of several channels, `samples` holds one of each in turn.
inline std::string wav_content(const std::vector<std::int16_t>& samples, std::uint32_t rate,
                               std::uint32_t channels = 1) {
  std::string data;
  for (const std::int16_t sample : samples) data += little_endian(static_cast<std::uint16_t>(sample), 2);
  return wav_of_data(data, rate, channels, 1, 16);
}

/// A WAV file of floats, one channel.
inline std::string wav_content(const std::vector<float>& samples, std::uint32_t rate) {
  return wav_of_data({reinterpret_cast<const char*>(samples.data()), samples.size() * sizeof(float)}, rate, 1, 3, 32);
}

}  // namespace modattr
