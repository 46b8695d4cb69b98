#include "modattr/engines/shapley/estimators/auto_shapley.h"

#include <cmath>

#include <gtest/gtest.h>

#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/engines/shapley/estimators/gp_shapley.h"
#include "modattr/engines/shapley/estimators/leverage_shapley.h"
#include "modattr/engines/shapley/estimators/proxy_shapley.h"
#include "support/shapley_game.h"

namespace modattr {
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

TEST(AutoShapley, TakesTheProcessForASmoothGame) {
  const ShapleyGame game = network_game(10, 1);
  EXPECT_EQ(estimate_game(kEstimator, game, 200).values, estimate_game(GpShapley(), game, 200).values);
}

TEST(AutoShapley, TakesTheRegressionWhereTheProcessIsMisled) {
  // Without structure among the coalitions of few or nearly all players, which are known and weigh most; the process
  // takes them for noise.
  const ShapleyGame noise = random_game(10, 2);
  const ShapleyGame game = {10, [noise](const Coalition& coalition) {
                              const auto size = static_cast<double>(coalition.size());
                              return size + (size < 3.0 || size > 7.0 ? 5.0 * noise.value(coalition) : 0.0);
                            }};
  std::size_t regression_count = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const std::vector<double> values = estimate_game(kEstimator, game, 400, seed).values;
    regression_count += values == estimate_game(LeverageShapley(), game, 400, seed).values ? 1U : 0U;
  }
  EXPECT_GE(regression_count, 4U);
}

TEST(AutoShapley, TakesTheProxyAboveTheLimitOfTheProcess) {
  const ShapleyGame game = network_game(12, 1);
  const std::size_t budget = 2 * kProcessPairLimit + 2;
  EXPECT_EQ(estimate_game(kEstimator, game, budget).values, estimate_game(ProxyShapley(), game, budget).values);
  EXPECT_EQ(estimate_game(kEstimator, game, budget - 2).values, estimate_game(GpShapley(), game, budget - 2).values);
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
}  // namespace modattr
