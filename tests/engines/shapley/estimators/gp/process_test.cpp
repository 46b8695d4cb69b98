#include "modattr/engines/shapley/estimators/gp/process.h"

#include <bit>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "support/shapley_game.h"

namespace modattr::process_test {
namespace {

constexpr GpKernel kKernel = {.rho = 0.8, .additive = 0.5, .nugget = 0.02};

PairedGame pairs_of(const ShapleyGame& game, std::size_t evaluation_count) {
  return paired_game(
      EvaluatedGame(game, paired_leverage_coalitions(game.player_count, evaluation_count, coalition_stream(1), "gp"))
          .sampled());
}

/// g on every coalition as the process expects it, by bit mask, and its posterior covariances with one of them; by the
/// textbook formulas.
struct Posterior {
  Posterior(const PairedGame& pairs, const GpKernel& kernel)
      : data(odd_data(pairs, pairs.pair_count())),
        by_distance(kernel_by_distance(kernel, pairs.player_count())),
        covariance(Cholesky::factorise(odd_covariance(data, kernel)).value()) {}

  std::vector<double> row(std::size_t members) const {
    std::vector<double> result;
    for (std::size_t datum = 0; datum < data.count(); ++datum) {
      std::size_t distance = 0;
      for (std::size_t player = 0; player < data.signs.column_count(); ++player) {
        distance += (data.signs(datum, player) > 0.0) != ((members >> player & 1) != 0) ? 1U : 0U;
      }
      result.push_back(by_distance[distance]);
    }
    return result;
  }

  double mean(std::size_t members) const {
    const std::vector<double> weights = covariance.solve(data.values);
    const std::vector<double> values = row(members);
    return std::inner_product(values.begin(), values.end(), weights.begin(), 0.0);
  }

  double covariance_of(std::size_t left, std::size_t right) const {
    const std::vector<double> solved = covariance.solve(row(left));
    const std::vector<double> values = row(right);
    return by_distance[static_cast<std::size_t>(std::popcount(left ^ right))] -
           std::inner_product(values.begin(), values.end(), solved.begin(), 0.0);
  }

  GpData data;
  std::vector<double> by_distance;
  Cholesky covariance;
};

TEST(GpProcess, HasTheShapleyValuesOfItsPosteriorMean) {
  const PairedGame pairs = pairs_of(network_game(6, 1), 24);
  const ShapleyEstimate estimate = GpProcess::condition(pairs, kKernel).value().estimate();
  const Posterior posterior(pairs, kKernel);
  std::vector<double> table;
  for (std::size_t members = 0; members < 64; ++members) table.push_back(posterior.mean(members));
  const std::vector<double> expected = shapley_values(table, 6);
  for (std::size_t player = 0; player < 6; ++player) EXPECT_NEAR(estimate.values[player], expected[player], 1e-8);
}

TEST(GpProcess, HasTheirPosteriorDeviation) {
  const PairedGame pairs = pairs_of(network_game(5, 1), 16);
  const ShapleyEstimate estimate = GpProcess::condition(pairs, kKernel).value().estimate();
  const Posterior posterior(pairs, kKernel);
  // The Shapley value of the Shapley value: over one coalition, then over the other.
  Matrix inner(32, 5);
  for (std::size_t left = 0; left < 32; ++left) {
    std::vector<double> table;
    for (std::size_t right = 0; right < 32; ++right) table.push_back(posterior.covariance_of(left, right));
    const std::vector<double> values = shapley_values(table, 5);
    for (std::size_t player = 0; player < 5; ++player) inner(left, player) = values[player];
  }
  const std::vector<double> weights = posterior.covariance.solve(posterior.data.values);
  const double scale = std::inner_product(weights.begin(), weights.end(), posterior.data.values.begin(), 0.0) / 9.0;
  for (std::size_t player = 0; player < 5; ++player) {
    std::vector<double> table;
    for (std::size_t left = 0; left < 32; ++left) table.push_back(inner(left, player));
    const double expected = std::sqrt(scale * shapley_values(table, 5)[player]);
    EXPECT_NEAR(estimate.std_errors[player], expected, 1e-6 * expected);
  }
}

TEST(GpProcess, PredictsPairsThatItHasNotSeen) {
  const ShapleyGame game = network_game(7, 2);
  const std::vector<Coalition> coalitions = paired_leverage_coalitions(7, 40, coalition_stream(1), "gp");
  const PairedGame pairs = paired_game(EvaluatedGame(game, coalitions).sampled());
  const GpProcess process = GpProcess::condition(pairs, kKernel).value();
  const std::vector<double> left_out = process.left_out(process.estimate());
  ASSERT_EQ(left_out.size(), 20U);
  for (const std::size_t left : {0U, 5U, 19U}) {
    std::vector<Coalition> rest = coalitions;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(2 * left),
               rest.begin() + static_cast<std::ptrdiff_t>(2 * left + 2));
    const PairedGame others = paired_game(EvaluatedGame(game, rest).sampled());
    const std::vector<double> values = GpProcess::condition(others, kKernel).value().estimate().values;
    const auto signs = pairs.signs.row(left);
    const double predicted = std::inner_product(signs.begin(), signs.end(), values.begin(), 0.0);
    EXPECT_NEAR(left_out[left], pairs.differences[left] - predicted, 1e-6) << left;
  }
}

TEST(GpProcess, IsNothingWithoutANuggetOnEqualPairs) {
  const ShapleyGame game = network_game(6, 1);
  std::vector<Coalition> coalitions = paired_leverage_coalitions(6, 20, coalition_stream(1), "gp");
  const std::vector<Coalition> first(coalitions.begin(), coalitions.begin() + 2);
  coalitions.insert(coalitions.end(), first.begin(), first.end());
  const PairedGame pairs = paired_game(EvaluatedGame(game, coalitions).sampled());
  EXPECT_FALSE(GpProcess::condition(pairs, {.rho = 0.8, .additive = 0.5, .nugget = 0.0}));
  EXPECT_TRUE(GpProcess::condition(pairs, kKernel));
}

}  // namespace
}  // namespace modattr::process_test
