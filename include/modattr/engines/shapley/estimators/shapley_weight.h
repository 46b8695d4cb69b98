#pragma once

#include <cstddef>

namespace modattr {

/// Weight of a coalition of `size` others in the Shapley value of one of `count` players, size! (count - size - 1)! /
/// count!.
inline double shapley_weight(std::size_t size, std::size_t count) {
  double weight = 1.0 / static_cast<double>(count);
  for (std::size_t place = 0; place < size; ++place) {
    weight *= static_cast<double>(place + 1) / static_cast<double>(count - 1 - place);
  }
  return weight;
}

}  // namespace modattr
