#include "modattr/stats/bootstrap.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/stats/moments.h"
#include "modattr/stats/scorers.h"

namespace modattr::bootstrap_test {
namespace {

using Weights = std::vector<std::uint32_t>;
using Replicates = std::vector<std::optional<double>>;

Weights weights_of(const Rng& rng, std::uint32_t subset, std::uint32_t replicate, std::size_t example_count) {
  Weights weights(example_count, 99);
  bootstrap_weights(rng, subset, replicate, weights);
  return weights;
}

std::optional<Interval> mean_interval(const std::vector<double>& values, const Rng& rng, std::uint32_t replicates) {
  const auto scorer = make_mean_scorer(values);
  Replicates scores;
  for (std::uint32_t replicate = 0; replicate < replicates; ++replicate) {
    scores.push_back(scorer->score(weights_of(rng, 0, replicate, values.size())));
  }
  return percentile_interval95(scores);
}

/// A standard normal number (Box, Muller 1958).
double normal(RandomStream& stream) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - stream.uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * stream.uniform());
}

TEST(BootstrapWeights, CountDrawsBelowTheNumberOfExamples) {
  for (const std::uint32_t count : {1U, 2U, 700U}) {
    std::vector<std::uint32_t> weights(count, 99);
    bootstrap_weights(Rng(5), 3, 8, weights);
    std::vector<std::uint32_t> expected(count, 0);
    RandomStream stream = Rng(5).stream(RandomPurpose::kBootstrap, 3, 8);
    for (std::uint32_t draw = 0; draw < count; ++draw) ++expected[stream.below(count)];
    EXPECT_EQ(weights, expected) << count;
  }
}

TEST(BootstrapWeights, DrawAsManyExamplesAsThereAre) {
  for (const std::size_t example_count : {1U, 2U, 7U, 100U}) {
    for (std::uint32_t replicate = 0; replicate < 20; ++replicate) {
      const Weights weights = weights_of(Rng(3), 0, replicate, example_count);
      EXPECT_EQ(std::accumulate(weights.begin(), weights.end(), 0U), example_count);
    }
  }
}

TEST(BootstrapWeights, AreTheSameForTheSameSeed) {
  EXPECT_EQ(weights_of(Rng(3), 1, 5, 50), weights_of(Rng(3), 1, 5, 50));
}

TEST(BootstrapWeights, DifferForSeedsSubsetsAndReplicates) {
  const Weights weights = weights_of(Rng(3), 1, 5, 50);
  EXPECT_NE(weights_of(Rng(4), 1, 5, 50), weights);
  EXPECT_NE(weights_of(Rng(3), 2, 5, 50), weights);
  EXPECT_NE(weights_of(Rng(3), 1, 6, 50), weights);
}

TEST(BootstrapWeights, AreMultinomial) {
  // Per example the weight has mean 1 and variance 1 - 1/n.
  constexpr std::size_t kExampleCount = 8;
  constexpr std::uint32_t kReplicateCount = 500;
  double sum_of_squares = 0.0;
  std::vector<double> totals(kExampleCount, 0.0);
  for (std::uint32_t replicate = 0; replicate < kReplicateCount; ++replicate) {
    const Weights weights = weights_of(Rng(11), 0, replicate, kExampleCount);
    for (std::size_t example = 0; example < kExampleCount; ++example) {
      totals[example] += weights[example];
      sum_of_squares += (weights[example] - 1.0) * (weights[example] - 1.0);
    }
  }
  for (const double total : totals) EXPECT_NEAR(total / kReplicateCount, 1.0, 0.2);
  EXPECT_NEAR(sum_of_squares / (kReplicateCount * kExampleCount), 1.0 - 1.0 / kExampleCount, 0.1);
}

TEST(PercentileInterval, InterpolatesBetweenOrderStatistics) {
  Replicates replicates;
  for (int value = 0; value <= 1000; ++value) replicates.emplace_back(1000 - value);
  const std::optional<Interval> interval = percentile_interval95(replicates);
  EXPECT_DOUBLE_EQ(interval.value().low, 25.0);
  EXPECT_DOUBLE_EQ(interval.value().high, 975.0);
  const std::optional<Interval> two = percentile_interval95(Replicates{2.0, 1.0});
  EXPECT_DOUBLE_EQ(two.value().low, 1.025);
  EXPECT_DOUBLE_EQ(two.value().high, 1.975);
}

TEST(PercentileInterval, OfEqualValuesIsThatValue) {
  const std::optional<Interval> interval = percentile_interval95(Replicates(100, 0.1));
  EXPECT_EQ(interval.value().low, 0.1);
  EXPECT_EQ(interval.value().high, 0.1);
}

TEST(PercentileInterval, LeavesOutReplicatesThatAreNotDefined) {
  const std::optional<Interval> interval = percentile_interval95(Replicates{std::nullopt, 2.0, 1.0});
  EXPECT_DOUBLE_EQ(interval.value().low, 1.025);
}

TEST(PercentileInterval, NeedsTwoValuesAndHalfOfTheReplicates) {
  EXPECT_FALSE(percentile_interval95(Replicates{}));
  EXPECT_FALSE(percentile_interval95(Replicates{1.0}));
  EXPECT_FALSE(percentile_interval95(Replicates{1.0, std::nullopt}));
  EXPECT_TRUE(percentile_interval95(Replicates{1.0, 2.0, std::nullopt, std::nullopt}));
  EXPECT_FALSE(percentile_interval95(Replicates{1.0, 2.0, std::nullopt, std::nullopt, std::nullopt}));
}

TEST(BootstrapInterval, OfAMeanIsNearTheNormalApproximation) {
  RandomStream stream = Rng(1).stream(RandomPurpose::kBackground, 0, 0);
  std::vector<double> values;
  for (int example = 0; example < 60; ++example) values.push_back(5.0 + 2.0 * normal(stream));
  const Interval interval = mean_interval(values, Rng(2), kBootstrapReplicateCount).value();
  const double centre = mean(values).value();
  const double half = 1.96 * standard_error(values).value();
  EXPECT_NEAR(interval.low, centre - half, 0.15 * half);
  EXPECT_NEAR(interval.high, centre + half, 0.15 * half);
}

TEST(BootstrapInterval, CoversTheTruthInAboutNineteenOfTwentySets) {
  constexpr std::uint32_t kSetCount = 200;
  std::uint32_t covered = 0;
  for (std::uint32_t set = 0; set < kSetCount; ++set) {
    RandomStream stream = Rng(8).stream(RandomPurpose::kBackground, set, 0);
    std::vector<double> values;
    for (int example = 0; example < 20; ++example) values.push_back(normal(stream));
    const Interval interval = mean_interval(values, Rng(100 + set), 100).value();
    covered += interval.low <= 0.0 && 0.0 <= interval.high ? 1U : 0U;
  }
  EXPECT_GE(covered, kSetCount * 87 / 100);
  EXPECT_LE(covered, kSetCount * 98 / 100);
}

}  // namespace
}  // namespace modattr::bootstrap_test
