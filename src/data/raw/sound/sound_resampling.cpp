#include "sound_resampling.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>

namespace modattr {
namespace {

constexpr double kZeroCrossings = 6.0;
constexpr double kRollOff = 0.99;

/// Weights of the samples around one that is asked for.
struct SincFilter {
  /// The first of them, counted from the sample that the stride begins with.
  std::ptrdiff_t first = 0;
  std::vector<float> weights;
};

/// Of the sample `phase` of every `to` ones, which stand for `from` ones.
SincFilter filter_of(std::size_t phase, std::size_t from, std::size_t to) {
  const double base = static_cast<double>(std::min(from, to)) * kRollOff;
  const auto width = static_cast<std::ptrdiff_t>(std::ceil(kZeroCrossings * static_cast<double>(from) / base));
  // torchaudio divides whole numbers, which gives single precision.
  const double delay = -static_cast<double>(static_cast<float>(phase) / static_cast<float>(to));
  const double middle = -delay * static_cast<double>(from);
  SincFilter filter{.first = std::max(-width, static_cast<std::ptrdiff_t>(std::floor(middle)) - width), .weights = {}};
  const std::ptrdiff_t end =
      std::min(width + static_cast<std::ptrdiff_t>(from), static_cast<std::ptrdiff_t>(std::ceil(middle)) + width + 1);
  for (std::ptrdiff_t place = filter.first; place < end; ++place) {
    const double time = std::clamp((static_cast<double>(place) / static_cast<double>(from) + delay) * base,
                                   -kZeroCrossings, kZeroCrossings);
    const double edge = std::cos(time * std::numbers::pi / kZeroCrossings / 2.0);
    const double angle = time * std::numbers::pi;
    const double sinc = angle == 0.0 ? 1.0 : std::sin(angle) / angle;
    filter.weights.push_back(static_cast<float>(sinc * edge * edge * (base / static_cast<double>(from))));
  }
  return filter;
}

}  // namespace

std::size_t resampled_count(std::size_t sample_count, std::size_t from, std::size_t to) {
  const std::size_t common = std::gcd(from, to);
  return (sample_count * (to / common) + from / common - 1) / (from / common);
}

std::vector<float> resampled_sound(std::span<const float> samples, std::size_t from, std::size_t to) {
  if (from == to) return {samples.begin(), samples.end()};
  const std::size_t count = resampled_count(samples.size(), from, to);
  const std::size_t common = std::gcd(from, to);
  from /= common;
  to /= common;
  std::vector<float> result(count);
  for (std::size_t phase = 0; phase < std::min(to, count); ++phase) {
    const SincFilter filter = filter_of(phase, from, to);
    std::ptrdiff_t start = filter.first;
    for (std::size_t place = phase; place < count; place += to, start += static_cast<std::ptrdiff_t>(from)) {
      const auto skipped = static_cast<std::size_t>(std::max<std::ptrdiff_t>(-start, 0));
      const std::ptrdiff_t room = std::ssize(samples) - start;
      const std::size_t end = room <= 0 ? 0 : std::min(filter.weights.size(), static_cast<std::size_t>(room));
      double sum = 0.0;
      for (std::size_t weight = skipped; weight < end; ++weight) {
        sum += static_cast<double>(filter.weights[weight]) *
               static_cast<double>(samples[static_cast<std::size_t>(start + static_cast<std::ptrdiff_t>(weight))]);
      }
      result[place] = static_cast<float>(sum);
    }
  }
  return result;
}

}  // namespace modattr
