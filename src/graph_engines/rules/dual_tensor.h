#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

namespace modattr {

/// A tensor on both sides: computed from the example, on the tape where it may differ, and from the background.
struct DualTensor {
  at::Tensor x;
  at::Tensor b;

  /// Whether the sides may differ.
  bool varies() const { return x.defined() && x.requires_grad(); }
};

/// How the multiplier of an elementwise function is found, g being that of its output: g (y - y') / (x - x').
enum class Secant {
  /// The function has kinks: its derivative stands in where x = x' only.
  kKinked,
  /// The function is smooth: its derivative in the middle stands in where x - x' is so small that the quotient would be
  /// rounding.
  kSmooth
};

/// y of an elementwise function.
using ElementFunction = std::function<at::Tensor(const at::Tensor&)>;

// Each runs an operation on both sides and puts it on the tape.

/// An operation that is linear in its one argument.
template <typename Function>
DualTensor linear(const DualTensor& argument, const Function& function) {
  DualTensor result;
  {
    const c10::AutoGradMode grad_mode(true);
    result.x = function(argument.x);
  }
  const c10::NoGradGuard no_grad;
  result.b = argument.varies() ? function(argument.b) : result.x;
  return result;
}
DualTensor add(const DualTensor& first, const DualTensor& second);
DualTensor subtract(const DualTensor& first, const DualTensor& second);
/// With the Shapley value of two factors where both vary: each times the mean of the other.
DualTensor multiply(const DualTensor& first, const DualTensor& second);
/// at::matmul, the same way.
DualTensor matrix_multiply(const DualTensor& first, const DualTensor& second);
/// `derivative`: nullptr = by autograd.
DualTensor elementwise(const DualTensor& argument, Secant secant, const ElementFunction& function,
                       const ElementFunction& derivative = nullptr);
DualTensor sigmoid(const DualTensor& argument);
DualTensor tanh(const DualTensor& argument);
DualTensor softmax(const DualTensor& argument, std::int64_t dimension);
DualTensor log_softmax(const DualTensor& argument, std::int64_t dimension);
/// (z - mean z) / sqrt(var z + epsilon) over the last dimension; without `centres`, z / sqrt(mean z^2 + epsilon).
DualTensor normalise(const DualTensor& argument, double epsilon, bool centres = true);

// Multipliers, for operations that have their outputs already.

/// M of an elementwise function.
at::Tensor secant_multiplier(const at::Tensor& g, const at::Tensor& x, const at::Tensor& b, const at::Tensor& y,
                             const at::Tensor& y_b, Secant secant, const ElementFunction& function,
                             const ElementFunction& derivative);
/// M of softmax, whose values are y and y_b, and of log_softmax along `dimension`, of inputs x and b.
at::Tensor softmax_multiplier(const at::Tensor& g, const at::Tensor& x, const at::Tensor& b, const at::Tensor& y,
                              const at::Tensor& y_b, std::int64_t dimension);
at::Tensor log_softmax_multiplier(const at::Tensor& g, const at::Tensor& x, const at::Tensor& b,
                                  std::int64_t dimension);
/// M of at::logsumexp along `dimension`, g without that dimension or with it as 1.
at::Tensor logsumexp_multiplier(const at::Tensor& g, const at::Tensor& x, const at::Tensor& b, std::int64_t dimension);

}  // namespace modattr
