#include <cmath>
#include <cstdint>
#include <limits>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "rule_function.h"
#include "rule_table.h"

namespace modattr {
namespace {

DualTensor projected(const DualTensor& argument, const at::Tensor& weight, const at::Tensor& bias) {
  return linear(argument, [&](const at::Tensor& tensor) {
    return at::linear(tensor, weight, bias.defined() ? c10::optional<at::Tensor>(bias) : c10::nullopt);
  });
}

DualTensor transposed(const DualTensor& argument, std::int64_t first, std::int64_t second) {
  return linear(argument, [&](const at::Tensor& tensor) { return tensor.transpose(first, second); });
}

/// Scores of -inf where `mask` is true.
DualTensor without_masked(const DualTensor& scores, const at::Tensor& mask) {
  return linear(scores, [&](const at::Tensor& tensor) {
    return tensor.masked_fill(mask, -std::numeric_limits<double>::infinity());
  });
}

/// What keys weigh for a query whose keys are all masked is nothing, as in libtorch's own kernels.
DualTensor weights_of(const DualTensor& scores) {
  return linear(softmax(scores, -1), [](const at::Tensor& tensor) { return at::nan_to_num(tensor, 0.0); });
}

RuleOutputs scaled_dot_product_rule(const NodeCall& call) {
  if (call.named("enable_gqa").isBool() && call.named("enable_gqa").toBool()) return std::nullopt;
  const DualTensor query = call.tensor(0);
  const c10::IValue given = call.named("scale");
  const double scale = given.isNone() ? 1.0 / std::sqrt(static_cast<double>(query.x.size(-1))) : given.toDouble();
  DualTensor scores = linear(matrix_multiply(query, transposed(call.tensor(1), -1, -2)),
                             [&](const at::Tensor& tensor) { return tensor * scale; });
  if (call.named("is_causal").toBool()) {
    const auto ones = at::ones({scores.x.size(-2), scores.x.size(-1)}, scores.x.options().dtype(at::kBool));
    scores = without_masked(scores, at::logical_not(ones.tril()));
  }
  if (const DualTensor mask = call.tensor("attn_mask"); mask.x.defined()) {
    scores = mask.x.scalar_type() == at::kBool ? without_masked(scores, at::logical_not(mask.x)) : add(scores, mask);
  }
  return std::vector{matrix_multiply(weights_of(scores), call.tensor(2))};
}

/// Attention of a sequence to itself or others, [rows, length, width], with the weights of nn.MultiheadAttention.
struct Heads {
  std::int64_t count = 1;
  at::Tensor in_weight;
  at::Tensor in_bias;
  at::Tensor out_weight;
  at::Tensor out_bias;
  /// True where a key is left out; undefined = nowhere.
  at::Tensor mask;
};

struct Attended {
  DualTensor output;
  /// [rows, heads, queries, keys]
  DualTensor weights;
};

Attended attend(const DualTensor& query, const DualTensor& key, const DualTensor& value, const Heads& heads) {
  const std::int64_t width = query.x.size(-1);
  const auto split = [&](const DualTensor& argument, std::int64_t part) {
    const at::Tensor weight = heads.in_weight.narrow(0, part * width, width);
    const at::Tensor bias = heads.in_bias.defined() ? heads.in_bias.narrow(0, part * width, width) : at::Tensor();
    return linear(projected(argument, weight, bias), [&](const at::Tensor& tensor) {
      return tensor.reshape({tensor.size(0), tensor.size(1), heads.count, width / heads.count}).transpose(1, 2);
    });
  };
  const auto head_width = width / heads.count;
  const double scale = 1.0 / std::sqrt(static_cast<double>(head_width));
  const DualTensor q = linear(split(query, 0), [&](const at::Tensor& tensor) { return tensor * scale; });
  DualTensor scores = matrix_multiply(q, transposed(split(key, 1), -1, -2));
  if (heads.mask.defined()) scores = without_masked(scores, heads.mask);
  const DualTensor weights = weights_of(scores);
  const DualTensor mixed = linear(matrix_multiply(weights, split(value, 2)), [&](const at::Tensor& tensor) {
    return tensor.transpose(1, 2).reshape({tensor.size(0), tensor.size(2), width});
  });
  return {projected(mixed, heads.out_weight, heads.out_bias), weights};
}

/// The mask of libtorch's fused operations for scores [rows, heads, queries, keys].
at::Tensor mask_of(const NodeCall& call) {
  const DualTensor given = call.tensor("mask");
  if (!given.x.defined()) return {};
  const at::Tensor mask = given.x.to(at::kBool);
  if (mask.dim() == 4) return mask;
  const c10::IValue type = call.named("mask_type");
  // Type 1 leaves out keys by row, [rows, keys]; type 0 by query, [queries, keys].
  const bool is_by_row = type.isInt() && type.toInt() == 1;
  if (mask.dim() == 2) return is_by_row ? mask.unsqueeze(1).unsqueeze(1) : mask.unsqueeze(0).unsqueeze(0);
  return mask.unsqueeze(1);
}

bool weights_vary(const NodeCall& call, std::size_t data_count) {
  for (const std::size_t place : call.varying()) {
    if (place >= data_count) return true;
  }
  return false;
}

RuleOutputs native_attention_rule(const NodeCall& call) {
  if (weights_vary(call, 3) || call.tensor(0).x.is_nested()) return std::nullopt;
  const Heads heads{.count = call.named("num_head").toInt(),
                    .in_weight = call.tensor("qkv_weight").x,
                    .in_bias = call.tensor("qkv_bias").x,
                    .out_weight = call.tensor("proj_weight").x,
                    .out_bias = call.tensor("proj_bias").x,
                    .mask = mask_of(call)};
  Attended attended = attend(call.tensor(0), call.tensor(1), call.tensor(2), heads);
  if (!call.named("need_weights").toBool()) return std::vector{attended.output, DualTensor{}};
  const bool is_mean = call.named("average_attn_weights").toBool();
  if (is_mean) attended.weights = linear(attended.weights, [](const at::Tensor& tensor) { return tensor.mean(1); });
  return std::vector{attended.output, attended.weights};
}

/// A layer of nn.TransformerEncoder as one operation, which has no derivative of its own.
RuleOutputs encoder_layer_rule(const NodeCall& call) {
  if (weights_vary(call, 1) || call.tensor(0).x.is_nested()) return std::nullopt;
  const Heads heads{.count = call.named("num_heads").toInt(),
                    .in_weight = call.tensor("qkv_weight").x,
                    .in_bias = call.tensor("qkv_bias").x,
                    .out_weight = call.tensor("proj_weight").x,
                    .out_bias = call.tensor("proj_bias").x,
                    .mask = mask_of(call)};
  const double epsilon = call.named("eps").toDouble();
  const auto normalised = [&](const DualTensor& argument, const char* weight, const char* bias) {
    return linear(normalise(argument, epsilon),
                  [&](const at::Tensor& tensor) { return tensor * call.tensor(weight).x + call.tensor(bias).x; });
  };
  const auto norm_1 = [&](const DualTensor& argument) { return normalised(argument, "norm_weight_1", "norm_bias_1"); };
  const auto norm_2 = [&](const DualTensor& argument) { return normalised(argument, "norm_weight_2", "norm_bias_2"); };
  const bool uses_gelu = call.named("use_gelu").toBool();
  const auto feed_forward = [&](const DualTensor& argument) {
    const DualTensor inner = projected(argument, call.tensor("ffn_weight_1").x, call.tensor("ffn_bias_1").x);
    const DualTensor active =
        uses_gelu ? elementwise(inner, Secant::kSmooth, [](const at::Tensor& z) { return at::gelu(z); })
                  : elementwise(inner, Secant::kKinked, [](const at::Tensor& z) { return at::relu(z); });
    return projected(active, call.tensor("ffn_weight_2").x, call.tensor("ffn_bias_2").x);
  };
  DualTensor stream = call.tensor(0);
  if (call.named("norm_first").toBool()) {
    const DualTensor first = norm_1(stream);
    stream = add(stream, attend(first, first, first, heads).output);
    return std::vector{add(stream, feed_forward(norm_2(stream)))};
  }
  stream = norm_1(add(stream, attend(stream, stream, stream, heads).output));
  return std::vector{norm_2(add(stream, feed_forward(stream)))};
}

}  // namespace

std::vector<NamedRule> attention_rules() {
  return {{"scaled_dot_product_attention", scaled_dot_product_rule},
          {"_native_multi_head_attention", native_attention_rule},
          {"_transformer_encoder_layer_fwd", encoder_layer_rule}};
}

}  // namespace modattr
