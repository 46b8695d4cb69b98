#pragma once

#include <cstdint>
#include <string_view>

#include "modattr/core/rng.h"

namespace modattr {

/// A number that follows from an example's id: FNV-1a, 64 bits (Fowler, Noll, Vo).
constexpr std::uint64_t identity_of(std::string_view id) noexcept {
  std::uint64_t hash = 14695981039346656037U;
  for (const char byte : id) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211U;
  return hash;
}

/// A random number that follows from the seed and an example's identity. In the order of these numbers the first
/// examples are the background, and the first right answers the donors of a trace: what engines ask of the model is the
/// same wherever it can be, and does not depend on the order of the file.
inline std::uint64_t donor_rank(std::uint64_t identity, const Rng& rng) noexcept {
  RandomStream stream = rng.stream(RandomPurpose::kExampleOrder, static_cast<std::uint32_t>(identity),
                                   static_cast<std::uint32_t>(identity >> 32));
  const std::uint64_t high = stream.next_word();
  return high << 32 | stream.next_word();
}

}  // namespace modattr
