#include "rule_function.h"

#include <stdexcept>
#include <utility>

#include <torch/csrc/autograd/custom_function.h>

namespace modattr {
namespace {

using torch::autograd::AutogradContext;

/// What the tape holds of an operation.
struct TapeEntry : torch::CustomClassHolder {
  Multiplier multiplier;
  TensorList outputs;
};

struct TapedFunction : torch::autograd::Function<TapedFunction> {
  // A list of another type would not be followed, and the tape would end here.
  static TensorList forward(AutogradContext* context, at::TensorList /*inputs*/,
                            const c10::intrusive_ptr<TapeEntry>& entry) {
    context->set_materialize_grads(false);
    context->saved_data["entry"] = c10::IValue::make_capsule(entry);
    return std::move(entry->outputs);
  }

  static TensorList backward(AutogradContext* context, const TensorList& multipliers) {
    const auto capsule = context->saved_data["entry"].toCapsule();
    TensorList result = static_cast<TapeEntry*>(capsule.get())->multiplier(multipliers);
    // That of the entry, which is an argument too.
    result.emplace_back();
    return result;
  }
};

}  // namespace

TensorList on_tape(const TensorList& outputs, const TensorList& inputs, Multiplier multiplier) {
  const at::AutoGradMode grad_mode(true);
  auto entry = c10::make_intrusive<TapeEntry>();
  entry->multiplier = std::move(multiplier);
  // Objects of their own: an output that a multiplier holds as well would keep itself alive through the tape.
  for (const at::Tensor& output : outputs) {
    entry->outputs.push_back(output.defined() ? output.variable_data() : output);
  }
  TensorList taped = TapedFunction::apply(at::TensorList(inputs), entry);
  for (const at::Tensor& output : taped) {
    // A tape that ends unnoticed would give the credit to the wrong data.
    if (output.is_floating_point() && !output.requires_grad()) throw std::logic_error("on_tape: the tape ends");
  }
  return taped;
}

at::Tensor plain(const at::Tensor& tensor) {
  return tensor.detach();
}

bool is_taped(const at::Tensor& tensor) {
  return tensor.defined() && tensor.requires_grad();
}

}  // namespace modattr
