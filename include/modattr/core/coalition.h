#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <vector>

namespace modattr {

/// The set of players that the model really sees; everything else is removed. Holds any number of players.
class Coalition {
 public:
  /// The empty coalition of a game with `player_count` players.
  explicit Coalition(std::size_t player_count = 0);

  static Coalition empty(std::size_t player_count) { return Coalition(player_count); }
  static Coalition full(std::size_t player_count);
  static Coalition single(std::size_t player_count, std::size_t player);

  /// Number of players of the game, present or not.
  std::size_t player_count() const noexcept { return player_count_; }
  /// Number of players present.
  std::size_t size() const noexcept;
  bool is_full() const noexcept { return size() == player_count_; }
  bool contains(std::size_t player) const {
    check(player);
    return (words_[player / kWordBits] & bit_of(player)) != 0;
  }

  Coalition& insert(std::size_t player) {
    check(player);
    words_[player / kWordBits] |= bit_of(player);
    return *this;
  }
  Coalition& erase(std::size_t player);
  Coalition with(std::size_t player) const;
  Coalition without(std::size_t player) const;
  Coalition complement() const;
  /// Of the game of `count` players from `first` on alone.
  Coalition slice(std::size_t first, std::size_t count) const;

  std::size_t hash() const noexcept;
  friend bool operator==(const Coalition&, const Coalition&) = default;

 private:
  static constexpr std::size_t kWordBits = 64;

  static std::uint64_t bit_of(std::size_t player) noexcept { return std::uint64_t{1} << (player % kWordBits); }
  void check(std::size_t player) const {
    if (player >= player_count_) throw std::out_of_range("coalition: player outside the game");
  }
  /// Bits beyond the last player stay 0, so that equal coalitions have equal words.
  void clear_unused_bits() noexcept;

  std::size_t player_count_;
  std::vector<std::uint64_t> words_;
};

}  // namespace modattr

template <>
struct std::hash<modattr::Coalition> {
  std::size_t operator()(const modattr::Coalition& coalition) const noexcept { return coalition.hash(); }
};
