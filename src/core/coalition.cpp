#include "modattr/core/coalition.h"

#include <bit>

namespace modattr {

Coalition::Coalition(std::size_t player_count)
    : player_count_(player_count), words_((player_count + kWordBits - 1) / kWordBits, 0) {}

Coalition Coalition::full(std::size_t player_count) {
  return Coalition(player_count).complement();
}

Coalition Coalition::single(std::size_t player_count, std::size_t player) {
  Coalition coalition(player_count);
  coalition.insert(player);
  return coalition;
}

std::size_t Coalition::size() const noexcept {
  std::size_t count = 0;
  for (const std::uint64_t word : words_) count += static_cast<std::size_t>(std::popcount(word));
  return count;
}

Coalition& Coalition::erase(std::size_t player) {
  check(player);
  words_[player / kWordBits] &= ~bit_of(player);
  return *this;
}

Coalition Coalition::with(std::size_t player) const {
  return Coalition(*this).insert(player);
}

Coalition Coalition::without(std::size_t player) const {
  return Coalition(*this).erase(player);
}

Coalition Coalition::complement() const {
  Coalition result(*this);
  for (std::uint64_t& word : result.words_) word = ~word;
  result.clear_unused_bits();
  return result;
}

Coalition Coalition::slice(std::size_t first, std::size_t count) const {
  if (first > player_count_ || count > player_count_ - first) {
    throw std::out_of_range("coalition: slice outside the game");
  }
  Coalition result(count);
  const std::size_t shift = first % kWordBits;
  for (std::size_t word = 0; word < result.words_.size(); ++word) {
    const std::size_t source = first / kWordBits + word;
    result.words_[word] = words_[source] >> shift;
    if (shift > 0 && source + 1 < words_.size()) result.words_[word] |= words_[source + 1] << (kWordBits - shift);
  }
  result.clear_unused_bits();
  return result;
}

void Coalition::clear_unused_bits() noexcept {
  if (const std::size_t used = player_count_ % kWordBits; used != 0) words_.back() &= (std::uint64_t{1} << used) - 1;
}

std::size_t Coalition::hash() const noexcept {
  std::uint64_t hash = 0x9E3779B97F4A7C15u ^ player_count_;
  for (const std::uint64_t word : words_) {
    hash ^= word;
    hash *= 0xFF51AFD7ED558CCDu;
    hash ^= hash >> 32;
  }
  return static_cast<std::size_t>(hash);
}

}  // namespace modattr
