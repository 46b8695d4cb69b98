#include "modattr/stats/moments.h"

#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace modattr {
namespace {

TEST(Mean, IsTheArithmeticMean) {
  EXPECT_DOUBLE_EQ(mean(std::array{1.0, 2.0, 6.0}).value(), 3.0);
  EXPECT_EQ(mean(std::array{-4.5}), -4.5);
}

TEST(Mean, OfEqualValuesIsExactlyTheValue) {
  for (const double value : {0.1, 1.0 / 3.0, -0.7, 1e300, 1e-300}) {
    for (const std::size_t count : {1U, 3U, 10U, 997U}) {
      EXPECT_EQ(mean(std::vector<double>(count, value)), value) << value << " x " << count;
    }
  }
}

TEST(Mean, OfNothingIsNotKnown) {
  EXPECT_EQ(mean({}), std::nullopt);
}

TEST(SameAnswers, DifferByRoundingAlone) {
  EXPECT_TRUE(are_same_answers({}));
  EXPECT_TRUE(are_same_answers(std::array{0.0, 0.0}));
  EXPECT_TRUE(are_same_answers(std::array{-0.3, -0.3 - 1e-8, -0.3 + 1e-8}));
  EXPECT_FALSE(are_same_answers(std::array{0.3, 0.3 + 1e-5}));
  EXPECT_FALSE(are_same_answers(std::array{-1e-9, 1e-9})) << "small, but nothing beside it is larger";
}

TEST(StandardError, IsTheSampleDeviationOverTheRootOfTheCount) {
  // Deviations -1.5, -0.5, 0.5, 1.5: variance 5 / 3.
  EXPECT_DOUBLE_EQ(standard_error(std::array{1.0, 2.0, 3.0, 4.0}).value(), std::sqrt(5.0 / 3.0 / 4.0));
  EXPECT_DOUBLE_EQ(standard_error(std::array{0.0, 1.0}).value(), 0.5);
}

TEST(StandardError, OfEqualValuesIsExactlyZero) {
  EXPECT_EQ(standard_error(std::vector<double>(10, 0.1)), 0.0);
}

TEST(StandardError, NeedsTwoValues) {
  EXPECT_EQ(standard_error(std::array{3.0}), std::nullopt);
  EXPECT_EQ(standard_error({}), std::nullopt);
}

TEST(MonteCarloError, IsWidenedWhereFewDrawsStandBehindIt) {
  // Tables of Student's t: 12.706 of one degree of freedom, 4.303 of two, 3.182 of three; 1.960 of many.
  EXPECT_NEAR(monte_carlo_error(std::array{0.0, 1.0}).value(), 0.5 * 12.706 / 1.96, 1e-3);
  EXPECT_NEAR(student_factor(3), 4.303 / 1.96, 1e-3);
  EXPECT_NEAR(student_factor(4), 3.182 / 1.96, 1e-3);
  EXPECT_EQ(student_factor(5), 1.0);
  EXPECT_EQ(monte_carlo_error(std::array{1.0, 2.0, 3.0, 4.0, 5.0}),
            standard_error(std::array{1.0, 2.0, 3.0, 4.0, 5.0}));
}

TEST(MonteCarloError, OfAFewEqualDrawsIsNotKnown) {
  EXPECT_EQ(monte_carlo_error(std::array{0.5}), std::nullopt);
  EXPECT_EQ(monte_carlo_error(std::array{0.5, 0.5}), std::nullopt);
  EXPECT_EQ(monte_carlo_error(std::vector<double>(4, 0.5)), std::nullopt);
  EXPECT_EQ(monte_carlo_error(std::vector<double>(5, 0.5)), 0.0);
}

}  // namespace
}  // namespace modattr
