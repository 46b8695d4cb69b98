// An input is a WAV, FLAC or Ogg file.

#include <cmath>
#include <cstdint>
#include <span>

#include "modattr/core/error.h"
#include "modattr/data/raw/sound/sound_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const modattr::Sound sound = modattr::decode_sound(std::as_bytes(std::span(data, size)), "val.csv:1: 'a.wav'");
    if (sound.sample_rate == 0 || sound.channels.empty()) __builtin_trap();
    for (const std::vector<float>& channel : sound.channels) {
      if (channel.empty() || channel.size() != sound.channels.front().size()) __builtin_trap();
      for (const float sample : channel) {
        if (!std::isfinite(sample)) __builtin_trap();
      }
    }
  } catch (const modattr::DataError&) {
    return 0;
  }
  return 0;
}
