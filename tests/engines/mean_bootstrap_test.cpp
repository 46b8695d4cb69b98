#include "modattr/engines/mean_bootstrap.h"

#include <gtest/gtest.h>

#include "modattr/stats/bootstrap.h"
#include "support/table_game.h"

namespace modattr {
namespace {

using Means = std::span<const double>;

const std::vector<std::uint32_t> kSome = {1, 2, 4};

/// Two columns of five examples.
Matrix columns() {
  return matrix_of({{100.0, 1.0, 2.0, 100.0, 6.0}, {100.0, -1.0, 0.5, 100.0, 2.0}});
}

std::optional<double> ratio(Means means) {
  return means[1] == 0.0 ? std::nullopt : std::optional(means[0] / means[1]);
}

TEST(MeanBootstrap, AveragesTheExamplesOfTheSample) {
  const MeanBootstrap bootstrap(columns(), kSome, {.example_count = 3}, Rng(1));
  ASSERT_EQ(bootstrap.means().size(), 2U);
  EXPECT_EQ(bootstrap.means()[0], 3.0);
  EXPECT_EQ(bootstrap.means()[1], 0.5);
  EXPECT_EQ(bootstrap.estimate(ratio).value, 6.0);
}

TEST(MeanBootstrap, ResamplesAllColumnsTogether) {
  const MeanBootstrap bootstrap(columns(), kSome, {.example_count = 3, .subset = 4}, Rng(7));
  const Estimate estimate = bootstrap.estimate(ratio);
  ASSERT_EQ(estimate.replicates.size(), kBootstrapReplicateCount);
  const Matrix table = columns();
  std::size_t undefined = 0;
  for (std::uint32_t replicate = 0; replicate < kBootstrapReplicateCount; ++replicate) {
    std::vector<std::uint32_t> weights(3);
    bootstrap_weights(Rng(7), 4, replicate, weights);
    std::vector<double> means(2);
    for (std::size_t column = 0; column < 2; ++column) {
      double sum = 0.0;
      for (std::size_t place = 0; place < 3; ++place) sum += weights[place] * table(column, kSome[place]);
      means[column] = sum / 3.0;
    }
    ASSERT_EQ(estimate.replicates[replicate], ratio(means)) << replicate;
    if (!estimate.replicates[replicate]) ++undefined;
  }
  EXPECT_GT(undefined, 0U) << "two of the second example and one of the last have mean 0";
  EXPECT_TRUE(estimate.interval().has_value());
}

TEST(MeanBootstrap, KeepsSubsetsAndSeedsApart) {
  const auto replicates = [](std::uint32_t subset, std::uint64_t seed) {
    return MeanBootstrap(columns(), kSome, {.example_count = 3, .subset = subset}, Rng(seed))
        .estimate(ratio)
        .replicates;
  };
  EXPECT_EQ(replicates(0, 1), replicates(0, 1));
  EXPECT_NE(replicates(0, 1), replicates(1, 1));
  EXPECT_NE(replicates(0, 1), replicates(0, 2));
}

TEST(MeanBootstrap, GivesTheSameDigitsForEveryThreadCount) {
  const auto replicates = [](std::size_t thread_count) {
    return MeanBootstrap(columns(), kSome, {.example_count = 3, .thread_count = thread_count}, Rng(1))
        .estimate(ratio)
        .replicates;
  };
  EXPECT_EQ(replicates(4), replicates(1));
}

TEST(MeanBootstrap, DoesNotResampleOneExample) {
  const std::vector<std::uint32_t> one = {2};
  const Estimate estimate = MeanBootstrap(columns(), one, {.example_count = 1}, Rng(1)).estimate(ratio);
  EXPECT_EQ(estimate.value, 4.0);
  EXPECT_TRUE(estimate.replicates.empty());
  EXPECT_FALSE(estimate.interval().has_value());
}

}  // namespace
}  // namespace modattr
