#include "graph_prepare.h"

#include <algorithm>
#include <cstddef>

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/passes/lower_tuples.h>
#include <torch/csrc/jit/passes/remove_mutation.h>

#include "graph_content.h"
#include "modattr/core/error.h"

namespace modattr {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

template <typename Predicate>
bool any_node(const Block* block, Predicate predicate) {
  for (const Node* node : block->nodes()) {
    if (predicate(node)) return true;
    for (const Block* child : node->blocks()) {
      if (any_node(child, predicate)) return true;
    }
  }
  return false;
}

/// Reads of a dictionary argument by constant keys become reads of tensors.
void spread_dictionary(Value* dictionary, const std::vector<std::string>& input_names,
                       const std::vector<Value*>& inputs) {
  const auto uses = dictionary->uses();
  for (const torch::jit::Use& use : uses) {
    Node* node = use.user;
    // c10::optional or std::optional, by the version of libtorch.
    decltype(torch::jit::toIValue(dictionary)) key;
    if (node->kind() == c10::aten::__getitem__) key = torch::jit::toIValue(node->inputs().at(1));
    const auto found = key && key->isString() ? std::ranges::find(input_names, key->toStringRef()) : input_names.end();
    if (found == input_names.end()) throw ModelError("the dictionary of inputs is used other than by constant keys");
    node->output()->replaceAllUsesWith(inputs[static_cast<std::size_t>(found - input_names.begin())]);
    node->destroy();
  }
}

/// Gives the graph one input per name, in the order of the names, in place of the arguments of forward().
void rename_inputs(Graph& graph, const c10::FunctionSchema& schema, const std::vector<std::string>& input_names) {
  const std::size_t argument_count = graph.inputs().size();
  std::vector<Value*> inputs;
  for (std::size_t input = 0; input < input_names.size(); ++input) {
    // Without its name, which need not be one that a graph accepts.
    inputs.push_back(graph.addInput());
    inputs.back()->setType(c10::TensorType::get());
  }
  const torch::jit::WithInsertPoint begin(*graph.nodes().begin());
  for (std::size_t index = 1; index < argument_count; ++index) {
    Value* old = graph.inputs()[index];
    const c10::Argument& argument = schema.arguments()[index];
    const auto found = std::ranges::find(input_names, argument.name());
    if (old->type()->kind() == c10::TypeKind::DictType) {
      spread_dictionary(old, input_names, inputs);
    } else if (found != input_names.end()) {
      old->replaceAllUsesWith(inputs[static_cast<std::size_t>(found - input_names.begin())]);
    } else {
      old->replaceAllUsesWith(graph.insertConstant(argument.default_value().value()));
    }
  }
  for (std::size_t index = 0; index < argument_count; ++index) graph.eraseInput(0);
}

}  // namespace

std::shared_ptr<Graph> prepare_graph(const torch::jit::Graph& forward, const c10::FunctionSchema& schema,
                                     const std::vector<std::string>& input_names) {
  std::shared_ptr<Graph> graph = const_cast<Graph&>(forward).copy();
  torch::jit::Inline(*graph);
  torch::jit::EliminateDeadCode(graph);
  if (!graph->inputs().front()->uses().empty()) {
    throw ModelError("it could not be frozen: forward() reads attributes of the module");
  }
  rename_inputs(*graph, schema, input_names);
  torch::jit::RemoveListMutation(graph);
  torch::jit::RemoveTensorMutation(graph);
  torch::jit::LowerSimpleTuples(graph);
  torch::jit::ConstantPropagation(graph);
  torch::jit::EliminateDeadCode(graph);
  const auto random = [](const Node* node) { return draws_random_numbers(*node); };
  if (any_node(graph->block(), random)) throw ModelError("it draws random numbers");
  return graph;
}

}  // namespace modattr
