#include "dual_tensor.h"

#include <cmath>
#include <limits>

#include <ATen/ExpandUtils.h>
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/autograd.h>

#include "fused_loops.h"
#include "rule_function.h"

namespace modattr {
namespace {

/// Below this part of min(1, |middle|) a quotient of differences is worse than the derivative in the middle.
double smallest_difference(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kDouble ? 1e-5 : 4e-3;
}

at::Tensor derivative_by_autograd(const at::Tensor& point, const ElementFunction& function) {
  const c10::AutoGradMode grad_mode(true);
  const at::Tensor leaf = point.detach().requires_grad_(true);
  const at::Tensor value = function(leaf);
  if (!value.requires_grad()) return at::zeros_like(point);
  const auto gradient = torch::autograd::grad({value.sum()}, {leaf}, {}, false, false, true).front();
  return gradient.defined() ? gradient : at::zeros_like(point);
}

/// The parts of softmax's closed form: integrated gradients along the straight line of the logits z, which meet
/// dL/da = sum_i p_i D_i. All [.., n] with the sums' dimension last or kept as 1.
struct SoftmaxParts {
  at::Tensor y;
  at::Tensor y_b;
  /// D_i - A: the difference of log-probabilities.
  at::Tensor own;
  /// Mean of y along the path, weighted as logarithmic means say: sum_i p_i D_i = A.
  at::Tensor p;
};

/// p_i = lm(e^z_i, e^z'_i) / lm(e^L, e^L') without overflow, by A = L - L'.
SoftmaxParts softmax_parts(const at::Tensor& x, const at::Tensor& b, std::int64_t dimension) {
  SoftmaxParts parts;
  const at::Tensor log_y = at::log_softmax(x, dimension);
  const at::Tensor log_y_b = at::log_softmax(b, dimension);
  parts.y = log_y.exp();
  parts.y_b = log_y_b.exp();
  // Logits of -inf on both sides take no part.
  const at::Tensor difference = (x - b).nan_to_num_(0.0);
  const at::Tensor a = (at::logsumexp(x, dimension, true) - at::logsumexp(b, dimension, true)).nan_to_num_(0.0);
  parts.own = (log_y - log_y_b).nan_to_num_(0.0);
  const at::Tensor magnitude = a.abs();
  const at::Tensor alpha = ((a - magnitude) / 2).exp();
  const at::Tensor beta = ((-a - magnitude) / 2).exp();
  const at::Tensor c = at::where(magnitude > 0, magnitude / (-at::expm1(-magnitude)), at::ones_like(magnitude));
  // alpha y = e^{z - L - (|A| - A) / 2}: both terms are e^z and e^z' over the same number.
  const at::Tensor first = alpha * parts.y;
  const at::Tensor second = beta * parts.y_b;
  const at::Tensor is_small = difference.abs() < smallest_difference(x);
  const at::Tensor quotient = (first - second) / at::where(is_small, at::ones_like(difference), difference);
  const at::Tensor middle = (first + second) / 2 * (1 - difference * difference / 12);
  parts.p = c * at::where(is_small, middle, quotient);
  return parts;
}

/// (y - y') / (ln y - ln y'), the logarithmic mean.
at::Tensor logarithmic_mean(const SoftmaxParts& parts) {
  const at::Tensor is_small = parts.own.abs() < smallest_difference(parts.y);
  const at::Tensor quotient = (parts.y - parts.y_b) / at::where(is_small, at::ones_like(parts.own), parts.own);
  const at::Tensor middle = (parts.y + parts.y_b) / 2 * (1 - parts.own * parts.own / 12);
  return at::where(is_small, middle, quotient);
}

at::Tensor reduced(const at::Tensor& multiplier, const at::Tensor& input) {
  return at::sum_to(multiplier, input.sizes());
}

}  // namespace

at::Tensor secant_multiplier(const at::Tensor& g, const at::Tensor& x, const at::Tensor& b, const at::Tensor& y,
                             const at::Tensor& y_b, Secant secant, const ElementFunction& function,
                             const ElementFunction& derivative) {
  if (fits_loop(x) && g.scalar_type() == x.scalar_type() && y.scalar_type() == x.scalar_type()) {
    std::vector<std::int64_t> small;
    at::Tensor multiplier = secant_loop(g, x, b, y, y_b, secant, smallest_difference(x), small);
    if (small.empty()) return multiplier;
    const at::Tensor places = at::tensor(small, at::kLong);
    const auto chosen = [&](const at::Tensor& tensor) { return tensor.reshape({-1}).index_select(0, places); };
    const bool is_everywhere = static_cast<std::int64_t>(small.size()) == x.numel();
    // Some functions look at where a number stands: channels of prelu.
    const bool needs_place = !derivative;
    if (is_everywhere || needs_place) {
      const at::Tensor middle = (x + b) / 2;
      const at::Tensor slope = derivative ? derivative(middle) : derivative_by_autograd(middle, function);
      const at::Tensor own = (slope * g).nan_to_num(0.0);
      multiplier.view({-1}).index_copy_(0, places, chosen(own.expand_as(x)));
      return multiplier;
    }
    const at::Tensor slope = derivative((chosen(x) + chosen(b)) / 2);
    multiplier.view({-1}).index_copy_(0, places, (slope * chosen(g.expand_as(x))).nan_to_num_(0.0));
    return multiplier;
  }
  const at::Tensor difference = x - b;
  const at::Tensor middle = (x + b) / 2;
  const at::Tensor is_small = secant == Secant::kKinked
                                  ? difference == 0
                                  : difference.abs() <= smallest_difference(x) * middle.abs().clamp_max(1.0);
  const at::Tensor slope = derivative ? derivative(middle) : derivative_by_autograd(middle, function);
  const at::Tensor quotient = (y - y_b) / at::where(is_small, at::ones_like(difference), difference);
  return g * at::where(is_small, slope, quotient).nan_to_num_(0.0);
}

at::Tensor softmax_multiplier(const at::Tensor& g, const at::Tensor& x, const at::Tensor& b, const at::Tensor& y,
                              const at::Tensor& y_b, std::int64_t dimension) {
  const bool is_last = dimension == -1 || dimension == x.dim() - 1;
  if (is_last && x.dim() > 0 && fits_loop(x) && g.scalar_type() == x.scalar_type()) {
    return softmax_loop(g, x, b, y, y_b, smallest_difference(x));
  }
  const SoftmaxParts parts = softmax_parts(x, b, dimension);
  const at::Tensor own = g * logarithmic_mean(parts);
  return own - parts.p * own.sum(dimension, true);
}

at::Tensor log_softmax_multiplier(const at::Tensor& g, const at::Tensor& x, const at::Tensor& b,
                                  std::int64_t dimension) {
  return g - softmax_parts(x, b, dimension).p * g.sum(dimension, true);
}

at::Tensor logsumexp_multiplier(const at::Tensor& g, const at::Tensor& x, const at::Tensor& b, std::int64_t dimension) {
  const at::Tensor kept = g.dim() == x.dim() ? g : g.unsqueeze(dimension);
  return softmax_parts(x, b, dimension).p * kept;
}

DualTensor add(const DualTensor& first, const DualTensor& second) {
  const c10::AutoGradMode grad_mode(true);
  DualTensor result{first.x + second.x, {}};
  const c10::NoGradGuard no_grad;
  result.b = first.b + second.b;
  return result;
}

DualTensor subtract(const DualTensor& first, const DualTensor& second) {
  return add(first, linear(second, [](const at::Tensor& tensor) { return -tensor; }));
}

DualTensor multiply(const DualTensor& first, const DualTensor& second) {
  if (!first.varies() || !second.varies()) {
    const c10::AutoGradMode grad_mode(true);
    DualTensor result{first.x * second.x, {}};
    const c10::NoGradGuard no_grad;
    result.b = first.b * second.b;
    return result;
  }
  const c10::NoGradGuard no_grad;
  const at::Tensor p = plain(first.x);
  const at::Tensor q = plain(second.x);
  DualTensor result{{}, first.b * second.b};
  result.x = on_tape({p * q}, {first.x, second.x}, [p, q, p_b = first.b, q_b = second.b](const TensorList& g) {
               return TensorList{reduced(g.front() * (q + q_b) / 2, p), reduced(g.front() * (p + p_b) / 2, q)};
             }).front();
  return result;
}

DualTensor matrix_multiply(const DualTensor& first, const DualTensor& second) {
  if (!first.varies() || !second.varies()) {
    const c10::AutoGradMode grad_mode(true);
    DualTensor result{at::matmul(first.x, second.x), {}};
    const c10::NoGradGuard no_grad;
    result.b = at::matmul(first.b, second.b);
    return result;
  }
  const c10::NoGradGuard no_grad;
  const at::Tensor p = plain(first.x);
  const at::Tensor q = plain(second.x);
  DualTensor result{{}, at::matmul(first.b, second.b)};
  const auto multiplier = [p_mean = (p + first.b) / 2, q_mean = (q + second.b) / 2](const TensorList& multipliers) {
    at::Tensor g = multipliers.front();
    // Vectors become matrices, as at::matmul does.
    const bool is_row = p_mean.dim() == 1;
    const bool is_column = q_mean.dim() == 1;
    const at::Tensor left = is_row ? p_mean.unsqueeze(0) : p_mean;
    const at::Tensor right = is_column ? q_mean.unsqueeze(1) : q_mean;
    if (is_column) g = g.unsqueeze(-1);
    if (is_row) g = g.unsqueeze(-2);
    const at::Tensor to_left = at::sum_to(at::matmul(g, right.transpose(-1, -2)), left.sizes());
    const at::Tensor to_right = at::sum_to(at::matmul(left.transpose(-1, -2), g), right.sizes());
    return TensorList{to_left.reshape(p_mean.sizes()), to_right.reshape(q_mean.sizes())};
  };
  result.x = on_tape({at::matmul(p, q)}, {first.x, second.x}, multiplier).front();
  return result;
}

DualTensor elementwise(const DualTensor& argument, Secant secant, const ElementFunction& function,
                       const ElementFunction& derivative) {
  const c10::NoGradGuard no_grad;
  const at::Tensor x = plain(argument.x);
  const at::Tensor y = function(x);
  if (!argument.varies()) return {y, y};
  DualTensor result{{}, function(argument.b)};
  result.x = on_tape({y}, {argument.x}, [=, b = argument.b, y_b = result.b](const TensorList& g) {
               const c10::NoGradGuard off_tape;
               return TensorList{secant_multiplier(g.front(), x, b, y, y_b, secant, function, derivative)};
             }).front();
  return result;
}

DualTensor sigmoid(const DualTensor& argument) {
  return elementwise(
      argument, Secant::kSmooth, [](const at::Tensor& z) { return at::sigmoid(z); },
      [](const at::Tensor& z) {
        const at::Tensor y = at::sigmoid(z);
        return y * (1 - y);
      });
}

DualTensor tanh(const DualTensor& argument) {
  return elementwise(
      argument, Secant::kSmooth, [](const at::Tensor& z) { return at::tanh(z); },
      [](const at::Tensor& z) {
        const at::Tensor y = at::tanh(z);
        return 1 - y * y;
      });
}

DualTensor softmax(const DualTensor& argument, std::int64_t dimension) {
  const c10::NoGradGuard no_grad;
  const at::Tensor x = plain(argument.x);
  const at::Tensor y = at::softmax(x, dimension);
  if (!argument.varies()) return {y, y};
  const at::Tensor y_b = at::softmax(argument.b, dimension);
  return {on_tape({y}, {argument.x},
                  [=, b = argument.b](const TensorList& g) {
                    const c10::NoGradGuard off_tape;
                    return TensorList{softmax_multiplier(g.front(), x, b, y, y_b, dimension)};
                  })
              .front(),
          y_b};
}

DualTensor log_softmax(const DualTensor& argument, std::int64_t dimension) {
  const c10::NoGradGuard no_grad;
  const at::Tensor x = plain(argument.x);
  const at::Tensor y = at::log_softmax(x, dimension);
  if (!argument.varies()) return {y, y};
  return {on_tape({y}, {argument.x},
                  [=, b = argument.b](const TensorList& g) {
                    const c10::NoGradGuard off_tape;
                    return TensorList{log_softmax_multiplier(g.front(), x, b, dimension)};
                  })
              .front(),
          at::log_softmax(argument.b, dimension)};
}

DualTensor normalise(const DualTensor& argument, double epsilon, bool centres) {
  const c10::NoGradGuard no_grad;
  const auto centred = [centres](const at::Tensor& z) { return centres ? z - z.mean(-1, true) : z; };
  const auto scale = [epsilon](const at::Tensor& c) { return (c.square().mean(-1, true) + epsilon).rsqrt(); };
  const at::Tensor c = centred(plain(argument.x));
  const at::Tensor r = scale(c);
  const at::Tensor y = c * r;
  if (!argument.varies()) return {y, y};
  const at::Tensor c_b = centred(argument.b);
  const at::Tensor r_b = scale(c_b);
  DualTensor result{{}, c_b * r_b};
  // y = c r is a product, and r follows from the mean square q of c: r - r' = -(r r')^2 / (r + r') (q - q').
  const auto multiplier = [=](const TensorList& multipliers) {
    const c10::NoGradGuard off_tape;
    const at::Tensor& g = multipliers.front();
    const at::Tensor c_mean = (c + c_b) / 2;
    const at::Tensor k = -(r * r_b).square() / (r + r_b) * (2.0 / static_cast<double>(c.size(-1)));
    at::Tensor m = g * (r + r_b) / 2 + c_mean * k * (g * c_mean).sum(-1, true);
    if (centres) m = m - m.mean(-1, true);
    return TensorList{m};
  };
  result.x = on_tape({y}, {argument.x}, multiplier).front();
  return result;
}

}  // namespace modattr
