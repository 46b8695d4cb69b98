#include <ATen/ExpandUtils.h>
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "rule_function.h"
#include "rule_table.h"

namespace modattr {
namespace {

/// Of two tensors that both vary; where one does, the operation is linear in it.
RuleOutputs mul_rule(const NodeCall& call) {
  if (!call.varies(0) || !call.varies(1)) return std::nullopt;
  return std::vector{multiply(call.tensor(0), call.tensor(1))};
}

RuleOutputs matmul_rule(const NodeCall& call) {
  if (!call.varies(0) || !call.varies(1)) return std::nullopt;
  return std::vector{matrix_multiply(call.tensor(0), call.tensor(1))};
}

/// 1 / q: M = -g / (q q'), without a difference of close numbers.
DualTensor inverse(const DualTensor& argument) {
  const c10::NoGradGuard no_grad;
  const at::Tensor q = plain(argument.x);
  if (!argument.varies()) return {q.reciprocal(), argument.b.reciprocal()};
  const auto multiplier = [q, q_b = argument.b](const TensorList& g) { return TensorList{-g.front() / (q * q_b)}; };
  return {on_tape({q.reciprocal()}, {argument.x}, multiplier).front(), argument.b.reciprocal()};
}

RuleOutputs reciprocal_rule(const NodeCall& call) {
  return std::vector{inverse(call.tensor(0))};
}

RuleOutputs div_rule(const NodeCall& call) {
  if (call.named("rounding_mode").isString()) return rule_of_two_arguments(call);
  if (!call.varies(1)) return std::nullopt;
  return std::vector{multiply(call.tensor(0), inverse(call.tensor(1)))};
}

/// bias * beta + alpha * first @ second, for matrices and batches of them.
RuleOutputs addmm_rule(const NodeCall& call) {
  if (!call.varies(1) || !call.varies(2)) return std::nullopt;
  const auto scale = [&](const char* name) {
    const c10::IValue value = call.named(name);
    return value.isNone() ? at::Scalar(1) : value.toScalar();
  };
  const DualTensor product = linear(matrix_multiply(call.tensor(1), call.tensor(2)),
                                    [&](const at::Tensor& tensor) { return tensor * scale("alpha"); });
  const DualTensor bias = linear(call.tensor(0), [&](const at::Tensor& tensor) { return tensor * scale("beta"); });
  return std::vector{add(bias, product)};
}

/// self + value * first * second.
RuleOutputs addcmul_rule(const NodeCall& call) {
  const at::Scalar value = call.named("value").toScalar();
  const DualTensor product =
      linear(multiply(call.tensor(1), call.tensor(2)), [&](const at::Tensor& tensor) { return tensor * value; });
  return std::vector{add(call.tensor(0), product)};
}

RuleOutputs addcdiv_rule(const NodeCall& call) {
  const at::Scalar value = call.named("value").toScalar();
  const DualTensor quotient = linear(multiply(call.tensor(1), inverse(call.tensor(2))),
                                     [&](const at::Tensor& tensor) { return tensor * value; });
  return std::vector{add(call.tensor(0), quotient)};
}

/// x @ weight^T + bias with a weight that varies too.
RuleOutputs linear_rule(const NodeCall& call) {
  if (!call.varies(0) || !call.varies(1)) return std::nullopt;
  const DualTensor weight = linear(call.tensor(1), [](const at::Tensor& tensor) { return tensor.t(); });
  DualTensor result = matrix_multiply(call.tensor(0), weight);
  const DualTensor bias = call.tensor(2);
  if (bias.x.defined()) result = add(result, bias);
  return std::vector{result};
}

}  // namespace

std::vector<NamedRule> product_rules() {
  return {
      {"mul", mul_rule},         {"multiply", mul_rule},    {"matmul", matmul_rule}, {"bmm", matmul_rule},
      {"mm", matmul_rule},       {"mv", matmul_rule},       {"dot", matmul_rule},    {"div", div_rule},
      {"divide", div_rule},      {"true_divide", div_rule}, {"addmm", addmm_rule},   {"baddbmm", addmm_rule},
      {"addcmul", addcmul_rule}, {"addcdiv", addcdiv_rule}, {"linear", linear_rule}, {"reciprocal", reciprocal_rule}};
}

}  // namespace modattr
