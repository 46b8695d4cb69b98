#include "modattr/stats/gauss_legendre.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

namespace modattr {
namespace {

double integral_of_power(const Quadrature& rule, int power) {
  double sum = 0.0;
  for (std::size_t node = 0; node < rule.nodes.size(); ++node) {
    sum += rule.weights[node] * std::pow(rule.nodes[node], power);
  }
  return sum;
}

TEST(GaussLegendre, KnowsTheTwoNodeRule) {
  const Quadrature rule = gauss_legendre(2);
  EXPECT_NEAR(rule.nodes[0], 0.5 - std::sqrt(3.0) / 6.0, 1e-15);
  EXPECT_NEAR(rule.nodes[1], 0.5 + std::sqrt(3.0) / 6.0, 1e-15);
  EXPECT_NEAR(rule.weights[0], 0.5, 1e-15);
}

TEST(GaussLegendre, IsExactUpToItsDegreeAndNoFurther) {
  for (int count = 1; count <= 120; count = count < 8 ? count + 1 : 2 * count) {
    const Quadrature rule = gauss_legendre(static_cast<std::size_t>(count));
    for (const int power : {0, 1, count, 2 * count - 1}) {
      EXPECT_NEAR(integral_of_power(rule, power), 1.0 / (power + 1.0), 1e-14) << count << " nodes, power " << power;
    }
    if (count > 5) continue;
    EXPECT_GT(std::abs(integral_of_power(rule, 2 * count) - 1.0 / (2.0 * count + 1.0)), 1e-8);
  }
}

}  // namespace
}  // namespace modattr
