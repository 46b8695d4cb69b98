#include "modattr/stats/bootstrap.h"

#include <algorithm>
#include <cmath>

namespace modattr {
namespace {

double quantile(const std::vector<double>& sorted, double probability) {
  const double place = probability * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(place));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double fraction = place - static_cast<double>(below);
  return sorted[below] + fraction * (sorted[above] - sorted[below]);
}

}  // namespace

void bootstrap_weights(const Rng& rng, std::uint32_t subset, std::uint32_t replicate,
                       std::span<std::uint32_t> weights) {
  std::ranges::fill(weights, 0u);
  RandomStream stream = rng.stream(RandomPurpose::kBootstrap, subset, replicate);
  const auto count = static_cast<std::uint32_t>(weights.size());
  for (std::uint32_t draw = 0; draw < count; ++draw) ++weights[stream.below(count)];
}

std::optional<Interval> percentile_interval95(std::span<const std::optional<double>> replicates) {
  std::vector<double> defined;
  defined.reserve(replicates.size());
  for (const std::optional<double>& value : replicates) {
    if (value) defined.push_back(*value);
  }
  if (defined.size() < 2 || defined.size() * 2 < replicates.size()) return std::nullopt;
  std::ranges::sort(defined);
  return Interval{quantile(defined, 0.025), quantile(defined, 0.975)};
}

}  // namespace modattr
