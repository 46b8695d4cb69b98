#include "masking/slic.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <gtest/gtest.h>

namespace modattr {
namespace {

/// A picture of three channels whose left and right half differ.
std::vector<double> halves(std::size_t height, std::size_t width) {
  std::vector<double> values(3 * height * width);
  for (std::size_t place = 0; place < values.size(); ++place) values[place] = place % width < width / 2 ? 0.1 : 0.9;
  return values;
}

std::size_t count_of(const std::vector<std::uint32_t>& segments) {
  return std::set<std::uint32_t>(segments.begin(), segments.end()).size();
}

TEST(Slic, KeepsToTheBorderBetweenColors) {
  constexpr std::size_t kHeight = 24;
  constexpr std::size_t kWidth = 30;
  const std::vector<double> values = halves(kHeight, kWidth);
  const std::vector<std::uint32_t> segments = slic({3, kHeight, kWidth, values}, {.segment_count = 12});
  ASSERT_EQ(segments.size(), kHeight * kWidth);
  EXPECT_GE(count_of(segments), 6U);
  EXPECT_LE(count_of(segments), 20U);
  for (std::size_t row = 0; row < kHeight; ++row) {
    EXPECT_NE(segments[row * kWidth + kWidth / 2 - 1], segments[row * kWidth + kWidth / 2]) << row;
  }
}

TEST(Slic, NumbersSegmentsWithoutGapsFromTheFirstPixel) {
  const std::vector<double> values = halves(17, 33);
  const std::vector<std::uint32_t> segments = slic({3, 17, 33, values}, {.segment_count = 20});
  EXPECT_EQ(segments.front(), 0U);
  EXPECT_EQ(*std::ranges::max_element(segments) + 1, count_of(segments));
  EXPECT_EQ(segments, slic({3, 17, 33, values}, {.segment_count = 20}));
}

TEST(Slic, CutsAPictureOfOneColorIntoARegularGrid) {
  const std::vector<double> values(8 * 8, 0.5);
  const std::vector<std::uint32_t> segments = slic({1, 8, 8, values}, {.segment_count = 4});
  ASSERT_EQ(count_of(segments), 4U);
  for (std::uint32_t segment = 0; segment < 4; ++segment) EXPECT_GE(std::ranges::count(segments, segment), 8);
}

/// Segments of an independent implementation in numpy, which follows scikit-image's slic() step by step.
TEST(Slic, GivesWhatAnotherImplementationGives) {
  constexpr std::size_t kHeight = 12;
  constexpr std::size_t kWidth = 16;
  std::vector<double> values(3 * kHeight * kWidth);
  for (std::size_t place = 0; place < values.size(); ++place) {
    const std::size_t column = place % kWidth;
    const std::size_t row = place / kWidth % kHeight;
    const std::size_t channel = place / kWidth / kHeight;
    const bool is_in_disc = (row < 7 ? 7 - row : row - 7) + (column < 5 ? 5 - column : column - 5) < 4;
    values[place] = static_cast<double>((row * 7 + column * 3 + channel * 5) % 11) / 110.0 +
                    (is_in_disc ? 0.2 * static_cast<double>(channel + 1) : 0.3);
  }
  const std::vector<std::uint32_t> segments =
      slic({3, kHeight, kWidth, values}, {.segment_count = 6, .compactness = 5.0});
  std::string rows;
  for (std::size_t pixel = 0; pixel < segments.size(); ++pixel) {
    rows += static_cast<char>('a' + segments[pixel]);
    if (pixel % kWidth + 1 == kWidth) rows += '\n';
  }
  EXPECT_EQ(rows,
            "aaaaaaaaaaaaaaaa\n"
            "aaaaaaaaaaaaaaaa\n"
            "aaaaaaaaaaaaaaaa\n"
            "aaaaaaaaaaaaaaaa\n"
            "aaaaabbbaaaaaaaa\n"
            "bbaabbbbbaaaaaaa\n"
            "bbbbbbbbbaaaaaaa\n"
            "bbbbbbbbbaaaaaaa\n"
            "bbbbbbbbbaaaaaaa\n"
            "bbbbbbbbbbbaaaaa\n"
            "bbbbbbbbbbbbaaaa\n"
            "bbbbbbbbbbbbaaaa\n");
}

TEST(Slic, CountsNumbersThatAreNotFiniteAsZero) {
  std::vector<double> values = halves(10, 10);
  values[3] = std::numeric_limits<double>::quiet_NaN();
  values[150] = std::numeric_limits<double>::infinity();
  EXPECT_GE(count_of(slic({3, 10, 10, values}, {.segment_count = 4})), 2U);
  EXPECT_TRUE(slic({3, 0, 0, {}}, {}).empty());
}

}  // namespace
}  // namespace modattr
