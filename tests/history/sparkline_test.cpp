#include "modattr/history/sparkline.h"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace modattr {
namespace {

const TextStyle kBlocks = {.unicode = true};
const TextStyle kAscii = {.unicode = false};

TEST(Sparkline, GrowsFromTheLeastToTheLargestValue) {
  std::vector<SparkPoint> points;
  for (int value = 0; value < 8; ++value) points.push_back({value * 10.0, 1});
  EXPECT_EQ(sparkline(points, 20, kBlocks), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(sparkline(points, 20, kAscii), ".:-=+*#@");
  // 3.6 of 7 is nearest to the fifth of the eight.
  EXPECT_EQ(sparkline(std::vector<SparkPoint>{{-7.0, 1}, {-3.4, 1}, {0.0, 1}}, 20, kBlocks), "▁▅█");
}

TEST(Sparkline, StaysInTheMiddleWhereNothingChanges) {
  EXPECT_EQ(sparkline(std::vector<SparkPoint>{{0.5, 1}, {0.5, 1}}, 20, kBlocks), "▄▄");
  EXPECT_EQ(sparkline(std::vector<SparkPoint>{}, 20, kBlocks), "");
}

TEST(Sparkline, BreaksBetweenSegmentsAndScalesEach) {
  const std::vector<SparkPoint> points = {{1.0, 1}, {2.0, 1}, {100.0, 2}, {std::nullopt, 2}, {50.0, 2}, {7.0, 3}};
  EXPECT_EQ(sparkline(points, 20, kBlocks), "▁█│█ ▁│▄");
  EXPECT_EQ(sparkline(points, 20, kAscii), ".@|@ .|=");
}

TEST(Sparkline, ShowsTheLastValuesWhereThereIsLittleRoom) {
  const std::vector<SparkPoint> points = {{1.0, 1}, {2.0, 1}, {3.0, 2}, {4.0, 2}, {5.0, 2}};
  EXPECT_EQ(sparkline(points, 6, kBlocks), "▁█│▁▅█");
  // The first of two values is left out: the other one has nothing to be compared with.
  EXPECT_EQ(sparkline(points, 5, kBlocks), "▄│▁▅█");
  EXPECT_EQ(sparkline(points, 4, kBlocks), "▁▅█");
  EXPECT_EQ(sparkline(points, 2, kBlocks), "▁█");
}

TEST(Sparkline, TakesTheLargestNumbers) {
  constexpr double kLargest = std::numeric_limits<double>::max();
  EXPECT_EQ(sparkline(std::vector<SparkPoint>{{-kLargest, 1}, {0.0, 1}, {kLargest, 1}}, 20, kAscii), ".+@");
}

}  // namespace
}  // namespace modattr
