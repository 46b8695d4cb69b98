#include "modattr/stats/gauss_legendre.h"

#include <cmath>
#include <numbers>
#include <utility>

namespace modattr {
namespace {

/// The Legendre polynomial of a degree and its derivative, inside (-1, 1).
std::pair<double, double> legendre(std::size_t degree, double x) {
  double before = 1.0;
  double value = x;
  for (std::size_t k = 2; k <= degree; ++k) {
    const auto order = static_cast<double>(k);
    before = std::exchange(value, ((2.0 * order - 1.0) * x * value - (order - 1.0) * before) / order);
  }
  return {value, static_cast<double>(degree) * (x * value - before) / (x * x - 1.0)};
}

}  // namespace

Quadrature gauss_legendre(std::size_t node_count) {
  Quadrature rule{std::vector<double>(node_count), std::vector<double>(node_count)};
  for (std::size_t node = 0; node < node_count; ++node) {
    // Tricomi's guess lies so close to the root that Newton's steps double the digits from the first one on.
    double x =
        std::cos(std::numbers::pi * (static_cast<double>(node) + 0.75) / (static_cast<double>(node_count) + 0.5));
    for (int step = 0; step < 6; ++step) {
      const auto [value, slope] = legendre(node_count, x);
      x -= value / slope;
    }
    const double slope = legendre(node_count, x).second;
    rule.nodes[node] = (1.0 - x) / 2.0;
    rule.weights[node] = 1.0 / ((1.0 - x * x) * slope * slope);
  }
  return rule;
}

}  // namespace modattr
