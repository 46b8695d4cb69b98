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

TEST(EstimateShares, IsWhereNoShareMoves) {
  // 21 cases of three kinds: at the estimate, each share is the mean of the cases' posterior probabilities.
  std::vector<std::vector<double>> probabilities;
  std::vector<double> weights;
  for (int place = 0; place < 21; ++place) {
    const double first = 0.05 + 0.04 * ((place * 5) % 21);
    const double second = (1.0 - first) * (0.1 + 0.03 * ((place * 8) % 21));
    probabilities.push_back({first, second, 1.0 - first - second});
    weights.push_back(place % 4);
  }
  const std::vector<double> shares = estimate_shares(probabilities, weights);
  std::vector<double> means(3);
  double total = 0.0;
  for (std::size_t place = 0; place < weights.size(); ++place) {
    double all = 0.0;
    for (std::size_t part = 0; part < 3; ++part) all += shares[part] * probabilities[place][part];
    for (std::size_t part = 0; part < 3; ++part) {
      means[part] += weights[place] * shares[part] * probabilities[place][part] / all;
    }
    total += weights[place];
  }
  for (std::size_t part = 0; part < 3; ++part) EXPECT_NEAR(means[part] / total, shares[part], 1e-4) << part;
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
