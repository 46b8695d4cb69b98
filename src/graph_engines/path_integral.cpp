#include "path_integral.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "modattr/stats/gauss_legendre.h"

namespace modattr {
namespace {

constexpr std::size_t kFirstIntervals = 8;
constexpr std::size_t kPointsPerInterval = 2;

double total_of(const PairCredits& credits) {
  return std::accumulate(credits.modalities.begin(), credits.modalities.end(), credits.mixed);
}

/// A part of a pair's line.
struct PathInterval {
  std::size_t pair = 0;
  double low = 0.0;
  double high = 1.0;
  double low_value = 0.0;
  double high_value = 0.0;
  PairCredits credits;

  double missing() const { return high_value - low_value - total_of(credits); }
};

/// Adds the points of an interval's integral.
void add_points(PathInterval& interval, std::vector<PathPoint>& points) {
  static const Quadrature rule = gauss_legendre(kPointsPerInterval);
  const double length = interval.high - interval.low;
  for (std::size_t place = 0; place < kPointsPerInterval; ++place) {
    points.push_back({.pair = interval.pair,
                      .place = interval.low + length * rule.nodes[place],
                      .weight = length * rule.weights[place],
                      .credits = &interval.credits});
  }
}

/// Values at the ends of lines.
void set_ends(std::vector<PairCredits>& credits, const PathRunner& run) {
  std::vector<PathPoint> points;
  for (std::size_t pair = 0; pair < credits.size(); ++pair) {
    points.push_back({.pair = pair, .place = 0.0});
    points.push_back({.pair = pair, .place = 1.0});
  }
  run(points);
  for (std::size_t pair = 0; pair < credits.size(); ++pair) {
    credits[pair].value_empty = points[2 * pair].value;
    credits[pair].value_full = points[2 * pair + 1].value;
  }
}

}  // namespace

PathIntegrals integrate_in_steps(std::vector<PairCredits> empty, std::size_t step_count, const PathRunner& run) {
  PathIntegrals result{std::move(empty), {}};
  set_ends(result.credits, run);
  const Quadrature rule = gauss_legendre(step_count);
  std::vector<PathPoint> points;
  for (std::size_t pair = 0; pair < result.credits.size(); ++pair) {
    for (std::size_t step = 0; step < step_count; ++step) {
      points.push_back(
          {.pair = pair, .place = rule.nodes[step], .weight = rule.weights[step], .credits = &result.credits[pair]});
    }
  }
  run(points);
  result.point_counts.assign(result.credits.size(), step_count + 2);
  return result;
}

PathIntegrals integrate_adaptively(std::vector<PairCredits> empty, double tolerance, std::size_t most_points,
                                   const PathRunner& run) {
  PathIntegrals result{std::move(empty), {}};
  set_ends(result.credits, run);
  const std::size_t pair_count = result.credits.size();
  result.point_counts.assign(pair_count, 2 + (kFirstIntervals - 1) + kFirstIntervals * kPointsPerInterval);
  const auto blank = [&](std::size_t pair) {
    // Of intervals that are done, the pair's own credits hold something already.
    PairCredits credits;
    credits.players.assign(result.credits[pair].players.size(), 0.0);
    credits.modalities.assign(result.credits[pair].modalities.size(), 0.0);
    credits.unheld.assign(result.credits[pair].unheld.size(), 0.0);
    return credits;
  };
  // The values inside of the line, and the first points.
  std::vector<PathInterval> open;
  std::vector<PathPoint> points;
  for (std::size_t pair = 0; pair < pair_count; ++pair) {
    for (std::size_t place = 0; place < kFirstIntervals; ++place) {
      const double step = 1.0 / static_cast<double>(kFirstIntervals);
      open.push_back({.pair = pair,
                      .low = static_cast<double>(place) * step,
                      .high = static_cast<double>(place + 1) * step,
                      .low_value = result.credits[pair].value_empty,
                      .high_value = result.credits[pair].value_full,
                      .credits = blank(pair)});
      if (place > 0) points.push_back({.pair = pair, .place = open.back().low});
    }
  }
  for (PathInterval& interval : open) add_points(interval, points);
  run(points);
  for (std::size_t place = 0, inner = 0; place < open.size(); ++place) {
    if (place % kFirstIntervals == 0) continue;
    open[place].low_value = open[place - 1].high_value = points[inner++].value;
  }
  while (!open.empty()) {
    // The worst first, as far as the points of their pair go.
    std::ranges::stable_sort(open, [](const PathInterval& left, const PathInterval& right) {
      return std::abs(left.missing()) > std::abs(right.missing());
    });
    std::vector<PathInterval> halves;
    points.clear();
    for (PathInterval& interval : open) {
      const PairCredits& pair = result.credits[interval.pair];
      const double allowed = tolerance * std::abs(pair.value_full - pair.value_empty);
      constexpr double kShortest = 1.0 / 4096.0;
      const bool is_done = std::abs(interval.missing()) <= allowed || interval.high - interval.low < kShortest ||
                           result.point_counts[interval.pair] + 2 * kPointsPerInterval + 1 > most_points;
      if (is_done) {
        add_credits(interval.credits, result.credits[interval.pair]);
        continue;
      }
      result.point_counts[interval.pair] += 2 * kPointsPerInterval + 1;
      const double middle = (interval.low + interval.high) / 2;
      points.push_back({.pair = interval.pair, .place = middle});
      PathInterval left = interval;
      PathInterval right = interval;
      left.high = right.low = middle;
      left.credits = blank(interval.pair);
      right.credits = blank(interval.pair);
      halves.push_back(std::move(left));
      halves.push_back(std::move(right));
    }
    const std::size_t middle_count = points.size();
    for (PathInterval& half : halves) add_points(half, points);
    if (!points.empty()) run(points);
    for (std::size_t middle = 0; middle < middle_count; ++middle) {
      halves[2 * middle].high_value = halves[2 * middle + 1].low_value = points[middle].value;
    }
    open = std::move(halves);
  }
  return result;
}

}  // namespace modattr
