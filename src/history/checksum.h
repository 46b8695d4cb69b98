#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace modattr {

/// 64-bit FNV-1a of a sequence of values, each with its length. SQLite finds damaged pages, but not other bytes in a
/// text or a number.
class Checksum {
 public:
  Checksum& add(std::string_view text) {
    add(static_cast<std::int64_t>(text.size()));
    for (const char byte : text) add_byte(static_cast<unsigned char>(byte));
    return *this;
  }
  Checksum& add(std::int64_t number) {
    auto bits = static_cast<std::uint64_t>(number);
    for (int byte = 0; byte < 8; ++byte, bits >>= 8U) add_byte(static_cast<unsigned char>(bits & 0xFFU));
    return *this;
  }
  Checksum& add(const std::optional<double>& number) {
    add_byte(number ? 1 : 0);
    // SQLite keeps -0 as 0.
    if (number) add(std::bit_cast<std::int64_t>(*number == 0.0 ? 0.0 : *number));
    return *this;
  }
  Checksum& add(const std::optional<std::string_view>& text) {
    add_byte(text ? 1 : 0);
    if (text) add(*text);
    return *this;
  }
  Checksum& add(const std::optional<std::string>& text) {
    return add(text ? std::optional<std::string_view>(*text) : std::nullopt);
  }
  Checksum& add(const std::string& text) { return add(std::string_view(text)); }

  std::int64_t value() const noexcept { return static_cast<std::int64_t>(state_); }

 private:
  void add_byte(unsigned char byte) { state_ = (state_ ^ byte) * 0x100000001b3U; }

  std::uint64_t state_ = 0xcbf29ce484222325U;
};

}  // namespace modattr
