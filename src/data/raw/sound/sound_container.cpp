#include "sound_container.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace modattr {
namespace {

/// Bytes as a whole number.
std::uint64_t number_at(std::span<const std::byte> bytes, std::size_t place, std::size_t count, bool is_big_endian) {
  std::uint64_t number = 0;
  for (std::size_t byte = 0; byte < count; ++byte) {
    const std::size_t offset = is_big_endian ? byte : count - 1 - byte;
    number = number << 8U | std::to_integer<std::uint64_t>(bytes[place + offset]);
  }
  return number;
}

std::string_view word_at(std::span<const std::byte> bytes, std::size_t place) {
  return {reinterpret_cast<const char*>(bytes.data()) + place, 4};
}

std::string ends_early(std::uint64_t got, std::uint64_t expected) {
  return "it ends after " + std::to_string(got) + " of " + std::to_string(expected) + " bytes";
}

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table = {};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t remainder = byte << 24U;
    for (int bit = 0; bit < 8; ++bit) {
      const std::uint32_t flip = (remainder & 0x80000000U) != 0 ? 0x04C11DB7U : 0U;
      remainder = remainder << 1U ^ flip;
    }
    table[byte] = remainder;
  }
  return table;
}

/// Of a page, whose own checksum counts as 0.
std::uint32_t page_checksum(std::span<const std::byte> page) {
  static constexpr std::array<std::uint32_t, 256> kTable = crc_table();
  std::uint32_t sum = 0;
  for (std::size_t place = 0; place < page.size(); ++place) {
    const bool is_checksum = place >= 22 && place < 26;
    const std::uint32_t byte = is_checksum ? 0U : std::to_integer<std::uint32_t>(page[place]);
    sum = sum << 8U ^ kTable[(sum >> 24U ^ byte) & 0xFFU];
  }
  return sum;
}

}  // namespace

std::string wav_problem(std::span<const std::byte> bytes) {
  constexpr std::uint64_t kUnknownLength = 0x7FFFF000U;
  constexpr std::size_t kHeader = 8;
  if (bytes.size() < 12) return ends_early(bytes.size(), 12);
  const bool is_big_endian = word_at(bytes, 0) == "RIFX";
  const bool is_large = word_at(bytes, 0) == "RF64";
  std::uint64_t large_length = 0;
  for (std::uint64_t place = 12; place + kHeader <= bytes.size();) {
    const std::string_view name = word_at(bytes, place);
    std::uint64_t length = number_at(bytes, place + 4, 4, is_big_endian);
    const std::uint64_t room = bytes.size() - place - kHeader;
    if (name == "ds64" && length >= 16 && room >= 16) {
      large_length = number_at(bytes, place + kHeader + 8, 8, false);
    }
    if (name == "data") {
      const bool is_unknown = length >= kUnknownLength;
      if (is_large && is_unknown) length = large_length;
      if (length > room && (is_large || !is_unknown)) return ends_early(room, length);
      return {};
    }
    if (length > room) return ends_early(room, length);
    place += kHeader + length + length % 2;
  }
  return "no samples";
}

std::string ogg_problem(std::span<const std::byte> bytes) {
  constexpr std::size_t kHeader = 27;
  while (!bytes.empty()) {
    // Whatever follows the pages is none of the sound.
    if (bytes.size() < 4 || word_at(bytes, 0) != "OggS") return {};
    if (bytes.size() < kHeader) return ends_early(bytes.size(), kHeader);
    const auto segments = std::to_integer<std::size_t>(bytes[26]);
    std::size_t length = kHeader + segments;
    for (std::size_t segment = 0; segment < std::min(segments, bytes.size() - kHeader); ++segment) {
      length += std::to_integer<std::size_t>(bytes[kHeader + segment]);
    }
    if (length > bytes.size()) return ends_early(bytes.size(), length) + " of a page";
    if (page_checksum(bytes.first(length)) != number_at(bytes, 22, 4, false)) return "a page with another checksum";
    bytes = bytes.subspan(length);
  }
  return {};
}

}  // namespace modattr
