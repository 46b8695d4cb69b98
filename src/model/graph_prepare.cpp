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
#include "settled_shapes.h"

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

/// Questions for constant keys of a dictionary argument are answered, so that branches which are not taken go.
void answer_key_questions(std::shared_ptr<Graph>& graph, const std::vector<std::string>& input_names) {
  for (Value* argument : graph->inputs()) {
    if (argument->type()->kind() != c10::TypeKind::DictType) continue;
    const auto uses = argument->uses();
    for (const torch::jit::Use& use : uses) {
      if (use.user->kind() != c10::aten::__contains__) continue;
      const auto key = torch::jit::toIValue(use.user->inputs().at(1));
      if (!key || !key->isString()) continue;
      const torch::jit::WithInsertPoint here(use.user);
      const bool is_known = std::ranges::find(input_names, key->toStringRef()) != input_names.end();
      use.user->output()->replaceAllUsesWith(graph->insertConstant(is_known));
      use.user->destroy();
    }
  }
  torch::jit::ConstantPropagation(graph);
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

/// Conversions of an input to another type make a copy; said so, a later change in place does not reach the input.
void spell_copies_out(Graph& graph, std::span<const at::Tensor> probe) {
  static const auto to_copy = c10::Symbol::fromQualString("aten::_to_copy");
  for (Value* input : graph.inputs()) {
    const auto uses = input->uses();
    for (const torch::jit::Use& use : uses) {
      Node* node = use.user;
      const auto* schema = node->kind() == c10::aten::to ? node->maybeSchema() : nullptr;
      if (schema == nullptr || schema->overload_name() != "dtype") continue;
      const auto dtype = torch::jit::toIValue(node->inputs().at(1));
      if (!dtype || !dtype->isInt()) continue;
      if (static_cast<c10::ScalarType>(dtype->toInt()) == probe[input->offset()].scalar_type()) continue;
      const torch::jit::WithInsertPoint here(node);
      Value* copy = graph.insert(to_copy, {input}, {torch::jit::NamedValue("dtype", node->inputs().at(1))});
      node->output()->replaceAllUsesWith(copy);
      node->destroy();
    }
  }
}

}  // namespace

std::shared_ptr<Graph> prepare_graph(const torch::jit::Graph& forward, const c10::FunctionSchema& schema,
                                     const std::vector<std::string>& input_names, std::span<const at::Tensor> probe) {
  std::shared_ptr<Graph> graph = const_cast<Graph&>(forward).copy();
  torch::jit::Inline(*graph);
  torch::jit::EliminateDeadCode(graph);
  if (!graph->inputs().front()->uses().empty()) {
    throw ModelError("it could not be frozen: forward() reads attributes of the module");
  }
  answer_key_questions(graph, input_names);
  rename_inputs(*graph, schema, input_names);
  spell_copies_out(*graph, probe);
  torch::jit::RemoveListMutation(graph);
  torch::jit::RemoveTensorMutation(graph);
  torch::jit::LowerSimpleTuples(graph);
  torch::jit::ConstantPropagation(graph);
  torch::jit::EliminateDeadCode(graph);
  const auto random = [](const Node* node) { return draws_random_numbers(*node); };
  if (any_node(graph->block(), random)) throw ModelError("it draws random numbers");
  settle_shapes(graph, probe);
  return graph;
}

}  // namespace modattr
