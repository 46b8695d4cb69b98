#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "dual_tensor.h"

namespace modattr {

// Multipliers in one loop over the numbers, where tensor operations would make ten passes. For floats and doubles on
// the CPU; fits_loop() says whether a tensor is one of these.

bool fits_loop(const at::Tensor& tensor);

/// g (y - y') / (x - x'); the places where `secant` asks for the derivative instead are listed in `small`, and hold 0.
at::Tensor secant_loop(const at::Tensor& g, const at::Tensor& x, const at::Tensor& b, const at::Tensor& y,
                       const at::Tensor& y_b, Secant secant, double smallest_difference,
                       std::vector<std::int64_t>& small);

/// Of softmax over the last dimension; y, y_b: its values.
at::Tensor softmax_loop(const at::Tensor& g, const at::Tensor& x, const at::Tensor& b, const at::Tensor& y,
                        const at::Tensor& y_b, double smallest_difference);

/// Of layer normalisation over the last dimension, before weights: x and b [rows, n], their means and 1 / standard
/// deviations [rows], of normalised values whose multiplier is g [rows, n]. Without `centres`, means are 0 and have no
/// part.
at::Tensor normalise_loop(const at::Tensor& g, const at::Tensor& x, const at::Tensor& b, const at::Tensor& mean,
                          const at::Tensor& mean_b, const at::Tensor& scale, const at::Tensor& scale_b);

}  // namespace modattr
