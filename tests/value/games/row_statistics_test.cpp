#include "modattr/value/games/row_statistics.h"

#include <cmath>
#include <limits>
#include <vector>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

namespace modattr {
namespace {

std::vector<float> row(const FloatRows& rows, std::size_t number) {
  const std::span<const float> values = rows.row(number);
  return {values.begin(), values.end()};
}

TEST(RowStatistics, KeepShortRowsAsTheyAre) {
  const at::Tensor data = at::tensor({1.0F, 2.0F, 3.0F, 4.0F}).reshape({2, 2});
  EXPECT_EQ(row(row_statistics(data), 1), (std::vector<float>{3.0F, 4.0F, 0.0F}));
  // Whole numbers cannot be missing.
  EXPECT_EQ(row(row_statistics(data.to(at::kLong)), 1), (std::vector<float>{3.0F, 4.0F}));
}

TEST(RowStatistics, CountMissingNumbers) {
  const at::Tensor data = at::tensor({1.0F, std::numeric_limits<float>::quiet_NaN()}).reshape({1, 2});
  EXPECT_EQ(row(row_statistics(data), 0), (std::vector<float>{1.0F, 0.0F, 0.5F}));
}

TEST(RowStatistics, DescribeEachColourOfAPicture) {
  // Two colours of 2 x 2: 0 1 / 0 1 and 5 everywhere.
  const at::Tensor data = at::tensor({0.0F, 1.0F, 0.0F, 1.0F, 5.0F, 5.0F, 5.0F, 5.0F}).reshape({1, 2, 2, 2});
  const std::vector<float> numbers = row(row_statistics(data), 0);
  // Mean, deviation, least, largest, differences along the width and the height, share of the commonest number.
  const std::vector<float> expected = {0.5F, 0.5F, 0.0F, 1.0F, 1.0F, 0.0F, 0.5F, 5.0F,
                                       0.0F, 5.0F, 5.0F, 0.0F, 0.0F, 1.0F, 0.0F};
  ASSERT_EQ(numbers.size(), expected.size());
  for (std::size_t place = 0; place < numbers.size(); ++place)
    EXPECT_FLOAT_EQ(numbers[place], expected[place]) << place;
}

TEST(RowStatistics, AgreeWithPlainSums) {
  // 3 x 7 x 13 numbers: whole lanes and a rest.
  std::vector<double> picture;
  for (int place = 0; place < 3 * 7 * 13; ++place) picture.push_back(0.25 * ((place * 37) % 101) - 7.0);
  const FloatRows rows = row_statistics(at::tensor(picture, at::kDouble).reshape({1, 3, 7, 13}));
  ASSERT_EQ(rows.width, 3U * 7U + 1U);
  for (std::size_t colour = 0; colour < 3; ++colour) {
    const at::Tensor own = at::tensor(picture, at::kDouble).reshape({3, 7, 13})[static_cast<std::int64_t>(colour)];
    const std::vector<double> expected = {own.mean().item<double>(),
                                          own.std(false).item<double>(),
                                          own.min().item<double>(),
                                          own.max().item<double>(),
                                          own.diff(1, 1).abs().mean().item<double>(),
                                          own.diff(1, 0).abs().mean().item<double>()};
    for (std::size_t place = 0; place < expected.size(); ++place) {
      EXPECT_NEAR(rows.row(0)[colour * 7 + place], expected[place], 1e-5) << colour << " " << place;
    }
  }
}

TEST(RowStatistics, CountTheCommonestByte) {
  std::vector<std::uint8_t> picture(1024, 7);
  for (std::size_t place = 0; place < 300; ++place) picture[place] = static_cast<std::uint8_t>(place % 250);
  const at::Tensor bytes = at::tensor(at::ArrayRef<std::uint8_t>(picture), at::kByte).reshape({1, 1, 32, 32});
  const FloatRows rows = row_statistics(bytes);
  const float share = static_cast<float>((724.0 + 2.0) / 1024.0);
  EXPECT_FLOAT_EQ(rows.row(0)[6], share);
  EXPECT_FLOAT_EQ(row_statistics(bytes.to(at::kFloat) + 0.5F).row(0)[6], share) << "no bytes";
}

TEST(RowStatistics, DescribeStretchesOfASound) {
  std::vector<double> sound(320);
  for (std::size_t place = 0; place < sound.size(); ++place) sound[place] = static_cast<double>(place / 20);
  const FloatRows rows = row_statistics(at::tensor(sound).reshape({1, 320}));
  // Five numbers, sixteen stretches of 20, the commonest number, missing ones.
  ASSERT_EQ(rows.width, 5U + 16U + 1U + 1U);
  for (std::size_t stretch = 0; stretch < 16; ++stretch) {
    EXPECT_FLOAT_EQ(rows.row(0)[5 + stretch], static_cast<float>(stretch));
  }
}

TEST(JoinedColumns, StandSideBySide) {
  const FloatRows left{.width = 1, .values = {1.0F, 2.0F}};
  const FloatRows right{.width = 2, .values = {3.0F, 4.0F, 5.0F, 6.0F}};
  EXPECT_EQ(joined_columns(left, right).values, (std::vector<float>{1.0F, 3.0F, 4.0F, 2.0F, 5.0F, 6.0F}));
  EXPECT_EQ(joined_columns({}, right).values, right.values);
}

}  // namespace
}  // namespace modattr
