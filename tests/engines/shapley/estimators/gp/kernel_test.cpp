#include "modattr/engines/shapley/estimators/gp/kernel.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/stats/cholesky.h"
#include "support/shapley_game.h"

namespace modattr::kernel_test {
namespace {

PairedGame pairs_of(const ShapleyGame& game, std::size_t evaluation_count) {
  return paired_game(
      EvaluatedGame(game, paired_leverage_coalitions(game.player_count, evaluation_count, coalition_stream(1), "gp"))
          .sampled());
}

std::size_t distance(const Coalition& left, const Coalition& right) {
  std::size_t count = 0;
  for (std::size_t player = 0; player < left.player_count(); ++player) {
    count += left.contains(player) != right.contains(player) ? 1U : 0U;
  }
  return count;
}

TEST(GpKernel, IsOdd) {
  const std::vector<double> kernel = kernel_by_distance({.rho = 0.6, .additive = 0.4}, 7);
  EXPECT_NEAR(kernel.front(), 1.4, 1e-15);
  for (std::size_t index = 0; index <= 7; ++index) EXPECT_NEAR(kernel[index], -kernel[7 - index], 1e-15);
  const double norm = 1.0 - std::pow(0.6, 7);
  EXPECT_NEAR(kernel[2], (std::pow(0.6, 2) - std::pow(0.6, 5)) / norm + 0.4 * 3.0 / 7.0, 1e-15);
}

TEST(GpKernel, HasTheShapleyValuesOfItsGames) {
  for (const std::size_t player_count : {2U, 3U, 6U, 7U}) {
    const GpKernel kernel = {.rho = 0.7, .additive = 0.3};
    const std::vector<double> by_distance = kernel_by_distance(kernel, player_count);
    const std::vector<double> values = kernel_shapley_values(kernel, player_count);
    for (std::size_t size = 0; size <= player_count; ++size) {
      const Coalition centre = coalition_of_bits((std::size_t{1} << size) - 1, player_count);
      const ShapleyGame game = {player_count,
                                [&](const Coalition& coalition) { return by_distance[distance(coalition, centre)]; }};
      const std::vector<double> truth = shapley_values(table_of(game), player_count);
      for (std::size_t player = 0; player < player_count; ++player) {
        EXPECT_NEAR(player < size ? values[size] : -values[size + 1], truth[player], 1e-13);
      }
    }
  }
}

TEST(GpData, EndsWithTheWholeGame) {
  const ShapleyGame game = random_game(70, 1);
  const PairedGame pairs = pairs_of(game, 210);
  const GpData data = odd_data(pairs, 20);
  ASSERT_EQ(data.count(), 21U);
  EXPECT_EQ(data.sizes.back(), 70U);
  EXPECT_EQ(data.values.back(), pairs.total / 2.0);
  EXPECT_EQ(data.values[4], pairs.differences[4] / 2.0);
  EXPECT_EQ(data.distances[5 * 21 + 20], 70 - data.sizes[5]);
  std::size_t different = 0;
  for (std::size_t player = 0; player < 70; ++player) different += data.signs(2, player) != data.signs(9, player);
  EXPECT_EQ(data.distances[2 * 21 + 9], different);
}

TEST(OddCovariance, HasTheNuggetOnSampledPairsOnly) {
  const PairedGame pairs = pairs_of(random_game(8, 1), 40);
  const Matrix covariance = odd_covariance(odd_data(pairs, 10), {.rho = 0.5, .additive = 1.0, .nugget = 0.25});
  EXPECT_NEAR(covariance(3, 3), 2.25, 1e-12);
  EXPECT_NEAR(covariance(10, 10), 2.0, 1e-8);
  EXPECT_GT(covariance(10, 10), 2.0);
}

/// The marginal log likelihood by its definition, the scale at its best.
double log_likelihood(const GpData& data, const GpKernel& kernel) {
  const auto factors = Cholesky::factorise(odd_covariance(data, kernel)).value();
  const std::vector<double> solution = factors.solve(data.values);
  const auto count = static_cast<double>(data.count());
  double squares = 0.0;
  for (std::size_t row = 0; row < data.count(); ++row) squares += solution[row] * data.values[row];
  return -0.5 * (count * std::log(squares / count) + factors.log_determinant());
}

TEST(LikeliestKernel, BeatsItsNeighbours) {
  for (std::uint32_t seed = 0; seed < 4; ++seed) {
    const PairedGame pairs = pairs_of(network_game(10, seed), 120);
    const GpData data = odd_data(pairs, pairs.pair_count());
    const GpKernel best = likeliest_kernel(pairs);
    const double likelihood = log_likelihood(data, best);
    // Steps as wide as those of the grid.
    for (const double factor : {0.1, 10.0}) {
      GpKernel other = best;
      other.nugget *= factor;
      if (other.nugget < 2.0 && other.nugget > 5e-7) {
        EXPECT_GE(likelihood + 1.0, log_likelihood(data, other));
      }
      other = best;
      other.additive *= factor;
      if (other.additive <= 100.0) {
        EXPECT_GE(likelihood + 1e-6, log_likelihood(data, other));
      }
    }
    for (const double rho : {0.2, 0.55, 0.8, 0.95, 0.99}) {
      GpKernel other = best;
      other.rho = rho;
      EXPECT_GE(likelihood + 1e-6, log_likelihood(data, other)) << best.rho << " against " << rho;
    }
  }
}

TEST(LikeliestKernel, TellsStructureFromNoise) {
  EXPECT_LE(likeliest_kernel(pairs_of(network_game(10, 1), 200)).nugget, 0.1);
  EXPECT_GE(likeliest_kernel(pairs_of(random_game(10, 1), 200)).nugget, 0.3);
  EXPECT_EQ(likeliest_kernel(pairs_of(additive_game({1, 2, 3, 4, 5, 6, -7, 8, 9, 1}), 100)).additive, 100.0);
}

}  // namespace
}  // namespace modattr::kernel_test
