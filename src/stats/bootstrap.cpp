#include "modattr/stats/bootstrap.h"

#include <algorithm>
#include <array>
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
  // RandomStream::below(), many words at a time.
  std::array<std::uint32_t, 512> words;
  const std::uint32_t threshold = count == 0 ? 0 : (0u - count) % count;
  for (std::uint32_t drawn = 0; drawn < count;) {
    const std::span<std::uint32_t> some = std::span(words).first(std::min<std::size_t>(words.size(), count - drawn));
    stream.next_words(some);
    for (const std::uint32_t word : some) {
      const std::uint64_t product = std::uint64_t{word} * count;
      if (static_cast<std::uint32_t>(product) < threshold) continue;
      ++weights[product >> 32];
      ++drawn;
    }
  }
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
