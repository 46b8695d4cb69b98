#include "graph_engines/path_integral.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace modattr {
namespace {

/// A function of one number on [0, 1] with its slope, as one pair with one player.
template <typename Function, typename Slope>
PathRunner runner(const Function& function, const Slope& slope, std::size_t& point_count) {
  return [=, &point_count](std::span<PathPoint> points) {
    for (PathPoint& point : points) {
      ++point_count;
      point.value = function(point.place);
      if (point.credits == nullptr) continue;
      point.credits->players.front() += point.weight * slope(point.place);
      point.credits->modalities.front() += point.weight * slope(point.place);
    }
  };
}

PairCredits one_player() {
  PairCredits credits;
  credits.players = {0.0};
  credits.modalities = {0.0};
  credits.unheld = {0.0};
  return credits;
}

TEST(PathIntegral, IsExactForPolynomials) {
  std::size_t point_count = 0;
  const auto cube = [](double a) { return a * a * a + 2.0; };
  const auto slope = [](double a) { return 3.0 * a * a; };
  const PathIntegrals steps = integrate_in_steps({one_player()}, 2, runner(cube, slope, point_count));
  EXPECT_NEAR(steps.credits[0].players[0], 1.0, 1e-12);
  EXPECT_EQ(steps.credits[0].value_empty, 2.0);
  EXPECT_EQ(steps.credits[0].value_full, 3.0);
  EXPECT_EQ(point_count, 4U);
}

TEST(PathIntegral, HalvesIntervalsAtAKink) {
  // A step that begins at 0.37 of the way: 50 points miss it, and halving finds it.
  const auto steep = [](double a) { return a < 0.37 ? 0.0 : (a < 0.371 ? (a - 0.37) * 1000.0 : 1.0); };
  const auto slope = [](double a) { return a < 0.37 || a > 0.371 ? 0.0 : 1000.0; };
  std::size_t point_count = 0;
  const PathIntegrals steps = integrate_in_steps({one_player()}, 50, runner(steep, slope, point_count));
  EXPECT_GT(std::abs(steps.credits[0].players[0] - 1.0), 0.5);
  point_count = 0;
  const PathIntegrals adaptive = integrate_adaptively({one_player()}, 5e-4, 200, runner(steep, slope, point_count));
  EXPECT_NEAR(adaptive.credits[0].players[0], 1.0, 0.3);
  EXPECT_LE(point_count, 205U);
  EXPECT_EQ(adaptive.point_counts[0], point_count);
}

TEST(PathIntegral, StopsWhereNothingIsMissing) {
  std::size_t point_count = 0;
  const PathIntegrals result = integrate_adaptively(
      {one_player()}, 5e-4, 200, runner([](double a) { return 4.0 * a; }, [](double) { return 4.0; }, point_count));
  EXPECT_NEAR(result.credits[0].players[0], 4.0, 1e-12);
  EXPECT_EQ(point_count, 25U);
}

}  // namespace
}  // namespace modattr
