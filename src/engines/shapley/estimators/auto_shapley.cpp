#include "modattr/engines/shapley/estimators/auto_shapley.h"

#include <optional>
#include <utility>

#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/engines/shapley/estimators/gp_shapley.h"
#include "modattr/engines/shapley/estimators/leverage_shapley.h"
#include "modattr/engines/shapley/estimators/paired_coalitions.h"
#include "modattr/engines/shapley/estimators/proxy_shapley.h"

namespace modattr {

std::vector<Coalition> AutoShapley::coalitions(std::size_t player_count, std::size_t evaluation_count,
                                               RandomStream stream) const {
  if (evaluation_count >= inner_coalition_count(player_count)) {
    return ExactShapley().coalitions(player_count, evaluation_count, stream);
  }
  return paired_leverage_coalitions(player_count, evaluation_count, stream, name());
}

std::size_t AutoShapley::least_coalition_count(std::size_t player_count) const {
  return least_paired_coalition_count(player_count);
}

ShapleyEstimate AutoShapley::estimate(const SampledGame& game) const {
  if (game.coalitions.size() == inner_coalition_count(game.player_count)) return ExactShapley().estimate(game);
  const PairedGame pairs = paired_game(game);
  PairedFit leverage = fit_leverage(pairs);
  leverage.estimate.method = "leverage";
  std::optional<PairedFit> other;
  if (pairs.pair_count() <= kProcessPairLimit) {
    other = fit_process(pairs);
    other->estimate.method = "gp";
  } else if (game.coalitions.size() * game.player_count <= kProxyCellLimit) {
    other = fit_proxy(game, pairs);
    other->estimate.method = "proxy";
  }
  if (other && held_out_loss(pairs, *other) < held_out_loss(pairs, leverage)) return std::move(other->estimate);
  return std::move(leverage.estimate);
}

}  // namespace modattr
