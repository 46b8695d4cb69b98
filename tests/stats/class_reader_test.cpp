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

TEST(ClassReader, GivesTheProbabilityOfEveryClass) {
  const std::vector<double> outputs = {0.5, -1.0, 2.0};
  const ClassReader logits(OutputKind::kLogits, 3);
  std::vector<double> all(3);
  logits.probabilities(outputs, all);
  double sum = 0.0;
  for (std::size_t label = 0; label < 3; ++label) {
    EXPECT_NEAR(all[label], logits.probability(outputs, label), 1e-15);
    EXPECT_NEAR(logits.probability(outputs, label), std::exp(logits.log_probability(outputs, label)), 1e-15);
    sum += all[label];
  }
  EXPECT_NEAR(sum, 1.0, 1e-15);
  EXPECT_GT(all[2], all[0]);

  const std::vector<double> given = {0.1, 0.9, 0.0};
  const ClassReader probabilities(OutputKind::kProbabilities, 3);
  probabilities.probabilities(given, all);
  EXPECT_EQ(all, given);
  EXPECT_EQ(probabilities.probability(given, 1), 0.9);
  EXPECT_EQ(probabilities.probability(given, 2), 0.0) << "only its logarithm is clipped";
}

TEST(ClassReader, GivesOneProbabilityForTwoClasses) {
  std::vector<double> positive(1);
  const ClassReader logits(OutputKind::kLogits, 1);
  logits.probabilities(std::vector{std::log(3.0)}, positive);
  EXPECT_NEAR(positive[0], 0.75, 1e-15);
  EXPECT_NEAR(logits.probability(std::vector{std::log(3.0)}, 0), 0.25, 1e-15);
  const ClassReader probabilities(OutputKind::kProbabilities, 1);
  probabilities.probabilities(std::vector{0.2}, positive);
  EXPECT_EQ(positive[0], 0.2);
  EXPECT_EQ(probabilities.probability(std::vector{0.2}, 1), 0.2);
  EXPECT_EQ(probabilities.probability(std::vector{0.2}, 0), 0.8);
}

TEST(ClassReader, GivesProbabilitiesOfLargeLogits) {
  std::vector<double> all(2);
  ClassReader(OutputKind::kLogits, 2).probabilities(std::vector{1000.0, 999.0}, all);
  EXPECT_NEAR(all[0], 1.0 / (1.0 + std::exp(-1.0)), 1e-15);
  EXPECT_NEAR(all[1], 1.0 / (1.0 + std::exp(1.0)), 1e-15);
}

TEST(ClassReader, ReadsAllLogarithmsLikeOneByOne) {
  for (const OutputKind kind : {OutputKind::kLogits, OutputKind::kProbabilities}) {
    const std::vector<double> outputs = {0.5, 0.125, 0.375};
    const ClassReader reader(kind, outputs.size());
    std::vector<double> logarithms(3);
    reader.log_probabilities(outputs, logarithms);
    for (std::size_t label = 0; label < 3; ++label) {
      EXPECT_EQ(logarithms[label], reader.log_probability(outputs, label)) << "to the last bit";
    }
  }
}

TEST(MeanTokenLogProbability, LeavesIgnoredPositionsOut) {
  EXPECT_EQ(mean_token_log_probability(std::vector{1.0, -0.5, -1.5, 1.0}), -1.0);
  EXPECT_EQ(mean_token_log_probability(std::vector{-500.0}), -500.0) << "as it is";
  EXPECT_EQ(mean_token_log_probability(std::vector{0.0, 1.0}), 0.0) << "a token that is certain";
  EXPECT_TRUE(std::isnan(mean_token_log_probability(std::vector{1.0})));
}

}  // namespace
}  // namespace modattr
