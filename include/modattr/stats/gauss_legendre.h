#pragma once

#include <cstddef>
#include <vector>

namespace modattr {

/// A rule for integrals over [0, 1]: integral of f = sum of weights[k] f(nodes[k]).
struct Quadrature {
  std::vector<double> nodes;
  std::vector<double> weights;
};

/// The Gauss-Legendre rule with `node_count` nodes, at least 1; exact for polynomials of degree 2 node_count - 1.
Quadrature gauss_legendre(std::size_t node_count);

}  // namespace modattr
