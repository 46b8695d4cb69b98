#include "modattr/engines/shapley/estimators/auto_shapley.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/engines/shapley/estimators/gp_shapley.h"
#include "modattr/engines/shapley/estimators/leverage_shapley.h"
#include "modattr/engines/shapley/estimators/paired_coalitions.h"
#include "modattr/engines/shapley/estimators/proxy_shapley.h"
#include "support/shapley_game.h"

namespace modattr::auto_shapley_test {
namespace {

const AutoShapley kEstimator;

TEST(AutoShapley, EnumeratesWhereTheBudgetAllows) {
  EXPECT_EQ(kEstimator.coalitions(6, 62, coalition_stream(1)), ExactShapley().coalitions(6, 62, coalition_stream(1)));
  const ShapleyGame game = random_game(6, 1);
  const ShapleyEstimate estimate = estimate_game(kEstimator, game, 62);
  EXPECT_EQ(estimate.values, shapley_values(table_of(game), 6));
  EXPECT_EQ(estimate.std_errors, std::vector<double>(6, 0.0));
}

TEST(AutoShapley, SamplesPairsWhereItDoesNot) {
  EXPECT_EQ(kEstimator.coalitions(6, 61, coalition_stream(1)),
            LeverageShapley().coalitions(6, 61, coalition_stream(1)));
}

/// Mean of |estimate - truth|^2 over `seed_count` seeds.
double squared_error(const ShapleyEstimator& estimator, const ShapleyGame& game, std::size_t budget,
                     std::uint32_t seed_count) {
  const std::vector<double> truth = shapley_values(table_of(game), game.player_count);
  double sum = 0.0;
  for (std::uint32_t seed = 0; seed < seed_count; ++seed) {
    const std::vector<double> values = estimate_game(estimator, game, budget, seed).values;
    for (std::size_t player = 0; player < truth.size(); ++player) {
      sum += (values[player] - truth[player]) * (values[player] - truth[player]) / seed_count;
    }
  }
  return sum;
}

TEST(AutoShapley, IsAsGoodAsTheProcessOnASmoothGame) {
  const ShapleyGame game = network_game(10, 1);
  const double own = squared_error(kEstimator, game, 200, 4);
  EXPECT_LT(own, 1.1 * squared_error(GpShapley(), game, 200, 4));
  EXPECT_LT(own, 0.9 * squared_error(LeverageShapley(), game, 200, 4));
}

TEST(AutoShapley, IsAsGoodAsTheRegressionWhereTheProcessIsMisled) {
  // Without structure among the coalitions of few or nearly all players, which are known and weigh most; the process
  // takes them for noise.
  const ShapleyGame noise = random_game(10, 2);
  const ShapleyGame game = {10, [noise](const Coalition& coalition) {
                              const auto size = static_cast<double>(coalition.size());
                              return size + (size < 3.0 || size > 7.0 ? 5.0 * noise.value(coalition) : 0.0);
                            }};
  const double own = squared_error(kEstimator, game, 400, 3);
  EXPECT_LT(own, 1.1 * squared_error(LeverageShapley(), game, 400, 3));
  EXPECT_LT(own, 0.5 * squared_error(GpShapley(), game, 400, 3));
}

TEST(AutoShapley, MixesByTheErrorsOnUnseenPairs) {
  const ShapleyGame game = network_game(12, 3);
  const EvaluatedGame evaluated(game, kEstimator.coalitions(12, 240, coalition_stream(1)));
  const PairedGame pairs = paired_game(evaluated.sampled());
  const ShapleyEstimate mixture = kEstimator.estimate(evaluated.sampled());
  const std::vector<PairedFit> fits = {fit_leverage(pairs), fit_process(pairs), fit_proxy(evaluated.sampled(), pairs)};
  // Along the grid of shares none has a smaller loss; the mixture's own shares are found by the loss of its values.
  double least_loss = std::numeric_limits<double>::infinity();
  std::vector<double> best;
  constexpr int kSteps = 40;
  for (int first = 0; first <= kSteps; ++first) {
    for (int second = 0; first + second <= kSteps; ++second) {
      const double shares[] = {first / double{kSteps}, second / double{kSteps},
                               (kSteps - first - second) / double{kSteps}};
      PairedFit mixed{{std::vector<double>(12, 0.0), {}}, std::vector<double>(pairs.pair_count(), 0.0)};
      for (std::size_t fit = 0; fit < fits.size(); ++fit) {
        for (std::size_t player = 0; player < 12; ++player) {
          mixed.estimate.values[player] += shares[fit] * fits[fit].estimate.values[player];
        }
        for (std::size_t pair = 0; pair < pairs.pair_count(); ++pair) {
          mixed.left_out[pair] += shares[fit] * fits[fit].left_out[pair];
        }
      }
      const double loss = held_out_loss(pairs, mixed);
      if (loss >= least_loss) continue;
      least_loss = loss;
      best = mixed.estimate.values;
    }
  }
  double largest = 0.0;
  for (const PairedFit& fit : fits) {
    for (std::size_t player = 0; player < 12; ++player) {
      largest = std::max(largest, std::abs(fit.estimate.values[player] - best[player]));
    }
  }
  for (std::size_t player = 0; player < 12; ++player) {
    EXPECT_NEAR(mixture.values[player], best[player], 2.0 * largest / kSteps) << player;
  }
}

TEST(AutoShapley, TakesTheProxyAboveTheLimitOfTheProcess) {
  const ShapleyGame game = network_game(12, 1);
  const std::size_t budget = 2 * kProcessPairLimit + 2;
  EXPECT_EQ(estimate_game(kEstimator, game, budget).values, estimate_game(ProxyShapley(), game, budget).values);
  EXPECT_NE(estimate_game(kEstimator, game, budget - 2).method.find("gp"), std::string_view::npos);
}

TEST(AutoShapley, TakesPermutationsForGamesTooLargeForARegression) {
  // Additive: two orders give the values.
  constexpr std::size_t kPlayerCount = kPairedPlayerLimit + 1;
  const auto weight = [](std::size_t player) { return static_cast<double>(player % 7) - 2.0; };
  const ShapleyGame game = {kPlayerCount, [weight](const Coalition& coalition) {
                              double sum = 0.0;
                              for (std::size_t player = 0; player < kPlayerCount; ++player) {
                                if (coalition.contains(player)) sum += weight(player);
                              }
                              return sum;
                            }};
  EXPECT_EQ(kEstimator.least_coalition_count(kPlayerCount), 4 * (kPlayerCount - 1));
  const ShapleyEstimate estimate = estimate_game(kEstimator, game, 4 * kPlayerCount);
  EXPECT_EQ(estimate.method, "permutation");
  for (std::size_t player = 0; player < kPlayerCount; ++player) {
    EXPECT_NEAR(estimate.values[player], weight(player), 1e-9);
  }
  EXPECT_THROW(LeverageShapley().coalitions(kPlayerCount, 4 * kPlayerCount, coalition_stream(1)), ConfigError);
}

TEST(AutoShapley, TakesTheRegressionWhereTheProxyIsMisled) {
  // Without structure: whatever the trees learn is chance.
  std::size_t regression_count = 0;
  for (std::uint32_t seed = 0; seed < 5; ++seed) {
    const ShapleyGame game = random_game(12, seed);
    const std::size_t budget = 2 * kProcessPairLimit + 2;
    const std::vector<double> values = estimate_game(kEstimator, game, budget, seed).values;
    regression_count += values == estimate_game(LeverageShapley(), game, budget, seed).values ? 1U : 0U;
  }
  EXPECT_GE(regression_count, 3U);
}

TEST(AutoShapley, TakesTheRegressionAboveTheLimitOfTheProxy) {
  constexpr std::size_t kPlayerCount = 17;
  const ShapleyGame game = {kPlayerCount, [](const Coalition& coalition) {
                              return coalition.contains(3) && coalition.contains(8) && coalition.contains(9) ? 1.0
                                                                                                             : 0.0;
                            }};
  const EvaluatedGame evaluated(
      game, kEstimator.coalitions(kPlayerCount, kProxyCellLimit / kPlayerCount + 2, coalition_stream(1)));
  EXPECT_EQ(kEstimator.estimate(evaluated.sampled()).values, LeverageShapley().estimate(evaluated.sampled()).values);
}

}  // namespace
}  // namespace modattr::auto_shapley_test
