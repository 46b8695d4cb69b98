#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "modattr/core/matrix.h"
#include "modattr/core/rng.h"

namespace modattr {

/// Rows to fit: columns of 0 and 1, and a response that they do not tell exactly.
struct RegressionCase {
  Matrix columns;
  std::vector<double> response;
  std::vector<double> weights;
};

/// y = sum_j (j + 1) (-1)^j x_j + x_0 x_1 + noise; weights uniform on [0.1, 1.1).
inline RegressionCase regression_case(std::size_t row_count, std::size_t column_count, std::uint64_t seed) {
  RandomStream stream = Rng(seed).stream(RandomPurpose::kBackground, 0, 0);
  RegressionCase made{Matrix(row_count, column_count), {}, {}};
  for (std::size_t row = 0; row < row_count; ++row) {
    double response = 0.3 * stream.uniform();
    for (std::size_t column = 0; column < column_count; ++column) {
      made.columns(row, column) = stream.below(2);
      response += made.columns(row, column) * static_cast<double>(column + 1) * (column % 2 == 0 ? 1.0 : -1.0);
    }
    if (column_count > 1) response += made.columns(row, 0) * made.columns(row, 1);
    made.response.push_back(response);
    made.weights.push_back(0.1 + stream.uniform());
  }
  return made;
}

}  // namespace modattr
