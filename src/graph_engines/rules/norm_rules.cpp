#include <cstdint>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "fused_loops.h"
#include "rule_function.h"
#include "rule_table.h"

namespace modattr {
namespace {

/// Numbers times a weight plus a bias, either of which may be missing, in the shape of the numbers.
DualTensor scaled(DualTensor numbers, const at::Tensor& weight, const at::Tensor& bias) {
  if (weight.defined()) {
    numbers = linear(numbers, [&](const at::Tensor& tensor) { return tensor * weight; });
  }
  if (bias.defined()) {
    numbers = linear(numbers, [&](const at::Tensor& tensor) { return tensor + bias; });
  }
  return numbers;
}

at::Tensor tensor_or_none(const c10::IValue& value) {
  return value.isTensor() ? value.toTensor() : at::Tensor();
}

/// Only the data varies, not weight or bias.
bool only_first_varies(const NodeCall& call) {
  const std::vector<std::size_t> varying = call.varying();
  return varying.size() == 1 && varying.front() == 0;
}

DualTensor layer_normalised(const NodeCall& call, const std::vector<std::int64_t>& shape, bool centres) {
  const DualTensor argument = call.tensor(0);
  const std::vector<std::int64_t> sizes = argument.x.sizes().vec();
  std::vector<std::int64_t> folded(sizes.begin(), sizes.end() - static_cast<std::ptrdiff_t>(shape.size()));
  folded.push_back(-1);
  const c10::IValue eps = call.named("eps");
  // rms_norm takes the smallest number that is added to 1 where none is given.
  const double epsilon =
      eps.isNone() ? (argument.x.scalar_type() == at::kDouble ? 2.220446049250313e-16 : 1.1920928955078125e-07)
                   : eps.toDouble();
  const DualTensor flat = linear(argument, [&](const at::Tensor& tensor) { return tensor.reshape(folded); });
  const DualTensor numbers =
      linear(normalise(flat, epsilon, centres), [&](const at::Tensor& tensor) { return tensor.reshape(sizes); });
  return scaled(numbers, tensor_or_none(call.named("weight")), tensor_or_none(call.named("bias")));
}

/// Layer normalisation by libtorch's own operation on both sides, and one loop back.
RuleOutputs layer_norm_in_loops(const NodeCall& call) {
  const DualTensor argument = call.tensor(0);
  const std::vector<std::int64_t> shape = call.named("normalized_shape").toIntVector();
  const at::Tensor weight = tensor_or_none(call.named("weight"));
  const at::Tensor bias = tensor_or_none(call.named("bias"));
  const auto given = [](const at::Tensor& tensor) {
    return tensor.defined() ? c10::optional<at::Tensor>(tensor) : c10::nullopt;
  };
  const c10::NoGradGuard no_grad;
  const auto run = [&](const at::Tensor& tensor) {
    return at::native_layer_norm(tensor, shape, given(weight), given(bias), call.named("eps").toDouble());
  };
  const at::Tensor x = plain(argument.x).contiguous();
  const at::Tensor b = argument.b.contiguous();
  const auto [y, mean, scale] = run(x);
  const auto [y_b, mean_b, scale_b] = run(b);
  const auto multiplier = [=, m = mean, r = scale, m_b = mean_b, r_b = scale_b](const TensorList& multipliers) {
    const at::Tensor g = weight.defined() ? multipliers.front() * weight : multipliers.front();
    const std::int64_t row_count = r.numel();
    const auto folded = [&](const at::Tensor& tensor) { return tensor.reshape({row_count, -1}); };
    return TensorList{normalise_loop(folded(g), folded(x), folded(b), m.contiguous(), m_b.contiguous(), r.contiguous(),
                                     r_b.contiguous())
                          .reshape(x.sizes())};
  };
  return std::vector{DualTensor{on_tape({y}, {argument.x}, multiplier).front(), y_b}};
}

RuleOutputs layer_norm_rule(const NodeCall& call) {
  if (!only_first_varies(call)) return std::nullopt;
  if (fits_loop(call.tensor(0).x)) return layer_norm_in_loops(call);
  return std::vector{layer_normalised(call, call.named("normalized_shape").toIntVector(), true)};
}

RuleOutputs rms_norm_rule(const NodeCall& call) {
  if (!only_first_varies(call)) return std::nullopt;
  return std::vector{layer_normalised(call, call.named("normalized_shape").toIntVector(), false)};
}

/// Channels in groups that are normalised together; weight and bias by channel.
DualTensor group_normalised(const DualTensor& argument, std::int64_t group_count, double epsilon,
                            const at::Tensor& weight, const at::Tensor& bias) {
  const std::vector<std::int64_t> sizes = argument.x.sizes().vec();
  std::vector<std::int64_t> by_channel(sizes.size(), 1);
  by_channel[1] = sizes[1];
  const DualTensor flat = linear(argument, [&](const at::Tensor& tensor) {
    return tensor.reshape({sizes[0], group_count, -1});
  });
  const DualTensor numbers =
      linear(normalise(flat, epsilon), [&](const at::Tensor& tensor) { return tensor.reshape(sizes); });
  return scaled(numbers, weight.defined() ? weight.reshape(by_channel) : weight,
                bias.defined() ? bias.reshape(by_channel) : bias);
}

RuleOutputs group_norm_rule(const NodeCall& call) {
  if (!only_first_varies(call)) return std::nullopt;
  return std::vector{group_normalised(call.tensor(0), call.named("num_groups").toInt(), call.named("eps").toDouble(),
                                      tensor_or_none(call.named("weight")), tensor_or_none(call.named("bias")))};
}

RuleOutputs instance_norm_rule(const NodeCall& call) {
  // With statistics of the training data it is linear, which the fallback finds out.
  if (!only_first_varies(call) || !call.named("use_input_stats").toBool()) return std::nullopt;
  const DualTensor argument = call.tensor(0);
  return std::vector{group_normalised(argument, argument.x.size(1), call.named("eps").toDouble(),
                                      tensor_or_none(call.named("weight")), tensor_or_none(call.named("bias")))};
}

/// Linear with the statistics of the training data; by its batch it mixes rows, and the fallback shows it.
RuleOutputs batch_norm_rule(const NodeCall& call) {
  const c10::IValue training = call.named("training");
  if (!only_first_varies(call) || (training.isBool() && training.toBool())) return std::nullopt;
  const auto run = [&](const at::Tensor& tensor) {
    std::vector<c10::IValue> arguments = call.all_x();
    arguments.front() = tensor;
    return call.run_tensor(std::move(arguments));
  };
  return std::vector{linear(call.tensor(0), run)};
}

}  // namespace

std::vector<NamedRule> norm_rules() {
  return {{"layer_norm", layer_norm_rule},
          {"rms_norm", rms_norm_rule},
          {"group_norm", group_norm_rule},
          {"instance_norm", instance_norm_rule},
          {"batch_norm", batch_norm_rule}};
}

}  // namespace modattr
