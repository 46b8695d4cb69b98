#include "modattr/stats/student.h"

#include <cmath>
#include <limits>
#include <numbers>

#include <gtest/gtest.h>

namespace modattr {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// One degree of freedom is the Cauchy distribution, two have P = 1/2 + t / (2 sqrt(2 + t^2)).
TEST(Student, HasTheClosedFormsOfOneAndTwoDegreesOfFreedom) {
  for (const double value : {-30.0, -2.5, -0.1, 0.0, 0.7, 4.0}) {
    EXPECT_NEAR(student_probability(value, 1.0), 0.5 + std::atan(value) / std::numbers::pi, 1e-12) << value;
    EXPECT_NEAR(student_probability(value, 2.0), 0.5 + value / (2.0 * std::sqrt(2.0 + value * value)), 1e-12) << value;
  }
  EXPECT_NEAR(student_quantile(0.975, 1.0), std::tan(0.475 * std::numbers::pi), 1e-8);
}

// Of printed tables.
TEST(Student, HasTheQuantilesOfTables) {
  EXPECT_NEAR(student_quantile(0.975, 3.0), 3.182446305284263, 1e-9);
  EXPECT_NEAR(student_quantile(0.975, 10.0), 2.228138851964939, 1e-9);
  EXPECT_NEAR(student_quantile(0.995, 30.0), 2.749995653567231, 1e-9);
  EXPECT_NEAR(student_quantile(0.975, 1e6), 1.959966, 1e-5);
  EXPECT_NEAR(student_quantile(0.975, kInfinity), 1.959963984540054, 1e-9);
}

TEST(Student, IsSymmetric) {
  EXPECT_EQ(student_quantile(0.5, 7.0), 0.0);
  EXPECT_NEAR(student_quantile(0.01, 7.0), -student_quantile(0.99, 7.0), 1e-9);
}

TEST(Student, KeepsSmallTails) {
  const double value = student_quantile(1e-9, 25.0);
  EXPECT_NEAR(student_probability(value, 25.0) / 1e-9, 1.0, 1e-6);
}

}  // namespace
}  // namespace modattr
