#pragma once

#include <array>
#include <cstdint>

namespace modattr {

/// The character that stands for each byte in byte-level vocabularies, as GPT-2 chose them: printable Latin-1
/// characters for themselves, U+0100 and the following for the other bytes in their order.
constexpr std::array<char32_t, 256> byte_alphabet() {
  std::array<char32_t, 256> alphabet{};
  char32_t next = 0x100;
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    const bool is_printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    alphabet[byte] = is_printable ? byte : next++;
  }
  return alphabet;
}

/// Ġ, the character of a space.
inline constexpr char32_t kByteSpace = byte_alphabet()[0x20];

}  // namespace modattr
