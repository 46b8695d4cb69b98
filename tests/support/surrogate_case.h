#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "modattr/engines/surrogate/neighbourhood.h"
#include "modattr/engines/surrogate/surrogate.h"

namespace modattr {

using RowFormula = std::function<double(std::span<const double> present)>;

/// Coalitions of two modalities of `player_count` players each with v from a formula of zeros and ones; drawn by coins.
inline SurrogateData surrogate_case(std::size_t player_count, std::size_t draw_count, const RowFormula& formula,
                                    std::uint64_t seed = 1) {
  const std::array parts = {NeighbourPart{player_count}, NeighbourPart{player_count}};
  const Neighbourhood around =
      sample_neighbourhood(parts, draw_count, Rng(seed).stream(RandomPurpose::kNeighbourhood, 0, 0));
  SurrogateData data{Matrix(around.coalitions.size(), 2 * player_count), {}, {}};
  for (std::size_t player = 0; player < 2 * player_count; ++player) {
    data.modality_of_player.push_back(player / player_count);
  }
  for (std::size_t row = 0; row < around.coalitions.size(); ++row) {
    for (std::size_t player = 0; player < 2 * player_count; ++player) {
      data.players(row, player) = around.coalitions[row].contains(player) ? 1.0 : 0.0;
    }
    data.values.push_back(formula(data.players.row(row)));
  }
  return data;
}

/// Equal weights.
inline std::vector<double> ones(const SurrogateData& data) {
  return std::vector<double>(data.values.size(), 1.0);
}

}  // namespace modattr
