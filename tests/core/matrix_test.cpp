#include "modattr/core/matrix.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace modattr {
namespace {

TEST(Matrix, KeepsItsRowsOneAfterAnother) {
  Matrix matrix(2, 3, 1.0);
  matrix(1, 0) = 5.0;
  EXPECT_EQ(matrix.row_count(), 2U);
  EXPECT_EQ(matrix.column_count(), 3U);
  EXPECT_EQ(matrix.values().size(), 6U);
  EXPECT_EQ(matrix.values()[3], 5.0);
  EXPECT_EQ(matrix.row(1)[0], 5.0);
  EXPECT_EQ(matrix.row(0)[2], 1.0);
}

TEST(Matrix, IsWrittenThroughItsRows) {
  Matrix matrix(2, 2);
  std::ranges::fill(matrix.row(1), 3.0);
  const Matrix& constant = matrix;
  EXPECT_EQ(constant(0, 1), 0.0);
  EXPECT_EQ(constant(1, 1), 3.0);
  EXPECT_EQ(constant.row(1).size(), 2U);
}

TEST(Matrix, MayBeEmpty) {
  EXPECT_EQ(Matrix().values().size(), 0U);
  EXPECT_EQ(Matrix(3, 0).row(2).size(), 0U);
}

}  // namespace
}  // namespace modattr
