#include "target_function.h"

#include <string>
#include <vector>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "graph_engines/rules/rule_function.h"
#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/stats/masked_logit.h"

namespace modattr {
namespace {

/// Whether the value of a mean over removed data is the mean of the values.
bool is_mean_of_values(const TargetInput& input) {
  switch (input.value) {
    case ValueKind::kLogit:
    case ValueKind::kProbability:
    case ValueKind::kOutput:
      return true;
    default:
      return false;
  }
}

DualTensor log_sigmoid(const DualTensor& argument) {
  return elementwise(
      argument, Secant::kSmooth, [](const at::Tensor& z) { return at::log_sigmoid(z); },
      [](const at::Tensor& z) { return at::sigmoid(-z); });
}

DualTensor logarithm(const DualTensor& argument) {
  return elementwise(
      argument, Secant::kSmooth, [](const at::Tensor& p) { return at::log(p.clamp_min(2.220446049250313e-16)); },
      [](const at::Tensor& p) { return p.clamp_min(2.220446049250313e-16).reciprocal(); });
}

/// numbers * factor + shift, both constants.
DualTensor scaled_and_shifted(const DualTensor& numbers, const at::Tensor& factor, const at::Tensor& shift) {
  return linear(numbers, [&](const at::Tensor& tensor) { return tensor * factor + shift; });
}

}  // namespace

TargetFunction::TargetFunction(const Target& target, std::size_t draw_count) : target_(target) {
  const TargetInput& input = target.input();
  const std::string name(value_names()[static_cast<std::size_t>(input.value)]);
  if (input.value == ValueKind::kCorrect) {
    throw ConfigError(
        "value 'correct': expected a value with a slope, as methods that look inside of the model follow "
        "it; use probability or logit");
  }
  if (draw_count > 1 && !is_mean_of_values(input)) {
    throw ConfigError("value '" + name +
                      "': expected logit, probability or output, as methods that look inside of the "
                      "model follow one row of the background at a time; use one of these, or " +
                      option("background") + " 1");
  }
}

DualTensor TargetFunction::operator()(const DualTensor& output, std::span<const std::uint32_t> examples) const {
  const TargetInput& input = target_.input();
  if (input.kind == OutputKind::kCausalLm) {
    // Outputs are the log-probabilities of the label's tokens; the value is their mean.
    at::Tensor is_own = at::empty(output.x.sizes(), at::kDouble);
    const at::Tensor numbers = plain(output.x).contiguous();
    for (std::int64_t place = 0; place < numbers.numel(); ++place) {
      is_own.data_ptr<double>()[place] = is_ignored_token(numbers.data_ptr<double>()[place]) ? 0.0 : 1.0;
    }
    const at::Tensor weights = is_own / is_own.sum(1, true);
    return linear(output, [&](const at::Tensor& tensor) {
      return at::where(weights == 0, at::zeros_like(tensor), tensor * weights).sum(1);
    });
  }
  return predicts_label_sets(input.kind) ? label_sets(output, examples) : classes(output, examples);
}

DualTensor TargetFunction::classes(const DualTensor& output, std::span<const std::uint32_t> examples) const {
  const TargetInput& input = target_.input();
  std::vector<std::int64_t> targets;
  for (const std::uint32_t example : examples) targets.push_back(target_.target_class(example));
  const at::Tensor index = at::tensor(targets, at::kLong).unsqueeze(1);
  const auto chosen = [&](const DualTensor& numbers) {
    return linear(numbers, [&](const at::Tensor& tensor) { return tensor.gather(1, index).squeeze(1); });
  };
  if (input.kind == OutputKind::kRegression || input.value == ValueKind::kOutput) {
    const DualTensor own = chosen(output);
    if (input.value != ValueKind::kLoss) return own;
    std::vector<double> labels;
    for (const std::uint32_t example : examples) labels.push_back(input.label_values[example]);
    const at::Tensor label = at::tensor(labels, at::kDouble);
    const DualTensor error = linear(own, [&](const at::Tensor& tensor) { return tensor - label; });
    return linear(multiply(error, error), [](const at::Tensor& tensor) { return -tensor; });
  }
  const bool is_single = input.output_width == 1;
  const bool are_logits = input.kind == OutputKind::kLogits;
  // One number is that of class 1.
  const at::Tensor sign = index.squeeze(1).to(at::kDouble) * 2 - 1;
  const auto signed_logit = [&] {
    return linear(output, [&](const at::Tensor& tensor) { return tensor.squeeze(1) * sign; });
  };
  const auto probability = [&] {
    if (are_logits && is_single) return sigmoid(signed_logit());
    if (are_logits) return chosen(softmax(output, 1));
    if (!is_single) return chosen(output);
    return linear(output, [&](const at::Tensor& tensor) { return tensor.squeeze(1) * sign + (1 - sign) / 2; });
  };
  switch (input.value) {
    case ValueKind::kLogit:
      return is_single ? signed_logit() : chosen(output);
    case ValueKind::kMargin: {
      if (is_single) return signed_logit();
      // The largest of the other logits, to the place of the larger one as in max pooling.
      const at::Tensor others = at::zeros_like(plain(output.x)).scatter_(1, index, -1e300);
      const c10::NoGradGuard no_grad;
      const at::Tensor x = plain(output.x) + others;
      const at::Tensor b = output.b + others;
      const auto [y, place] = x.max(1, true);
      const auto [y_b, place_b] = b.max(1, true);
      const at::Tensor at_place = at::where(y >= y_b, place, place_b);
      const at::Tensor difference = x.gather(1, at_place) - b.gather(1, at_place);
      const at::Tensor slope = at::where(difference == 0, at::ones_like(y), (y - y_b) / difference);
      DualTensor largest{y.squeeze(1), y_b.squeeze(1)};
      if (output.varies()) {
        largest.x = on_tape({y.squeeze(1)}, {output.x}, [=, sizes = x.sizes().vec()](const TensorList& g) {
                      return TensorList{
                          at::zeros(sizes, at::kDouble).scatter_add_(1, at_place, g.front().unsqueeze(1) * slope)};
                    }).front();
      }
      return subtract(chosen(output), largest);
    }
    case ValueKind::kLogProbability:
    case ValueKind::kLoss:
      if (are_logits && is_single) return log_sigmoid(signed_logit());
      if (are_logits) return chosen(log_softmax(output, 1));
      return logarithm(probability());
    default:
      return probability();
  }
}

DualTensor TargetFunction::label_sets(const DualTensor& output, std::span<const std::uint32_t> examples) const {
  const TargetInput& input = target_.input();
  const auto width = static_cast<std::int64_t>(input.output_width);
  const auto row_count = static_cast<std::int64_t>(examples.size());
  // Weight of each label in the mean, and whether the loss is that of its absence.
  at::Tensor weights = at::zeros({row_count, width}, at::kDouble);
  at::Tensor sign = at::ones({row_count, width}, at::kDouble);
  for (std::int64_t row = 0; row < row_count; ++row) {
    const std::uint32_t example = examples[static_cast<std::size_t>(row)];
    for (std::int64_t label = 0; label < width; ++label) {
      const auto own = static_cast<std::size_t>(label);
      if (target_.is_explained(example, own)) weights[row][label] = 1.0;
      if (input.value == ValueKind::kLoss && !target_.is_true(example, own)) sign[row][label] = -1.0;
    }
  }
  weights = weights / weights.sum(1, true);
  const bool are_logits = input.kind == OutputKind::kMultilabel;
  const auto signed_logits = [&] { return scaled_and_shifted(output, sign, at::zeros_like(sign)); };
  const auto probabilities = [&] {
    return are_logits ? sigmoid(signed_logits()) : scaled_and_shifted(output, sign, (1 - sign) / 2);
  };
  DualTensor values;
  switch (input.value) {
    case ValueKind::kLogProbability:
    case ValueKind::kLoss:
      values = are_logits ? log_sigmoid(signed_logits()) : logarithm(probabilities());
      break;
    case ValueKind::kLogit:
    case ValueKind::kOutput:
      values = output;
      break;
    default:
      values = probabilities();
  }
  return linear(values, [&](const at::Tensor& tensor) {
    return at::where(weights == 0, at::zeros_like(tensor), tensor * weights).sum(1);
  });
}

}  // namespace modattr
