#include "modattr/engines/bootstrap_estimate.h"

#include <cmath>
#include <optional>

#include <gtest/gtest.h>

namespace modattr {
namespace {

TEST(BootstrapError, IsTheDeviationOfTheReplicates) {
  // Around 2 by 1, with 4 - 1 degrees of freedom.
  EXPECT_NEAR(bootstrap_error({2.0, {1.0, 3.0, 1.0, 3.0}}).value(), std::sqrt(4.0 / 3.0), 1e-15);
  EXPECT_NEAR(bootstrap_error({2.0, {1.0, 3.0, std::nullopt, 1.0, 3.0}}).value(), std::sqrt(4.0 / 3.0), 1e-15);
  EXPECT_EQ(bootstrap_error({2.0, {1.0, std::nullopt, std::nullopt, 3.0, std::nullopt}}), std::nullopt);
  EXPECT_EQ(bootstrap_error({2.0, {}}), std::nullopt);
}

TEST(NormalPValue, IsTwoSided) {
  const double error = std::sqrt(4.0 / 3.0);
  // The quantiles of the normal distribution.
  EXPECT_NEAR(normal_p_value({1.959963984540054 * error, {1.0, 3.0, 1.0, 3.0}}).value(), 0.05, 1e-12);
  EXPECT_NEAR(normal_p_value({-2.575829303548901 * error, {1.0, 3.0, 1.0, 3.0}}).value(), 0.01, 1e-12);
}

TEST(NormalPValue, IsOneForNoEffectAndUnknownWithoutAnError) {
  EXPECT_EQ(normal_p_value({0.0, {0.0, 0.0, 0.0}}), 1.0);
  EXPECT_EQ(normal_p_value({1.0, {1.0, 1.0, 1.0}}), std::nullopt);
  EXPECT_EQ(normal_p_value({1.0, {}}), std::nullopt);
  EXPECT_EQ(normal_p_value({std::nullopt, {1.0, 2.0}}), std::nullopt);
}

}  // namespace
}  // namespace modattr
