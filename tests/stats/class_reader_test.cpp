#include "modattr/stats/class_reader.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/rng.h"

namespace modattr {
namespace {

TEST(FirstOfLargest, IsThatOfALoopOverAllNumbers) {
  RandomStream stream = Rng(3).stream(RandomPurpose::kBackground, 0, 0);
  for (std::size_t count = 1; count < 40; ++count) {
    for (int trial = 0; trial < 50; ++trial) {
      std::vector<double> values;
      // Few different numbers, so that the largest is often there twice.
      for (std::size_t value = 0; value < count; ++value) values.push_back(static_cast<double>(stream.below(9)) - 4.0);
      std::size_t expected = 0;
      for (std::size_t value = 1; value < count; ++value) {
        if (values[value] > values[expected]) expected = value;
      }
      ASSERT_EQ(first_of_largest(values), expected) << count;
    }
  }
}

TEST(FirstOfLargest, IsAnIndexWhateverTheNumbers) {
  constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
  EXPECT_LT(first_of_largest(std::vector{kNotANumber, kNotANumber}), 2U);
  EXPECT_LT(first_of_largest(std::vector<double>(9, kNotANumber)), 9U);
}

TEST(ClassReader, TakesOneNumberForThePositiveClass) {
  const ClassReader logits(OutputKind::kLogits, 1);
  const ClassReader probabilities(OutputKind::kProbabilities, 1);
  EXPECT_EQ(logits.class_count(), 2U);
  EXPECT_EQ(logits.predicted(std::vector{-0.1}), 0U);
  EXPECT_EQ(logits.predicted(std::vector{0.1}), 1U);
  EXPECT_EQ(probabilities.predicted(std::vector{0.4}), 0U);
  EXPECT_EQ(probabilities.predicted(std::vector{0.6}), 1U);
  EXPECT_NEAR(logits.log_probability(std::vector{2.0}, 1), std::log(1.0 / (1.0 + std::exp(-2.0))), 1e-15);
  EXPECT_NEAR(logits.log_probability(std::vector{2.0}, 0), std::log(1.0 / (1.0 + std::exp(2.0))), 1e-15);
  EXPECT_NEAR(probabilities.log_probability(std::vector{0.3}, 0), std::log(0.7), 1e-15);
}

TEST(ClassReader, KeepsProbabilitiesOfLargeLogitsFinite) {
  const ClassReader logits(OutputKind::kLogits, 3);
  EXPECT_DOUBLE_EQ(logits.log_probability(std::vector{1000.0, 0.0, -1000.0}, 0), 0.0);
  EXPECT_DOUBLE_EQ(logits.log_probability(std::vector{1000.0, 0.0, -1000.0}, 2), -2000.0);
  EXPECT_TRUE(std::isfinite(ClassReader(OutputKind::kProbabilities, 2).log_probability(std::vector{1.0, 0.0}, 1)));
}

}  // namespace
}  // namespace modattr
