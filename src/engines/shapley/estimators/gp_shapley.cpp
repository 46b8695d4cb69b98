#include "modattr/engines/shapley/estimators/gp_shapley.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>

#include "modattr/core/error.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/engines/shapley/estimators/gp/process.h"

namespace modattr {
namespace {

GpProcess likeliest_process(const PairedGame& game) {
  GpKernel kernel = likeliest_kernel(game);
  std::optional<GpProcess> process = GpProcess::condition(game, kernel);
  // More pairs than the search saw can be too close to each other for its nugget.
  while (!process) {
    kernel.nugget *= 10.0;
    process = GpProcess::condition(game, kernel);
  }
  return *std::move(process);
}

}  // namespace

PairedFit fit_process(const PairedGame& game) {
  const GpProcess process = likeliest_process(game);
  ShapleyEstimate estimate = process.estimate();
  std::vector<double> left_out = process.left_out(estimate);
  return {std::move(estimate), std::move(left_out)};
}

std::vector<Coalition> GpShapley::coalitions(std::size_t player_count, std::size_t evaluation_count,
                                             RandomStream stream) const {
  if (least_paired_coalition_count(player_count) > 2 * kProcessPairLimit) {
    throw ConfigError("gp: expected at most " + std::to_string(2 * kProcessPairLimit / 3) + " players in a game, got " +
                      std::to_string(player_count) + "; use method auto or leverage");
  }
  return paired_leverage_coalitions(player_count, std::min(evaluation_count, 2 * kProcessPairLimit), stream, name());
}

std::size_t GpShapley::least_coalition_count(std::size_t player_count) const {
  const std::size_t least = least_paired_coalition_count(player_count);
  return least > 2 * kProcessPairLimit ? std::numeric_limits<std::size_t>::max() : least;
}

ShapleyEstimate GpShapley::estimate(const SampledGame& game) const {
  if (game.coalitions.size() == inner_coalition_count(game.player_count)) return ExactShapley().estimate(game);
  const PairedGame pairs = paired_game(game);
  return likeliest_process(pairs).estimate();
}

}  // namespace modattr
