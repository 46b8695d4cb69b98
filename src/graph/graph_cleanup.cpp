#include "graph_cleanup.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <variant>

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/passes/lower_tuples.h>
#include <torch/csrc/jit/passes/remove_mutation.h>

#include "data_dependence.h"
#include "graph_walk.h"
#include "modattr/core/error.h"
#include "module_attributes.h"
#include "node_arguments.h"
#include "written_inputs.h"

namespace modattr {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::IValue;
using torch::jit::Node;
using torch::jit::Value;

/// Models run in inference mode: no gradients, no automatic casts. What asks for that becomes a constant.
void specialise_mode_predicates(Graph& graph, Block* block) {
  static const std::unordered_set<std::string_view> predicates = {
      "aten::is_grad_enabled", "prim::requires_grad", "aten::is_autocast_enabled", "aten::is_autocast_cpu_enabled"};
  for (auto place = block->nodes().begin(); place != block->nodes().end();) {
    Node* node = *place++;
    for (Block* inner : node->blocks()) specialise_mode_predicates(graph, inner);
    if (!predicates.contains(node->kind().toQualString())) continue;
    const torch::jit::WithInsertPoint here(node);
    node->output()->replaceAllUsesWith(graph.insertConstant(false));
    node->destroy();
  }
}

/// Replaces operations whose output may be their input, although their schema does not say so, by the input or by an
/// operation whose schema does: written to, the output changes the input.
void spell_aliases_out(Graph& graph, Block* block) {
  static const auto type_as = c10::Symbol::fromQualString("aten::type_as");
  for (auto place = block->nodes().begin(); place != block->nodes().end();) {
    Node* node = *place++;
    for (Block* inner : node->blocks()) spell_aliases_out(graph, inner);
    Value* result = nullptr;
    if (node->kind() == c10::aten::dropout && !draws_random_numbers(*node)) {
      result = node->inputs().front();
    } else if (node->kind() == type_as) {
      const torch::jit::WithInsertPoint here(node);
      result = graph.insert(c10::aten::to, {node->inputs()[0], node->inputs()[1]});
    }
    if (result == nullptr) continue;
    node->output()->replaceAllUsesWith(result);
    node->destroy();
  }
}

/// Whether a comparison writes its result into the tensor that it compares, which keeps its type: made functional, it
/// would give bools instead.
bool compares_in_place(const Node& node) {
  static const std::unordered_set<std::string_view> names = {
      "aten::eq_",        "aten::ne_",          "aten::lt_",          "aten::le_",         "aten::gt_",
      "aten::ge_",        "aten::less_",        "aten::less_equal_",  "aten::greater_",    "aten::greater_equal_",
      "aten::not_equal_", "aten::logical_not_", "aten::logical_and_", "aten::logical_or_", "aten::logical_xor_"};
  return names.contains(node.kind().toQualString());
}

/// The place of that name; the number of inputs when there is none.
std::size_t find_input(std::span<const GraphInput> inputs, const std::string& name) {
  return static_cast<std::size_t>(std::ranges::find(inputs, name, &GraphInput::name) - inputs.begin());
}

/// Replaces `key in dictionary`, for the dictionary argument and constant keys, by constants, and removes the branches
/// that are then not taken.
void specialise_key_predicates(std::shared_ptr<Graph>& graph, std::span<const GraphInput> inputs) {
  for (Value* argument : graph->inputs()) {
    if (argument->type()->kind() != c10::TypeKind::DictType) continue;
    const auto uses = argument->uses();
    for (const torch::jit::Use& use : uses) {
      if (use.user->kind() != c10::aten::__contains__) continue;
      const auto key = torch::jit::toIValue(use.user->inputs().at(1));
      if (!key || !key->isString()) continue;
      const torch::jit::WithInsertPoint here(use.user);
      const bool is_known = find_input(inputs, key->toStringRef()) != inputs.size();
      use.user->output()->replaceAllUsesWith(graph->insertConstant(is_known));
      use.user->destroy();
    }
  }
  torch::jit::ConstantPropagation(graph);
}

/// Replaces reads of the dictionary argument by constant keys by the tensors.
void spread_dictionary(Value* dictionary, std::span<const GraphInput> inputs, const std::vector<Value*>& tensors) {
  static const auto get = c10::Symbol::fromQualString("aten::get");
  const auto uses = dictionary->uses();
  for (const torch::jit::Use& use : uses) {
    Node* node = use.user;
    // c10::optional or std::optional, by the version of libtorch.
    decltype(torch::jit::toIValue(dictionary)) key;
    if (node->kind() == c10::aten::__getitem__ || node->kind() == get) {
      key = torch::jit::toIValue(node->inputs().at(1));
    }
    const std::size_t found = key && key->isString() ? find_input(inputs, key->toStringRef()) : inputs.size();
    Value* read = nullptr;
    if (found != inputs.size()) {
      read = tensors[found];
    } else if (key && key->isString() && node->kind() == get) {
      const torch::jit::WithInsertPoint here(node);
      read = node->inputs().size() > 2 ? node->inputs()[2] : dictionary->owningGraph()->insertConstant(IValue());
    } else {
      throw ModelError("the dictionary of inputs is used other than by constant keys");
    }
    node->output()->replaceAllUsesWith(read);
    node->destroy();
  }
}

/// Gives the graph one tensor input per entry of `inputs` in place of the arguments of forward().
void replace_arguments(Graph& graph, const c10::FunctionSchema& schema, std::span<const GraphInput> inputs) {
  const std::size_t argument_count = graph.inputs().size();
  std::vector<Value*> tensors;
  for (std::size_t input = 0; input < inputs.size(); ++input) {
    // Without its name, which need not be one that a graph accepts.
    tensors.push_back(graph.addInput());
    tensors.back()->setType(c10::TensorType::get());
  }
  const torch::jit::WithInsertPoint begin(*graph.nodes().begin());
  for (std::size_t index = 1; index < argument_count; ++index) {
    Value* old = graph.inputs()[index];
    const c10::Argument& argument = schema.arguments()[index];
    const std::size_t found = find_input(inputs, argument.name());
    if (old->type()->kind() == c10::TypeKind::DictType) {
      spread_dictionary(old, inputs, tensors);
    } else if (found != inputs.size()) {
      old->replaceAllUsesWith(tensors[found]);
    } else {
      old->replaceAllUsesWith(graph.insertConstant(argument.default_value().value()));
    }
  }
  for (std::size_t index = 0; index < argument_count; ++index) graph.eraseInput(0);
}

/// Converting an input to another type makes a copy, converting it to its own does not. Replaces the former by an
/// operation whose schema says so: a later write to the copy is then none to the input.
void spell_copies_out(Graph& graph, std::span<const GraphInput> inputs) {
  static const auto to_copy = c10::Symbol::fromQualString("aten::_to_copy");
  for (Value* input : graph.inputs()) {
    const auto uses = input->uses();
    for (const torch::jit::Use& use : uses) {
      Node* node = use.user;
      const auto* schema = node->kind() == c10::aten::to ? node->maybeSchema() : nullptr;
      if (schema == nullptr || schema->overload_name() != "dtype") continue;
      const auto dtype = torch::jit::toIValue(node->inputs().at(1));
      if (!dtype || !dtype->isInt()) continue;
      if (static_cast<c10::ScalarType>(dtype->toInt()) == inputs[input->offset()].type) continue;
      const torch::jit::WithInsertPoint here(node);
      Value* copy = graph.insert(to_copy, {input}, {torch::jit::NamedValue("dtype", node->inputs().at(1))});
      node->output()->replaceAllUsesWith(copy);
      node->destroy();
    }
  }
}

/// Makes the chosen one of a tuple, list or dictionary of outputs the only one.
void choose_output(Graph& graph, const OutputSelector& selector) {
  if (graph.outputs().size() != 1 || graph.outputs().front()->uses().size() != 1) return;
  Node* node = graph.outputs().front()->node();
  const auto* index = std::get_if<std::size_t>(&selector);
  const auto* name = std::get_if<std::string>(&selector);
  Value* chosen = nullptr;
  if (node->kind() == c10::prim::TupleConstruct || node->kind() == c10::prim::ListConstruct) {
    if (index != nullptr && *index < node->inputs().size()) chosen = node->inputs()[*index];
  } else if (node->kind() == c10::prim::DictConstruct) {
    // Keys and values alternate; of equal keys the last one counts.
    for (std::size_t place = 0; place < node->inputs().size(); place += 2) {
      const auto key = torch::jit::toIValue(node->inputs()[place]);
      if (!key || !key->isString()) return;
      const bool is_chosen = name != nullptr ? key->toStringRef() == *name : node->inputs().size() == 2;
      if (is_chosen) chosen = node->inputs()[place + 1];
    }
  }
  // Anything else is an error, which the reader of outputs reports.
  if (chosen == nullptr || !is_tensor(*chosen)) return;
  graph.block()->replaceOutput(0, chosen);
}

/// Makes in-place operations functional where that changes no result.
void remove_mutation(std::shared_ptr<Graph>& graph) {
  // First, as libtorch's pass leaves alone what later lies in a list.
  write_to_new_values(*graph);
  torch::jit::RemoveTensorMutation(graph);
  // Again, as a value that was written to more than once now has one reader.
  write_to_new_values(*graph);
  // Only now, as fewer inputs are written to; before lists, where a write may be one to any tensor of the list.
  copy_written_inputs(graph);
  torch::jit::RemoveListMutation(graph);
  // Again, as tensors no longer lie in lists that grow.
  torch::jit::RemoveTensorMutation(graph);
}

}  // namespace

