#include <cmath>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/autograd.h>

#include "rule_function.h"
#include "rule_table.h"

namespace modattr {
namespace {

/// Of a function of one tensor, whose other arguments do not vary.
RuleOutputs secant_rule(const NodeCall& call, Secant secant, const ElementFunction& derivative = nullptr) {
  const std::vector<std::size_t> varying = call.varying();
  if (varying.size() != 1) return std::nullopt;
  return std::vector{elementwise(call.tensor(varying.front()), secant, call.function_of(varying.front()), derivative)};
}

RuleOutputs kinked(const NodeCall& call) {
  return secant_rule(call, Secant::kKinked);
}

RuleOutputs smooth(const NodeCall& call) {
  return secant_rule(call, Secant::kSmooth);
}

RuleOutputs relu_rule(const NodeCall& call) {
  return secant_rule(call, Secant::kKinked, [](const at::Tensor& z) { return (z > 0).to(z.scalar_type()); });
}

RuleOutputs sigmoid_rule(const NodeCall& call) {
  return std::vector{sigmoid(call.tensor(0))};
}

RuleOutputs tanh_rule(const NodeCall& call) {
  return std::vector{tanh(call.tensor(0))};
}

RuleOutputs gelu_rule(const NodeCall& call) {
  const c10::IValue approximate = call.named("approximate");
  if (approximate.isString() && approximate.toStringRef() != "none") return smooth(call);
  return secant_rule(call, Secant::kSmooth, [](const at::Tensor& z) {
    return 0.5 * (1 + at::erf(z * M_SQRT1_2)) + z * (-0.5 * z * z).exp() * (0.5 * M_2_SQRTPI * M_SQRT1_2);
  });
}

RuleOutputs silu_rule(const NodeCall& call) {
  return secant_rule(call, Secant::kSmooth, [](const at::Tensor& z) {
    const at::Tensor y = at::sigmoid(z);
    return y * (1 + z * (1 - y));
  });
}

RuleOutputs exp_rule(const NodeCall& call) {
  return secant_rule(call, Secant::kSmooth, [](const at::Tensor& z) { return z.exp(); });
}

/// Rounding passes through unchanged what the secant says of it.
RuleOutputs step_rule(const NodeCall& call) {
  return secant_rule(call, Secant::kKinked, [](const at::Tensor& z) { return at::zeros_like(z); });
}

/// A change of type; to 8 or fewer bits of precision it rounds, which the quotient of differences takes along.
RuleOutputs cast_rule(const NodeCall& call) {
  const ElementFunction function = call.function_of(0);
  const c10::NoGradGuard no_grad;
  const at::Tensor y = function(plain(call.x(0).toTensor()));
  const bool rounds = y.scalar_type() == at::kHalf || y.scalar_type() == at::kBFloat16;
  if (!rounds || y.scalar_type() == call.x(0).toTensor().scalar_type()) return std::nullopt;
  return secant_rule(call, Secant::kKinked, [](const at::Tensor& z) { return at::ones_like(z); });
}

}  // namespace

RuleOutputs rule_of_two_arguments(const NodeCall& call) {
  const std::vector<std::size_t> varying = call.varying();
  if (varying.empty() || varying.size() > 2) return std::nullopt;
  const c10::NoGradGuard no_grad;
  const std::size_t place = varying.front();
  const at::Tensor y = call.function_of(place)(plain(call.x(place).toTensor()));
  if (!y.is_floating_point()) return std::nullopt;
  // Either argument may be the smaller one.
  const auto widened = [&](std::size_t argument) {
    return linear(call.tensor(argument), [&](const at::Tensor& tensor) { return tensor.expand_as(y); });
  };
  if (varying.size() == 1) return std::vector{elementwise(widened(place), Secant::kSmooth, call.function_of(place))};
  const DualTensor first = widened(varying[0]);
  const DualTensor second = widened(varying[1]);
  const auto run = [&](const at::Tensor& p, const at::Tensor& q) {
    std::vector<c10::IValue> arguments = call.all_b();
    arguments[varying[0]] = p;
    arguments[varying[1]] = q;
    return call.run_tensor(std::move(arguments));
  };
  const at::Tensor p = plain(first.x);
  const at::Tensor q = plain(second.x);
  const at::Tensor y_b = run(first.b, second.b);
  const at::Tensor y_first = run(p, second.b);
  const at::Tensor y_second = run(first.b, q);
  // Where an argument does not differ, its derivative stands in.
  const TensorList slopes = [&] {
    const c10::AutoGradMode grad_mode(true);
    const at::Tensor p_middle = ((p + first.b) / 2).detach().requires_grad_(true);
    const at::Tensor q_middle = ((q + second.b) / 2).detach().requires_grad_(true);
    const at::Tensor value = run(p_middle, q_middle);
    if (!value.requires_grad()) return TensorList(2);
    return torch::autograd::grad({value.sum()}, {p_middle, q_middle}, {}, false, false, true);
  }();
  const auto quotient = [](const at::Tensor& effect, const at::Tensor& difference, const at::Tensor& slope) {
    const at::Tensor same = slope.defined() ? slope : at::zeros_like(effect);
    return at::where(difference == 0, same, effect / difference).nan_to_num_(0.0);
  };
  const at::Tensor slope_p = quotient(((y - y_second) + (y_first - y_b)) / 2, p - first.b, slopes[0]);
  const at::Tensor slope_q = quotient(((y - y_first) + (y_second - y_b)) / 2, q - second.b, slopes[1]);
  const auto multiplier = [=](const TensorList& g) { return TensorList{g.front() * slope_p, g.front() * slope_q}; };
  return std::vector{DualTensor{on_tape({y}, {first.x, second.x}, multiplier).front(), y_b}};
}

std::vector<NamedRule> activation_rules() {
  return {{"relu", relu_rule},
          {"leaky_relu", kinked},
          {"prelu", kinked},
          {"relu6", kinked},
          {"hardtanh", kinked},
          {"clamp", kinked},
          {"clamp_min", kinked},
          {"clamp_max", kinked},
          {"clip", kinked},
          {"abs", kinked},
          {"absolute", kinked},
          {"threshold", kinked},
          {"hardsigmoid", kinked},
          {"hardshrink", kinked},
          {"softshrink", kinked},
          {"rrelu", kinked},
          {"frac", kinked},
          {"floor", step_rule},
          {"ceil", step_rule},
          {"round", step_rule},
          {"trunc", step_rule},
          {"fix", step_rule},
          {"sign", step_rule},
          {"sgn", step_rule},
          {"to", cast_rule},
          {"_to_copy", cast_rule},
          {"type_as", cast_rule},
          {"heaviside", rule_of_two_arguments},
          {"nan_to_num", kinked},
          {"sigmoid", sigmoid_rule},
          {"tanh", tanh_rule},
          {"gelu", gelu_rule},
          {"silu", silu_rule},
          {"exp", exp_rule},
          {"mish", smooth},
          {"hardswish", smooth},
          {"elu", smooth},
          {"selu", smooth},
          {"celu", smooth},
          {"softplus", smooth},
          {"log_sigmoid", smooth},
          {"erf", smooth},
          {"erfc", smooth},
          {"exp2", smooth},
          {"expm1", smooth},
          {"log", smooth},
          {"log2", smooth},
          {"log10", smooth},
          {"log1p", smooth},
          {"sqrt", smooth},
          {"rsqrt", smooth},
          {"reciprocal", smooth},
          {"square", smooth},
          {"sin", smooth},
          {"cos", smooth},
          {"tan", smooth},
          {"asin", smooth},
          {"acos", smooth},
          {"atan", smooth},
          {"sinh", smooth},
          {"cosh", smooth},
          {"asinh", smooth},
          {"acosh", smooth},
          {"atanh", smooth},
          {"logit", smooth},
          {"sinc", smooth},
          {"lgamma", smooth},
          {"digamma", smooth},
          {"erfinv", smooth},
          {"pow", rule_of_two_arguments},
          {"maximum", rule_of_two_arguments},
          {"minimum", rule_of_two_arguments},
          {"fmax", rule_of_two_arguments},
          {"fmin", rule_of_two_arguments},
          {"atan2", rule_of_two_arguments},
          {"arctan2", rule_of_two_arguments},
          {"fmod", rule_of_two_arguments},
          {"remainder", rule_of_two_arguments},
          {"hypot", rule_of_two_arguments},
          {"logaddexp", rule_of_two_arguments},
          {"logaddexp2", rule_of_two_arguments},
          {"xlogy", rule_of_two_arguments},
          {"floor_divide", rule_of_two_arguments},
          {"copysign", rule_of_two_arguments}};
}

}  // namespace modattr
