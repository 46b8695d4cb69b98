#include "modattr/data/array_layout.h"

#include <cstring>
#include <limits>

#include <gtest/gtest.h>

namespace modattr {
namespace {

using Shape = std::vector<std::int64_t>;
constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();

TEST(ArrayBytes, MultipliesTheDimensions) {
  EXPECT_EQ(array_bytes(c10::ScalarType::Float, Shape{2, 3}), 24U);
  EXPECT_EQ(array_bytes(c10::ScalarType::Double, Shape{}), 8U);
  EXPECT_EQ(array_bytes(c10::ScalarType::Byte, Shape{5, 0}), 0U);
}

TEST(ArrayBytes, RefusesImpossibleShapes) {
  EXPECT_FALSE(array_bytes(c10::ScalarType::Byte, Shape{-1}));
  EXPECT_FALSE(array_bytes(c10::ScalarType::Byte, Shape{kHuge, 2}));
  EXPECT_FALSE(array_bytes(c10::ScalarType::Double, Shape{kHuge}));
  EXPECT_FALSE(array_bytes(c10::ScalarType::Byte, Shape{0, kHuge, kHuge}));
  EXPECT_FALSE(array_bytes(c10::ScalarType::Byte, Shape(65, 1)));
  EXPECT_FALSE(array_bytes(c10::ScalarType::QInt8, Shape{1}));
}

template <typename Value>
std::vector<Value> gathered(const std::vector<Value>& source, const Shape& shape, const Shape& strides,
                            std::size_t count) {
  std::vector<Value> result(count);
  int release_count = 0;
  gather({std::as_bytes(std::span(source)), sizeof(Value), shape, strides}, std::as_writable_bytes(std::span(result)),
         [&] { ++release_count; });
  EXPECT_GE(release_count, 1);
  return result;
}

TEST(Gather, TransposesEveryElementSize) {
  const Shape shape = {2, 3};
  const Shape strides = column_major_strides(shape);
  EXPECT_EQ(gathered<std::uint8_t>({0, 3, 1, 4, 2, 5}, shape, strides, 6),
            (std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(gathered<std::int16_t>({0, 3, 1, 4, 2, 5}, shape, strides, 6),
            (std::vector<std::int16_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(gathered<float>({0, 3, 1, 4, 2, 5}, shape, strides, 6), (std::vector<float>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(gathered<double>({0, 3, 1, 4, 2, 5}, shape, strides, 6), (std::vector<double>{0, 1, 2, 3, 4, 5}));
}

TEST(Gather, PicksPartsOfThreeDimensions) {
  std::vector<int> source(24);
  for (int value = 0; value < 24; ++value) source[static_cast<std::size_t>(value)] = value;
  EXPECT_EQ(gathered(source, {2, 2, 2}, {12, 4, 2}, 8), (std::vector<int>{0, 2, 4, 6, 12, 14, 16, 18}));
  EXPECT_EQ(gathered(source, {3}, {0}, 3), (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(gathered(source, {}, {}, 1), (std::vector<int>{0}));
}

}  // namespace
}  // namespace modattr