CleanGraph clean_graph(const TorchScriptProgram& program, std::span<const GraphInput> inputs) {
  const torch::jit::Method forward = program.module.get_method("forward");
  // The model itself runs as it is.
  std::shared_ptr<Graph> graph = forward.graph()->copy();
  // First, as no pass below follows calls.
  torch::jit::Inline(*graph);
  // Before attributes are read, as one that nobody needs is no reason to refuse a model. Also removes the tuples that
  // run_blocks_in_place() has put behind loops.
  torch::jit::EliminateDeadCode(graph);
  // Before anything is folded, as attributes are constants like others from here on.
  std::vector<at::Tensor> attributes;
  if (!graph->inputs().front()->uses().empty()) attributes = put_in_attributes(graph, program.module._ivalue());
  if (!graph->inputs().front()->uses().empty()) {
    throw ModelError("forward() does other things with its module than to read attributes");
  }
  // Before constants are propagated for the first time, which removes the branches for training.
  specialise_mode_predicates(*graph, graph->block());
  // Before mutation is removed, which would change what such a comparison gives.
  if (any_node(*graph->block(), compares_in_place)) throw ModelError("it compares in place");
  // Before constants are propagated and mutation is removed, which go by what may share memory.
  spell_aliases_out(*graph, graph->block());
  // While there is a dictionary; branches that are not taken may use it in ways that spread_dictionary() refuses.
  specialise_key_predicates(graph, inputs);
  // Before the passes below, which look at the inputs' uses and types.
  replace_arguments(*graph, forward.function().getSchema(), inputs);
  // The loader's copies of inputs stand between them and the conversions that the next pass looks for; what still needs
  // a copy gets one again.
  drop_input_copies(*graph);
  // Before mutation is removed: a write to such a copy needs no copy of the input.
  spell_copies_out(*graph, inputs);
  // Before tuples are lowered and outputs chosen: what is appended to a list is its element only from here on.
  remove_mutation(graph);
  // Before the output is chosen, which may be packed into a tuple and taken out again.
  torch::jit::LowerSimpleTuples(graph);
  choose_output(*graph, program.output);
  // Last, as every pass above may leave constants to fold and, with the other outputs gone, nodes that nobody needs.
  torch::jit::ConstantPropagation(graph);
  torch::jit::EliminateDeadCode(graph);
  return {std::move(graph), std::move(attributes)};
}

}  // namespace modattr
