#include "modattr/stats/bootstrap.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace modattr {
namespace {

/// Between the two values nearest to its place in ascending order; reorders `values`.
double quantile(std::vector<double>& values, double probability) {
  const double place = probability * static_cast<double>(values.size() - 1);
  const auto below = values.begin() + static_cast<std::ptrdiff_t>(std::floor(place));
  std::ranges::nth_element(values, below);
  if (below + 1 == values.end()) return *below;
  const double above = *std::min_element(below + 1, values.end());
  return *below + (place - std::floor(place)) * (above - *below);
}

}  // namespace

void bootstrap_weights(const Rng& rng, std::uint32_t subset, std::uint32_t replicate,
                       std::span<std::uint32_t> weights) {
  std::ranges::fill(weights, 0u);
  RandomStream stream = rng.stream(RandomPurpose::kBootstrap, subset, replicate);
  const auto count = static_cast<std::uint32_t>(weights.size());
  // RandomStream::below(), many words at a time.
  constexpr std::size_t kWordsAtOnce = 128;
  std::array<std::uint32_t, 4 * kWordsAtOnce> words;
  const std::uint32_t threshold = count == 0 ? 0 : (0u - count) % count;
  for (std::uint32_t drawn = 0; drawn < count;) {
    // Some more than are needed, as they come faster by the whole vector.
    const std::size_t whole = (count - drawn + kWordsAtOnce - 1) / kWordsAtOnce * kWordsAtOnce;
    const std::span<std::uint32_t> some = std::span(words).first(std::min(words.size(), whole));
    stream.next_words(some);
    for (const std::uint32_t word : some) {
      if (drawn == count) break;
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
  return Interval{quantile(defined, 0.025), quantile(defined, 0.975)};
}

}  // namespace modattr
