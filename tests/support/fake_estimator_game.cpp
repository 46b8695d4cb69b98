#include "fake_estimator_game.h"

namespace modattr {

std::vector<Coalition> SinglePlayers::coalitions(std::size_t player_count, std::size_t evaluation_count,
                                                 RandomStream /*stream*/) const {
  asked_count = evaluation_count;
  std::vector<Coalition> result;
  for (std::size_t player = 0; player < player_count; ++player) {
    result.insert(result.end(), 2, Coalition::single(player_count, player));
  }
  return result;
}

ShapleyEstimate SinglePlayers::estimate(const SampledGame& game) const {
  ShapleyEstimate result;
  for (std::size_t player = 0; player < game.player_count; ++player) {
    result.values.push_back(game.values[2 * player + 1] - game.empty_value);
    result.std_errors.push_back(static_cast<double>(player) / 10.0);
  }
  return result;
}

}  // namespace modattr
