#include "modattr/engines/auto_shapley.h"

#include "modattr/engines/exact_shapley.h"
#include "modattr/engines/gp_shapley.h"
#include "modattr/engines/leverage_shapley.h"
#include "modattr/engines/paired_coalitions.h"

namespace modattr {

std::vector<Coalition> AutoShapley::coalitions(std::size_t player_count, std::size_t evaluation_count,
                                               RandomStream stream) const {
  if (evaluation_count >= inner_coalition_count(player_count)) {
    return ExactShapley().coalitions(player_count, evaluation_count, stream);
  }
  return paired_leverage_coalitions(player_count, evaluation_count, stream, name());
}

ShapleyEstimate AutoShapley::estimate(const SampledGame& game) const {
  if (game.coalitions.size() == inner_coalition_count(game.player_count)) return ExactShapley().estimate(game);
  const PairedGame pairs = paired_game(game);
  PairedFit leverage = fit_leverage(pairs);
  if (pairs.pair_count() > kProcessPairLimit) return std::move(leverage.estimate);
  PairedFit process = fit_process(pairs);
  return std::move((held_out_loss(pairs, process) < held_out_loss(pairs, leverage) ? process : leverage).estimate);
}

}  // namespace modattr
