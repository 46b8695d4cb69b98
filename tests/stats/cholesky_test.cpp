#include "modattr/stats/cholesky.h"

#include <cmath>

#include <gtest/gtest.h>

#include "modattr/core/rng.h"

namespace modattr {
namespace {

/// B B' + shift for a random B: positive definite.
Matrix positive_matrix(std::size_t size, double shift) {
  RandomStream stream = Rng(3).stream(RandomPurpose::kBackground, static_cast<std::uint32_t>(size), 0);
  Matrix factor(size, size);
  for (double& value : factor.values()) value = stream.uniform() - 0.5;
  Matrix result(size, size);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) {
      for (std::size_t k = 0; k < size; ++k) result(i, j) += factor(i, k) * factor(j, k);
    }
    result(i, i) += shift;
  }
  return result;
}

TEST(Cholesky, SolvesSystemsOfEverySize) {
  // Sizes that fill blocks of four rows and that do not.
  for (std::size_t size = 1; size <= 14; ++size) {
    const Matrix matrix = positive_matrix(size, 0.1);
    std::vector<double> right_side(size);
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j < size; ++j) right_side[i] += matrix(i, j) * (static_cast<double>(j) - 1.5);
    }
    const std::vector<double> solution = Cholesky::factorise(matrix).value().solve(right_side);
    for (std::size_t i = 0; i < size; ++i) EXPECT_NEAR(solution[i], static_cast<double>(i) - 1.5, 1e-10) << size;
  }
}

TEST(Cholesky, ReadsTheUpperTriangleOnly) {
  Matrix matrix = positive_matrix(6, 0.1);
  const std::vector<double> ones(6, 1.0);
  const std::vector<double> expected = Cholesky::factorise(matrix).value().solve(ones);
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = 0; j < i; ++j) matrix(i, j) = NAN;
  }
  EXPECT_EQ(Cholesky::factorise(matrix).value().solve(ones), expected);
}

TEST(Cholesky, KnowsDeterminantAndInverseDiagonal) {
  // det = 4 * 3 - 1, inverse = [3, -1; -1, 4] / 11
  Matrix matrix(2, 2, 1.0);
  matrix(0, 0) = 4.0;
  matrix(1, 1) = 3.0;
  const Cholesky factors = Cholesky::factorise(matrix).value();
  EXPECT_NEAR(factors.log_determinant(), std::log(11.0), 1e-14);
  EXPECT_NEAR(factors.inverse_diagonal()[0], 3.0 / 11.0, 1e-14);
  EXPECT_NEAR(factors.inverse_diagonal()[1], 4.0 / 11.0, 1e-14);
}

TEST(Cholesky, InverseDiagonalIsWhatSolvingGives) {
  const Cholesky factors = Cholesky::factorise(positive_matrix(9, 0.1)).value();
  const std::vector<double> diagonal = factors.inverse_diagonal();
  for (std::size_t i = 0; i < 9; ++i) {
    std::vector<double> unit(9, 0.0);
    unit[i] = 1.0;
    EXPECT_NEAR(diagonal[i], factors.solve(unit)[i], 1e-9 * diagonal[i]);
  }
}

TEST(Cholesky, InverseDiagonalOfManyColumns) {
  // More than are solved at once.
  const Cholesky factors = Cholesky::factorise(positive_matrix(150, 0.5)).value();
  const std::vector<double> diagonal = factors.inverse_diagonal();
  for (const std::size_t i : {0U, 1U, 63U, 64U, 127U, 128U, 149U}) {
    std::vector<double> unit(150, 0.0);
    unit[i] = 1.0;
    EXPECT_NEAR(diagonal[i], factors.solve(unit)[i], 1e-9 * diagonal[i]) << i;
  }
}

TEST(Cholesky, SolvesHalvesOfSeveralColumns) {
  const Matrix matrix = positive_matrix(5, 0.2);
  const Cholesky factors = Cholesky::factorise(matrix).value();
  Matrix columns(5, 2);
  for (std::size_t i = 0; i < 5; ++i) {
    columns(i, 0) = static_cast<double>(i);
    columns(i, 1) = 1.0;
  }
  Matrix halves = columns;
  factors.solve_half(halves);
  // With x = U'^-1 b: x'x = b' A^-1 b.
  double squares = 0.0;
  for (std::size_t i = 0; i < 5; ++i) squares += halves(i, 1) * halves(i, 1);
  const std::vector<double> solution = factors.solve(std::vector<double>(5, 1.0));
  double expected = 0.0;
  for (const double value : solution) expected += value;
  EXPECT_NEAR(squares, expected, 1e-10 * expected);
  factors.solve_other_half(halves);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(halves(i, 1), solution[i], 1e-12 * std::abs(solution[i]));
}

TEST(Cholesky, RefusesWhatIsNotPositiveDefinite) {
  EXPECT_FALSE(Cholesky::factorise(Matrix(3, 3, 1.0)));
  EXPECT_FALSE(Cholesky::factorise(Matrix(6, 6, 1.0)));
  EXPECT_FALSE(Cholesky::factorise(Matrix(1, 1, -1.0)));
  EXPECT_FALSE(Cholesky::factorise(Matrix(2, 2, NAN)));
  // Two directions of many: every further pivot is rounding.
  for (std::size_t size = 3; size < 20; ++size) {
    Matrix matrix(size, size);
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j < size; ++j) {
        const double product = static_cast<double>((i + 1) * (j + 1));
        matrix(i, j) = std::sqrt(product) + std::sin(static_cast<double>(i)) * std::sin(static_cast<double>(j));
      }
    }
    EXPECT_FALSE(Cholesky::factorise(matrix)) << size;
  }
}

}  // namespace
}  // namespace modattr
