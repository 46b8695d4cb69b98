#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "modattr/core/coalition.h"
#include "modattr/core/rng.h"

namespace modattr {

/// How the neighbours of an example differ from it in one modality.
enum class NeighbourDraw {
  /// So many players are removed, every number being as likely: words, as lime's text explainer does.
  kUniformCount,
  /// Each player is removed with probability 1/2: superpixels and columns, as lime's image explainer and captum do.
  kFairCoins
};

/// The players of one modality in the neighbourhood of an example.
struct NeighbourPart {
  std::size_t player_count = 0;
  NeighbourDraw draw = NeighbourDraw::kFairCoins;
};

/// Coalitions around an example, each once; the first is the full one.
struct Neighbourhood {
  std::vector<Coalition> coalitions;
  /// How often each was drawn, [coalitions].
  std::vector<double> counts;
};

/// Draws `draw_count` coalitions, the full one being the first, the modalities independently of each other:
///
///   kUniformCount: k uniform on {0, ..., n}, then k of the n players at random; k is at least 1 where the modality is
///                  the only one that plays, as in lime
///   kFairCoins:    a coin per player
/// Players are numbered part by part. Equal draws are one coalition with their count.
Neighbourhood sample_neighbourhood(std::span<const NeighbourPart> parts, std::size_t draw_count, RandomStream stream);

/// Draws of a removal for coalitions that were drawn `counts` times each: `least` for every time, but `draw_count` at
/// most, which is told by an empty list. They are dealt from shuffled decks of all draws, so that a coalition's draws
/// are different ones and all draws serve about as many coalitions. The first coalition, the full one, takes draw 0, as
/// all are equal to it. [coalitions] of ascending numbers.
std::vector<std::vector<std::uint32_t>> deal_draws(std::span<const double> counts, std::size_t least,
                                                   std::size_t draw_count, RandomStream stream);

/// Every coalition once, the full one first; `player_count` is at most kMostEnumeratedPlayers.
Neighbourhood whole_neighbourhood(std::size_t player_count);

/// Players of which every coalition may be asked for: a million coalitions.
inline constexpr std::size_t kMostEnumeratedPlayers = 20;

}  // namespace modattr
