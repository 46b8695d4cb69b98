#include "dual_interpreter.h"

#include <algorithm>
#include <utility>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/jit/ir/constants.h>

#include "graph_engines/rules/node_call.h"
#include "graph_engines/rules/rule_function.h"
#include "modattr/core/error.h"
#include "modattr/graph/torch_errors.h"

namespace modattr {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

DualInterpreter::DualInterpreter(const InnerGraph& graph, const PassInput& input, GapLedger& ledger)
    : graph_(graph), input_(input), ledger_(ledger) {}

Dual& DualInterpreter::value(const Value* value) {
  return values_.at(value);
}

void DualInterpreter::set(const Value* value, Dual dual) {
  visit_tensors(dual.x, [&](const at::Tensor& tensor) { byte_count_ += tensor.nbytes(); });
  values_[value] = std::move(dual);
}

bool DualInterpreter::touches_written(const Node& node) const {
  for (const Value* input : node.inputs()) {
    if (is_written(input)) return true;
  }
  for (const Value* output : node.outputs()) {
    if (is_written(output)) return true;
  }
  return false;
}

DualTensor DualInterpreter::add_leaf(const at::Tensor& x, const at::Tensor& b, std::uint64_t inputs,
                                     const at::Tensor& origin, const std::string& where, bool written) {
  // Masks of -inf have no difference; this is as good as -inf to a softmax.
  constexpr double kMasked = -1e4;
  const auto finite = [](const at::Tensor& tensor) {
    return at::isneginf(tensor).any().item<bool>() ? tensor.masked_fill(at::isneginf(tensor), kMasked) : tensor;
  };
  const bool has_masks = at::isneginf(x).logical_xor(at::isneginf(b)).any().item<bool>();
  if (has_masks) sides_stand_alone_ = false;
  at::Tensor on_x = has_masks ? finite(x) : x;
  const at::Tensor on_b = has_masks ? finite(b) : b;
  if (input_.kind == PassKind::kPath) {
    const at::Tensor points = by_row(input_.points.to(on_x.options()), on_x);
    // Without rows it stays where it is.
    const at::Tensor difference = at::nan_to_num(on_x - on_b, 0.0, 0.0, 0.0);
    const at::Tensor moved = points.defined() ? at::where(difference == 0, on_x, on_b + points * difference) : on_x;
    leaves_.push_back({moved.detach().requires_grad_(true), moved - difference, inputs, origin, where});
  } else {
    leaves_.push_back({on_x.detach().requires_grad_(true), on_b, inputs, origin, where});
  }
  const c10::AutoGradMode grad_mode(true);
  // A leaf cannot be written to.
  const at::Tensor flowing = written ? leaves_.back().x.clone() : leaves_.back().x;
  return {flowing, input_.kind == PassKind::kPath ? flowing : on_b};
}

Dual DualInterpreter::run() {
  try {
    const Block& block = *graph_.graph->block();
    set(block.inputs()[0], {graph_.module, graph_.module});
    if (is_written(block.inputs()[0])) {
      // A module that changes itself: each side has one of its own.
      Dual& module = value(block.inputs()[0]);
      module.x = graph_.module.deepcopy();
      module.b = graph_.module.deepcopy();
      module.is_same = false;
      sides_stand_alone_ = false;
    }
    std::vector<Dual> inputs;
    for (std::size_t input = 0; input < input_.values.size(); ++input) {
      Dual dual = input_.values[input];
      const at::Tensor& x = dual.x.toTensor();
      // Writing to one side must not change the other, nor the data.
      const auto argument = std::ranges::find(graph_.arguments, input_.names[input]);
      const Value* own = graph_.takes_dictionary ? block.inputs()[1]
                         : argument != graph_.arguments.end()
                             ? block.inputs()[1 + static_cast<std::size_t>(argument - graph_.arguments.begin())]
                             : nullptr;
      const bool written = own != nullptr && is_written(own);
      if (!dual.is_same && x.is_floating_point()) {
        const DualTensor leaf =
            add_leaf(x, dual.b.toTensor(), dual.inputs, dual.origin, "input " + input_.names[input], written);
        dual.x = leaf.x;
        dual.b = leaf.b;
      } else if (written) {
        dual.x = x.clone();
      }
      if (written) dual.b = dual.b.toTensor().detach().clone();
      if (written) dual.is_same = false;
      inputs.push_back(std::move(dual));
    }
    if (graph_.takes_dictionary) {
      c10::Dict<std::string, at::Tensor> x;
      c10::Dict<std::string, at::Tensor> b;
      Dual dictionary;
      for (std::size_t input = 0; input < inputs.size(); ++input) {
        x.insert(input_.names[input], inputs[input].x.toTensor());
        b.insert(input_.names[input], inputs[input].b.toTensor());
        dictionary.is_same &= inputs[input].is_same;
        dictionary.inputs |= inputs[input].inputs;
        dictionary.modalities |= inputs[input].modalities;
        dictionary_[input_.names[input]] = inputs[input];
      }
      dictionary.x = x;
      dictionary.b = b;
      set(block.inputs()[1], std::move(dictionary));
    } else {
      for (std::size_t place = 0; place < graph_.arguments.size(); ++place) {
        const auto found = std::ranges::find(input_.names, graph_.arguments[place]);
        const bool is_given = found != input_.names.end();
        set(block.inputs()[1 + place], is_given ? inputs[static_cast<std::size_t>(found - input_.names.begin())]
                                                : Dual{graph_.defaults[place], graph_.defaults[place]});
      }
    }
    return std::move(run_block(block, true).front());
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw ModelError("the model cannot be followed operation by operation: " + one_line_reason(error));
  }
}

std::vector<Dual> DualInterpreter::run_block(const Block& block, bool is_top) {
  for (const Node* node : block.nodes()) {
    run_node(*node);
    if (!is_top) continue;
    for (const Value* done : graph_.last_uses.at(node)) values_.erase(done);
  }
  std::vector<Dual> outputs;
  for (const Value* output : block.outputs()) outputs.push_back(value(output));
  return outputs;
}

void DualInterpreter::run_node(const Node& node) {
  // What is written to may hold anything.
  std::uint64_t modalities = touches_written(node) ? ~std::uint64_t{0} : 0;
  for (const Value* input : node.inputs()) modalities |= value(input).modalities;
  if (run_structure(node)) {
    for (const Value* output : node.outputs()) value(output).modalities |= modalities;
    return;
  }
  std::vector<Dual> arguments;
  for (const Value* input : node.inputs()) arguments.push_back(value(input));
  ++step_;
  modalities_ = modalities;
  std::vector<Dual> results;
  try {
    results = operate(node, arguments);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw ModelError(std::string(node.kind().toQualString()) + ": " + one_line_reason(error));
  }
  for (std::size_t output = 0; output < results.size(); ++output) {
    results[output].modalities = modalities;
    set(node.outputs()[output], std::move(results[output]));
  }
}

}  // namespace modattr
