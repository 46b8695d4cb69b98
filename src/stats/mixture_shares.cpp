#include "modattr/stats/mixture_shares.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace modattr {

std::vector<double> estimate_shares(std::span<const std::vector<double>> probabilities,
                                    std::span<const double> weights) {
  if (probabilities.empty()) return {};
  const std::size_t part_count = probabilities.front().size();
  std::vector<double> shares(part_count, 1.0 / static_cast<double>(part_count));
  constexpr int kShareRounds = 200;
  for (int round = 0; round < kShareRounds; ++round) {
    std::vector<double> sums(part_count);
    double total = 0.0;
    for (std::size_t place = 0; place < probabilities.size(); ++place) {
      const double weight = weights.empty() ? 1.0 : weights[place];
      if (weight == 0.0) continue;
      const std::vector<double>& own = probabilities[place];
      const double all = std::inner_product(shares.begin(), shares.end(), own.begin(), 0.0);
      for (std::size_t part = 0; part < part_count; ++part) sums[part] += weight * shares[part] * own[part] / all;
      total += weight;
    }
    double change = 0.0;
    for (std::size_t part = 0; part < part_count; ++part) {
      const double next = sums[part] / total;
      change = std::max(change, std::abs(next - shares[part]));
      shares[part] = next;
    }
    if (change < 1e-6) break;
  }
  return shares;
}

}  // namespace modattr
