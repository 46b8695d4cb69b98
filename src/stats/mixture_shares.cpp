#include "modattr/stats/mixture_shares.h"

#include <algorithm>
#include <cmath>

#include "modattr/core/vector_clones.h"

namespace modattr {
namespace {

/// Sums in lanes, so that their order is the same for every width of vectors.
constexpr std::size_t kLanes = 8;

/// One round of expectation maximisation. `columns` [parts][count], `count` a multiple of kLanes; `sums` [parts]: of
/// the weights that each part gets, but for its share.
MODATTR_VECTOR_CLONES
void add_round(const double* columns, const double* weights, std::size_t count, const double* shares,
               std::size_t part_count, double* ratios, double* sums) {
  for (std::size_t place = 0; place < count; ++place) ratios[place] = 0.0;
  for (std::size_t part = 0; part < part_count; ++part) {
    for (std::size_t place = 0; place < count; ++place) {
      ratios[place] += shares[part] * columns[part * count + place];
    }
  }
  for (std::size_t place = 0; place < count; ++place) ratios[place] = weights[place] / ratios[place];
  for (std::size_t part = 0; part < part_count; ++part) {
    double lanes[kLanes] = {};
    for (std::size_t first = 0; first < count; first += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        lanes[lane] += columns[part * count + first + lane] * ratios[first + lane];
      }
    }
    sums[part] = 0.0;
    for (const double lane : lanes) sums[part] += lane;
  }
}

}  // namespace

std::vector<double> estimate_shares(std::span<const std::vector<double>> probabilities,
                                    std::span<const double> weights) {
  if (probabilities.empty()) return {};
  const std::size_t part_count = probabilities.front().size();
  // Column by column; what weighs nothing is left out, what fills the last lanes up weighs nothing.
  std::vector<std::size_t> places;
  for (std::size_t place = 0; place < probabilities.size(); ++place) {
    if (weights.empty() || weights[place] != 0.0) places.push_back(place);
  }
  const std::size_t count = (places.size() + kLanes - 1) / kLanes * kLanes;
  std::vector<double> columns(part_count * count, 1.0);
  std::vector<double> own_weights(count, 0.0);
  double total = 0.0;
  for (std::size_t row = 0; row < places.size(); ++row) {
    own_weights[row] = weights.empty() ? 1.0 : weights[places[row]];
    total += own_weights[row];
    for (std::size_t part = 0; part < part_count; ++part) {
      columns[part * count + row] = probabilities[places[row]][part];
    }
  }
  std::vector<double> shares(part_count, 1.0 / static_cast<double>(part_count));
  std::vector<double> ratios(count);
  std::vector<double> sums(part_count);
  constexpr int kShareRounds = 200;
  for (int round = 0; round < kShareRounds; ++round) {
    add_round(columns.data(), own_weights.data(), count, shares.data(), part_count, ratios.data(), sums.data());
    double change = 0.0;
    for (std::size_t part = 0; part < part_count; ++part) {
      const double next = shares[part] * sums[part] / total;
      change = std::max(change, std::abs(next - shares[part]));
      shares[part] = next;
    }
    if (change < 1e-6) break;
  }
  return shares;
}

}  // namespace modattr
