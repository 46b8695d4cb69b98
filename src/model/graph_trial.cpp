#include "graph_trial.h"

#include <memory>
#include <unordered_map>

#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

namespace modattr {

using torch::jit::Graph;
using torch::jit::IValue;
using torch::jit::Node;
using torch::jit::Value;

GraphTrial::GraphTrial(std::span<const at::Tensor> probe) {
  for (const std::int64_t row_count : kRowCounts) {
    batches_.emplace_back();
    for (const at::Tensor& input : probe) batches_.back().push_back(input.narrow(0, 0, row_count));
  }
}

std::vector<std::vector<IValue>> GraphTrial::run(const Graph& graph, const std::vector<const Value*>& values) const {
  std::unordered_map<const Value*, Value*> copies;
  auto copy = std::make_shared<Graph>();
  for (const Value* input : graph.inputs()) {
    copies[input] = copy->addInput();
    copies[input]->copyMetadata(const_cast<Value*>(input));
  }
  for (const Node* node : graph.nodes()) {
    Node* clone = copy->createClone(const_cast<Node*>(node), [&](Value* value) { return copies.at(value); });
    copy->appendNode(clone);
    for (std::size_t output = 0; output < node->outputs().size(); ++output) {
      copies[node->outputs()[output]] = clone->outputs()[output];
    }
  }
  std::vector<Value*> wanted;
  for (const Value* value : values) wanted.push_back(copies.at(value));
  Node* tuple = copy->createTuple(wanted);
  copy->appendNode(tuple);
  copy->registerOutput(tuple->output());
  torch::jit::EliminateDeadCode(copy);
  torch::jit::GraphExecutor executor(copy, "trial");
  const c10::InferenceMode inference_mode;
  const torch::jit::GraphOptimizerEnabledGuard unoptimized(false);
  std::vector<std::vector<IValue>> held;
  for (const std::vector<at::Tensor>& batch : batches_) {
    torch::jit::Stack stack;
    for (const at::Tensor& input : batch) stack.emplace_back(input.clone());
    executor.run(stack);
    const auto& elements = stack.back().toTupleRef().elements();
    held.emplace_back(elements.begin(), elements.end());
  }
  return held;
}

}  // namespace modattr
