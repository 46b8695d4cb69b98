#include "graph_trial.h"

#include <algorithm>
#include <memory>
#include <unordered_map>

#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/runtime/custom_operator.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include "block_order.h"

namespace modattr {

using torch::jit::Graph;
using torch::jit::IValue;
using torch::jit::Node;
using torch::jit::Value;

namespace {

/// What shape_of gives for what has no shape: values of branches that are not taken, undefined and nested tensors.
const std::vector<std::int64_t> kNoShape = {-1};

/// An operation of the graph, as aten::size fails on what has no shape.
c10::Symbol shape_of() {
  static const auto name = c10::Symbol::fromQualString("modattr::shape_of");
  static const torch::jit::RegisterOperators registered({torch::jit::Operator(
      "modattr::shape_of(Any value) -> int[]",
      [](torch::jit::Stack& stack) {
        const IValue value = torch::jit::pop(stack);
        const bool has_shape = value.isTensor() && value.toTensor().defined() && !value.toTensor().is_nested();
        stack.emplace_back(has_shape ? value.toTensor().sizes().vec() : kNoShape);
      },
      c10::AliasAnalysisKind::FROM_SCHEMA)});
  return name;
}

}  // namespace

GraphTrial::GraphTrial(std::span<const at::Tensor> probe) {
  for (const std::int64_t row_count : kRowCounts) {
    batches_.emplace_back();
    for (const at::Tensor& input : probe) batches_.back().push_back(input.narrow(0, 0, row_count));
  }
}

std::vector<std::vector<IValue>> GraphTrial::run(const Graph& graph, const std::vector<const Value*>& values) {
  std::unordered_map<const Value*, Value*> copies;
  auto copy = std::make_shared<Graph>();
  for (const Value* input : graph.inputs()) {
    copies[input] = copy->addInput();
    copies[input]->copyMetadata(const_cast<Value*>(input));
  }
  std::vector<const Value*> tensors;
  std::vector<Value*> sizes;
  for (const Node* node : graph.nodes()) {
    Node* clone = copy->createClone(const_cast<Node*>(node), [&](Value* value) { return copies.at(value); });
    copy->appendNode(clone);
    for (std::size_t output = 0; output < node->outputs().size(); ++output) {
      const Value* value = node->outputs()[output];
      copies[value] = clone->outputs()[output];
      const bool is_tensor = value->type()->isSubtypeOf(*c10::TensorType::get());
      // An output that nobody reads may be undefined.
      if (node->kind() == c10::prim::Constant || !is_tensor || value->uses().empty()) continue;
      // The shape alone, so that the tensors themselves need not be kept.
      tensors.push_back(value);
      sizes.push_back(copy->insert(shape_of(), {copies[value]}));
    }
  }
  std::vector<Value*> wanted;
  for (const Value* value : values) wanted.push_back(copies.at(value));
  wanted.insert(wanted.end(), sizes.begin(), sizes.end());
  Node* tuple = copy->createTuple(wanted);
  copy->appendNode(tuple);
  copy->registerOutput(tuple->output());
  torch::jit::EliminateDeadCode(copy);
  run_blocks_in_place(*copy);
  torch::jit::GraphExecutor executor(copy, "trial");
  const c10::InferenceMode inference_mode;
  const torch::jit::GraphOptimizerEnabledGuard unoptimized(false);
  std::vector<std::vector<IValue>> held;
  for (std::size_t batch = 0; batch < batches_.size(); ++batch) {
    torch::jit::Stack stack;
    for (const at::Tensor& input : batches_[batch]) stack.emplace_back(input.clone());
    executor.run(stack);
    const auto& elements = stack.back().toTupleRef().elements();
    held.emplace_back(elements.begin(), elements.begin() + static_cast<std::ptrdiff_t>(values.size()));
    for (std::size_t tensor = 0; tensor < tensors.size(); ++tensor) {
      shapes_[tensors[tensor]->unique()][batch] = elements[values.size() + tensor].toIntVector();
    }
  }
  std::erase_if(shapes_,
                [](const auto& entry) { return std::ranges::find(entry.second, kNoShape) != entry.second.end(); });
  return held;
}

const GraphTrial::Shapes* GraphTrial::shapes(const Value& tensor) const {
  const auto found = shapes_.find(tensor.unique());
  return found == shapes_.end() ? nullptr : &found->second;
}

}  // namespace modattr
