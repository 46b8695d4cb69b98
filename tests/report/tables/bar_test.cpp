#include "modattr/report/tables/bar.h"

#include <array>

#include <gtest/gtest.h>

#include "modattr/report/utf8.h"

namespace modattr {
namespace {

std::string drawn(double length, const BarAxis& axis, const TextStyle& style = {}) {
  return draw_bar(length, axis, BarEmphasis::kCertain, style);
}

TEST(Bar, FillsItsColumnWithTheLongest) {
  const BarAxis axis = fit_bar_axis(std::array{1.0, 0.5}, 10);
  EXPECT_EQ(drawn(1.0, axis), "██████████");
  EXPECT_EQ(drawn(0.5, axis), "█████     ");
}

TEST(Bar, GrowsInEighths) {
  const BarAxis axis = fit_bar_axis(std::array{1.0}, 4);
  EXPECT_EQ(drawn(1.0 / 32.0, axis), "▏   ");
  EXPECT_EQ(drawn(7.0 / 32.0, axis), "▉   ");
  EXPECT_EQ(drawn(12.0 / 32.0, axis), "█▌  ");
}

TEST(Bar, PointsLeftWhenNegative) {
  const BarAxis axis = fit_bar_axis(std::array{1.0, -0.5}, 10);
  EXPECT_EQ(drawn(1.0, axis), "   │██████");
  EXPECT_EQ(drawn(-0.5, axis), "███│      ");
  EXPECT_EQ(drawn(-0.25, axis), " ▐█│      ");
}

TEST(Bar, HasRoomForTheSmallestNegativeBar) {
  const BarAxis axis = fit_bar_axis(std::array{1.0, -0.001}, 10);
  EXPECT_EQ(axis.negative_cells, 1U);
  EXPECT_EQ(drawn(1.0, axis), " │████████");
}

TEST(Bar, HasRoomForTheSmallestPositiveBar) {
  const BarAxis axis = fit_bar_axis(std::array{-1.0, 0.001}, 10);
  EXPECT_EQ(axis.positive_cells, 1U);
  EXPECT_EQ(drawn(-1.0, axis), "████████│ ");
}

TEST(Bar, CanBeAllNegative) {
  const BarAxis axis = fit_bar_axis(std::array{-1.0, -0.5}, 10);
  EXPECT_EQ(drawn(-1.0, axis), "█████████│");
}

TEST(Bar, IsAlwaysAsWideAsItsColumn) {
  for (const double lowest : {0.0, -0.01, -0.3, -1.0}) {
    const BarAxis axis = fit_bar_axis(std::array{lowest, 1.0}, 12);
    for (double length = lowest; length <= 1.0; length += 0.01) EXPECT_EQ(display_width(drawn(length, axis)), 12U);
  }
}

TEST(Bar, UsesNumberSignsInAscii) {
  const BarAxis axis = fit_bar_axis(std::array{1.0, -0.5}, 10);
  EXPECT_EQ(drawn(1.0, axis, {.unicode = false}), "   |######");
  EXPECT_EQ(drawn(-0.5, axis, {.unicode = false}), "###|      ");
}

TEST(Bar, IsFaintWhenItsSignIsNotKnown) {
  const BarAxis axis = fit_bar_axis(std::array{1.0}, 3);
  EXPECT_EQ(draw_bar(1.0, axis, BarEmphasis::kCertain, {.color = true}), "\x1B[36m███\x1B[0m");
  EXPECT_EQ(draw_bar(1.0, axis, BarEmphasis::kUncertain, {.color = true}), "\x1B[2m███\x1B[0m");
}

}  // namespace
}  // namespace modattr
