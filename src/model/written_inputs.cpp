#include "written_inputs.h"

#include <algorithm>
#include <vector>

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/ir/constants.h>

namespace modattr {
namespace {

bool any_write(const torch::jit::Block& block) {
  return std::ranges::any_of(block.nodes(), [](const torch::jit::Node* node) {
    const auto* schema = node->maybeSchema();
    return (schema != nullptr && schema->is_mutable()) ||
           std::ranges::any_of(node->blocks(), [](const torch::jit::Block* inner) { return any_write(*inner); });
  });
}

}  // namespace

void copy_written_inputs(const std::shared_ptr<torch::jit::Graph>& graph) {
  using torch::jit::Node;
  using torch::jit::Value;
  const torch::jit::AliasDb aliases(graph);
  std::vector<Value*> written;
  for (Value* input : graph->inputs()) {
    if (input->type()->kind() == c10::TypeKind::TensorType && aliases.hasWriters(input)) written.push_back(input);
  }
  if (written.empty()) return;
  const torch::jit::WithInsertPoint begin(*graph->nodes().begin());
  Value* as_it_lies = graph->insertConstant(torch::jit::IValue());
  for (Value* input : written) {
    Node* copy = graph->insertNode(graph->create(c10::aten::clone, {input, as_it_lies}));
    copy->output()->setType(input->type());
    input->replaceAllUsesAfterNodeWith(copy, copy->output());
  }
}

void drop_input_copies(torch::jit::Graph& graph) {
  for (torch::jit::Value* input : graph.inputs()) {
    if (input->uses().size() != 1) continue;
    torch::jit::Node* copy = input->uses().front().user;
    if (copy->kind() != c10::aten::clone || copy->owningBlock() != graph.block()) continue;
    copy->output()->replaceAllUsesWith(input);
    copy->destroy();
  }
}

bool writes_to_inputs(const std::shared_ptr<torch::jit::Graph>& graph) {
  if (!any_write(*graph->block())) return false;
  const torch::jit::AliasDb aliases(graph);
  return std::ranges::any_of(graph->inputs(), [&](const torch::jit::Value* input) {
    // What a dictionary holds cannot be followed.
    return input->type()->kind() == c10::TypeKind::DictType || aliases.hasWriters(input);
  });
}

}  // namespace modattr
