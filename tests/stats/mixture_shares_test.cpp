#include "modattr/stats/mixture_shares.h"

#include <vector>

#include <gtest/gtest.h>

namespace modattr {
namespace {

TEST(EstimateShares, FindsTheMixture) {
  // Three kinds of cases that are told apart with certainty, or not at all.
  std::vector<std::vector<double>> probabilities;
  probabilities.insert(probabilities.end(), 10, {1.0, 0.0, 0.0});
  probabilities.insert(probabilities.end(), 30, {0.0, 1.0, 0.0});
  probabilities.insert(probabilities.end(), 60, {0.0, 0.0, 1.0});
  probabilities.insert(probabilities.end(), 40, {1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0});
  const std::vector<double> shares = estimate_shares(probabilities);
  EXPECT_NEAR(shares[0], 0.1, 1e-4);
  EXPECT_NEAR(shares[1], 0.3, 1e-4);
  EXPECT_NEAR(shares[2], 0.6, 1e-4);
}

TEST(EstimateShares, CountsWeights) {
  const std::vector<std::vector<double>> probabilities = {{0.9, 0.1}, {0.2, 0.8}};
  const std::vector<double> weights = {3.0, 1.0};
  const std::vector<std::vector<double>> repeated = {{0.9, 0.1}, {0.9, 0.1}, {0.9, 0.1}, {0.2, 0.8}};
  const std::vector<double> weighted = estimate_shares(probabilities, weights);
  const std::vector<double> counted = estimate_shares(repeated);
  EXPECT_NEAR(weighted[0], counted[0], 1e-9);
  EXPECT_TRUE(estimate_shares({}).empty());
}

}  // namespace
}  // namespace modattr
