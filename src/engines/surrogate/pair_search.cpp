#include "modattr/engines/surrogate/pair_search.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "modattr/stats/ridge.h"

namespace modattr {
namespace {

constexpr double kAlpha = 0.01;
constexpr std::size_t kFewestEffectiveRows = 8;

LinearFit fit_linear(const Matrix& columns, std::span<const double> values, std::span<const double> weights) {
  const std::optional<LinearFit> fit = ridge(regression_moments(columns, values, weights), kAlpha);
  if (!fit) throw std::invalid_argument("pairs: the weights are too large for a ridge fit");
  return *fit;
}

/// Pairs across modalities of each modality's strongest players.
std::vector<SurrogateFactor> candidate_pairs(const SurrogateData& data, const LinearFit& fit) {
  const std::size_t player_count = data.modality_of_player.size();
  std::vector<std::size_t> kept;
  for (std::size_t first = 0; first < player_count;) {
    std::size_t end = first;
    while (end < player_count && data.modality_of_player[end] == data.modality_of_player[first]) ++end;
    for (const std::size_t own :
         strongest(std::span(fit.coefficients).subspan(first, end - first), kMostPairedPlayers)) {
      kept.push_back(first + own);
    }
    first = end;
  }
  std::vector<SurrogateFactor> pairs;
  for (const std::size_t player : kept) {
    for (const std::size_t partner : kept) {
      if (player < partner && data.modality_of_player[player] != data.modality_of_player[partner]) {
        pairs.push_back({player, partner});
      }
    }
  }
  return pairs;
}

}  // namespace

Matrix factor_columns(const Matrix& players, std::span<const SurrogateFactor> factors) {
  Matrix columns(players.row_count(), factors.size());
  for (std::size_t row = 0; row < players.row_count(); ++row) {
    for (std::size_t column = 0; column < factors.size(); ++column) {
      const auto& [player, partner] = factors[column];
      columns(row, column) = players(row, player) * (partner ? players(row, *partner) : 1.0);
    }
  }
  return columns;
}

std::vector<SurrogateFactor> find_pairs(const SurrogateData& data, std::span<const double> weights, std::size_t most) {
  std::vector<SurrogateFactor> factors;
  for (std::size_t player = 0; player < data.modality_of_player.size(); ++player) factors.push_back({player});
  const RegressionMoments moments = regression_moments(data.players, data.values, weights);
  LinearFit fit = fit_linear(data.players, data.values, weights);
  std::vector<SurrogateFactor> candidates = candidate_pairs(data, fit);
  const double chance = std::sqrt(2.0 * std::log(std::max(1.0, static_cast<double>(candidates.size())))) + 1.0;

  std::vector<SurrogateFactor> found;
  Matrix columns = data.players;
  while (found.size() < most && !candidates.empty()) {
    std::vector<double> residues(data.values.size(), 0.0);
    double scale = 0.0;
    for (std::size_t row = 0; row < residues.size(); ++row) {
      if (weights[row] == 0.0) continue;
      residues[row] = weights[row] * (data.values[row] - fit.predict(columns.row(row)));
      scale += residues[row] * residues[row];
    }
    // Nothing is left to explain but rounding.
    if (scale <= 1e-20 * moments.response_square * moments.weight_sum) break;
    std::optional<std::size_t> best;
    double largest = chance;
    for (std::size_t candidate = 0; candidate < candidates.size(); ++candidate) {
      const auto& [player, partner] = candidates[candidate];
      double sum = 0.0;
      double square = 0.0;
      std::size_t row_count = 0;
      for (std::size_t row = 0; row < residues.size(); ++row) {
        if (residues[row] == 0.0) continue;
        const double step = residues[row] * (data.players(row, player) - moments.means[player]) *
                            (data.players(row, *partner) - moments.means[*partner]);
        sum += step;
        square += step * step;
        ++row_count;
      }
      if (row_count < kFewestEffectiveRows || !(square > 0.0)) continue;
      const double strength = std::abs(sum) / std::sqrt(square);
      if (strength <= largest) continue;
      largest = strength;
      best = candidate;
    }
    if (!best) break;
    found.push_back(candidates[*best]);
    factors.push_back(candidates[*best]);
    candidates.erase(candidates.begin() + static_cast<std::ptrdiff_t>(*best));
    columns = factor_columns(data.players, factors);
    fit = fit_linear(columns, data.values, weights);
  }
  return found;
}

}  // namespace modattr
