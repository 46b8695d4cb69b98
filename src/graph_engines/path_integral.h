#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "player_credits.h"

namespace modattr {

/// A point on the straight line between the rows of a pair, 0 = removed data, 1 = the example.
struct PathPoint {
  std::size_t pair = 0;
  double place = 0.0;
  /// Of its gradient times difference in the integral.
  double weight = 0.0;
  /// Where that is added; nullptr = the value alone is asked for.
  PairCredits* credits = nullptr;
  /// The value at the point is written there.
  double value = 0.0;
};

/// Asks the model about points, and fills them.
using PathRunner = std::function<void(std::span<PathPoint> points)>;

/// Integrals of gradients along the lines of pairs.
struct PathIntegrals {
  /// [pairs]
  std::vector<PairCredits> credits;
  /// Points asked for, [pairs].
  std::vector<std::size_t> point_counts;
};

/// By a Gauss-Legendre rule of `step_count` points. `empty` [pairs]: credits of 0, of the right sizes.
PathIntegrals integrate_in_steps(std::vector<PairCredits> empty, std::size_t step_count, const PathRunner& run);

/// From 8 intervals of 2 points each: where an interval's integral misses the difference of the values at its ends by
/// more than `tolerance` of the difference over the line, it is halved, until none does or the pair has had about
/// `most_points`.
PathIntegrals integrate_adaptively(std::vector<PairCredits> empty, double tolerance, std::size_t most_points,
                                   const PathRunner& run);

}  // namespace modattr
