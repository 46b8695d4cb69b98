#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace modattr {

/// A game of which every coalition is known.
struct KnownGame {
  std::string kind;
  /// Whether a network explains its input.
  bool is_network = false;
  std::size_t player_count = 0;
  /// v by bit mask, [2^players].
  std::vector<double> table;
};

/// v as a formula of which players are present, [players].
using GameFormula = std::function<double(const std::vector<bool>& present)>;

/// Games of 14 to 16 players: five kinds from small random networks that explain one random input, three that are hard
/// for smooth estimators or for trees, and last one with additive and pairwise parts only. The same seed gives the same
/// games.
std::vector<KnownGame> network_games(std::size_t games_per_kind, std::uint64_t seed);

}  // namespace modattr
