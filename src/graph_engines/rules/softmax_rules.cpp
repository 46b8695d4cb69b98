#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "rule_function.h"
#include "rule_table.h"

namespace modattr {
namespace {

/// The argument in the type that the operation computes in.
DualTensor in_dtype(const NodeCall& call) {
  const c10::IValue dtype = call.named("dtype");
  if (dtype.isNone()) return call.tensor(0);
  return linear(call.tensor(0), [&](const at::Tensor& tensor) { return tensor.to(dtype.toScalarType()); });
}

RuleOutputs softmax_rule(const NodeCall& call) {
  return std::vector{softmax(in_dtype(call), call.named("dim").toInt())};
}

RuleOutputs log_softmax_rule(const NodeCall& call) {
  return std::vector{log_softmax(in_dtype(call), call.named("dim").toInt())};
}

RuleOutputs logsumexp_rule(const NodeCall& call) {
  const c10::IValue dimensions = call.named("dim");
  if (!dimensions.isIntList() || dimensions.toIntVector().size() != 1) return std::nullopt;
  const std::int64_t dimension = dimensions.toIntVector().front();
  const bool keeps = call.named("keepdim").toBool();
  const DualTensor argument = call.tensor(0);
  const c10::NoGradGuard no_grad;
  const at::Tensor x = plain(argument.x);
  const auto multiplier = [=, b = argument.b](const TensorList& g) {
    const at::Tensor kept = keeps ? g.front() : g.front().unsqueeze(dimension);
    return TensorList{logsumexp_multiplier(kept, x, b, dimension)};
  };
  return std::vector{DualTensor{on_tape({at::logsumexp(x, dimension, keeps)}, {argument.x}, multiplier).front(),
                                at::logsumexp(argument.b, dimension, keeps)}};
}

}  // namespace

std::vector<NamedRule> softmax_rules() {
  return {{"softmax", softmax_rule},
          {"_softmax", softmax_rule},
          {"log_softmax", log_softmax_rule},
          {"_log_softmax", log_softmax_rule},
          {"logsumexp", logsumexp_rule}};
}

}  // namespace modattr
