#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace modattr {

/// Players on the path to a leaf, by their places on it; small enough to be passed by value.
template <std::size_t Words>
struct PlayerSet {
  static constexpr std::size_t kBits = 64;
  static constexpr std::size_t kCapacity = Words * kBits;
  std::array<std::uint64_t, Words> words = {};

  /// Places 0 ... count - 1.
  static PlayerSet first(std::size_t count) {
    PlayerSet set;
    for (std::size_t place = 0; place < count; ++place) set.add(place);
    return set;
  }
  bool has(std::size_t place) const { return (words[place / kBits] >> (place % kBits) & 1U) != 0; }
  void add(std::size_t place) { words[place / kBits] |= std::uint64_t{1} << (place % kBits); }
  std::size_t count() const {
    std::size_t count = 0;
    for (const std::uint64_t word : words) count += static_cast<std::size_t>(std::popcount(word));
    return count;
  }
  bool is_empty() const { return *this == PlayerSet(); }
  PlayerSet operator&(const PlayerSet& other) const {
    PlayerSet result = *this;
    for (std::size_t word = 0; word < Words; ++word) result.words[word] &= other.words[word];
    return result;
  }
  PlayerSet operator|(const PlayerSet& other) const {
    PlayerSet result = *this;
    for (std::size_t word = 0; word < Words; ++word) result.words[word] |= other.words[word];
    return result;
  }
  PlayerSet without(const PlayerSet& other) const {
    PlayerSet result = *this;
    for (std::size_t word = 0; word < Words; ++word) result.words[word] &= ~other.words[word];
    return result;
  }
  bool operator==(const PlayerSet& other) const = default;

  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (std::size_t word = 0; word < Words; ++word) {
      for (std::uint64_t rest = words[word]; rest != 0; rest &= rest - 1) {
        visit(word * kBits + static_cast<std::size_t>(std::countr_zero(rest)));
      }
    }
  }
};

template <std::size_t Words>
struct PlayerSetHash {
  std::size_t operator()(const PlayerSet<Words>& set) const noexcept {
    std::uint64_t hash = 0;
    for (const std::uint64_t word : set.words) hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL + (hash >> 29U);
    return static_cast<std::size_t>(hash ^ hash >> 32U);
  }
};

}  // namespace modattr
