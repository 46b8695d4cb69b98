#include "modattr/core/coalition.h"

#include <bit>
#include <stdexcept>

namespace modattr {
namespace {

constexpr std::size_t kWordBits = 64;

std::uint64_t bit_of(std::size_t player) {
  return std::uint64_t{1} << (player % kWordBits);
}

void check_player(std::size_t player, std::size_t player_count) {
  if (player >= player_count) throw std::out_of_range("coalition: player outside the game");
}

}  // namespace

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

bool Coalition::contains(std::size_t player) const {
  check_player(player, player_count_);
  return (words_[player / kWordBits] & bit_of(player)) != 0;
}

Coalition& Coalition::insert(std::size_t player) {
  check_player(player, player_count_);
  words_[player / kWordBits] |= bit_of(player);
  return *this;
}

Coalition& Coalition::erase(std::size_t player) {
  check_player(player, player_count_);
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
  // Bits beyond the last player stay 0, so that equal coalitions have equal words.
  if (const std::size_t used = player_count_ % kWordBits; used != 0) {
    result.words_.back() &= (std::uint64_t{1} << used) - 1;
  }
  return result;
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
