#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
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
  bool contains(std::size_t player) const;

  Coalition& insert(std::size_t player);
  Coalition& erase(std::size_t player);
  Coalition with(std::size_t player) const;
  Coalition without(std::size_t player) const;
  Coalition complement() const;

  std::size_t hash() const noexcept;
  friend bool operator==(const Coalition&, const Coalition&) = default;

 private:
  std::size_t player_count_;
  std::vector<std::uint64_t> words_;
};

}  // namespace modattr

template <>
struct std::hash<modattr::Coalition> {
  std::size_t operator()(const modattr::Coalition& coalition) const noexcept { return coalition.hash(); }
};
