#include "graph_prepare.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <variant>

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/passes/lower_tuples.h>
#include <torch/csrc/jit/passes/remove_mutation.h>

#include "constant_shapes.h"
#include "graph/data_dependence.h"
#include "graph/module_attributes.h"
#include "graph/written_inputs.h"
#include "modattr/core/error.h"
#include "split/batch_axis/batch_axis_flow.h"
#include "split/batch_axis/batch_reductions.h"

namespace modattr {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::IValue;
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

/// Models run in inference mode: nothing needs gradients, nothing is cast by itself.
void answer_mode_questions(Graph& graph, Block* block) {
  static const std::unordered_set<std::string_view> questions = {
      "aten::is_grad_enabled", "prim::requires_grad", "aten::is_autocast_enabled", "aten::is_autocast_cpu_enabled"};
  for (auto place = block->nodes().begin(); place != block->nodes().end();) {
    Node* node = *place++;
    for (Block* inner : node->blocks()) answer_mode_questions(graph, inner);
    if (!questions.contains(node->kind().toQualString())) continue;
    const torch::jit::WithInsertPoint here(node);
    node->output()->replaceAllUsesWith(graph.insertConstant(false));
    node->destroy();
  }
}

/// What gives its input back, without saying so, is taken for it: written to, the input changes.
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

/// Whether a comparison is written into what it compares, as numbers: passes that make it functional give flags
/// instead.
bool writes_flags(const Node& node) {
  static const std::unordered_set<std::string_view> names = {
      "aten::eq_",        "aten::ne_",          "aten::lt_",          "aten::le_",         "aten::gt_",
      "aten::ge_",        "aten::less_",        "aten::less_equal_",  "aten::greater_",    "aten::greater_equal_",
      "aten::not_equal_", "aten::logical_not_", "aten::logical_and_", "aten::logical_or_", "aten::logical_xor_"};
  return names.contains(node.kind().toQualString());
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
  static const auto get = c10::Symbol::fromQualString("aten::get");
  const auto uses = dictionary->uses();
  for (const torch::jit::Use& use : uses) {
    Node* node = use.user;
    // c10::optional or std::optional, by the version of libtorch.
    decltype(torch::jit::toIValue(dictionary)) key;
    if (node->kind() == c10::aten::__getitem__ || node->kind() == get) {
      key = torch::jit::toIValue(node->inputs().at(1));
    }
    const auto found = key && key->isString() ? std::ranges::find(input_names, key->toStringRef()) : input_names.end();
    Value* read = nullptr;
    if (found != input_names.end()) {
      read = inputs[static_cast<std::size_t>(found - input_names.begin())];
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

/// Of a tuple, list or dictionary of outputs the chosen one alone: what only the others need is not computed.
void choose_output(Graph& graph, const OutputSelector& selector) {
  if (graph.outputs().size() != 1 || graph.outputs().front()->uses().size() != 1) return;
  Node* node = graph.outputs().front()->node();
  const auto* index = std::get_if<std::size_t>(&selector);
  const auto* name = std::get_if<std::string>(&selector);
  Value* chosen = nullptr;
  if (node->kind() == c10::prim::TupleConstruct || node->kind() == c10::prim::ListConstruct) {
    if (index != nullptr && *index < node->inputs().size()) chosen = node->inputs()[*index];
  } else if (node->kind() == c10::prim::DictConstruct) {
    // Keys and values in turns; of equal keys the last one counts.
    for (std::size_t place = 0; place < node->inputs().size(); place += 2) {
      const auto key = torch::jit::toIValue(node->inputs()[place]);
      if (!key || !key->isString()) return;
      const bool is_chosen = name != nullptr ? key->toStringRef() == *name : node->inputs().size() == 2;
      if (is_chosen) chosen = node->inputs()[place + 1];
    }
  }
  // Anything else is an error, which the reader of outputs reports.
  if (chosen == nullptr || !chosen->type()->isSubtypeOf(*c10::TensorType::get())) return;
  graph.block()->replaceOutput(0, chosen);
}

}  // namespace

PreparedGraph prepare_graph(const torch::jit::Method& forward, std::span<const ModelInput> inputs,
                            const OutputSelector& output, BatchPredicates questions,
                            std::span<const at::Tensor> probe) {
  std::vector<std::string> input_names;
  std::vector<std::optional<std::size_t>> modality_of_input;
  for (const ModelInput& input : inputs) {
    input_names.push_back(input.name);
    modality_of_input.push_back(input.modality);
  }
  std::shared_ptr<Graph> graph = forward.graph()->copy();
  torch::jit::Inline(*graph);
  torch::jit::EliminateDeadCode(graph);
  std::vector<at::Tensor> attributes;
  if (!graph->inputs().front()->uses().empty()) attributes = put_in_attributes(graph, forward.owner()._ivalue());
  if (!graph->inputs().front()->uses().empty()) {
    throw ModelError("forward() does other things with its module than to read attributes");
  }
  answer_mode_questions(*graph, graph->block());
  if (any_node(graph->block(), [](const Node* node) { return writes_flags(*node); })) {
    throw ModelError("it compares in place");
  }
  spell_aliases_out(*graph, graph->block());
  answer_key_questions(graph, input_names);
  rename_inputs(*graph, forward.function().getSchema(), input_names);
  drop_input_copies(*graph);
  spell_copies_out(*graph, probe);
  write_to_new_values(*graph);
  torch::jit::RemoveTensorMutation(graph);
  write_to_new_values(*graph);
  copy_written_inputs(graph);
  torch::jit::RemoveListMutation(graph);
  torch::jit::RemoveTensorMutation(graph);
  torch::jit::LowerSimpleTuples(graph);
  choose_output(*graph, output);
  torch::jit::ConstantPropagation(graph);
  torch::jit::EliminateDeadCode(graph);
  const auto random = [](const Node* node) { return draws_random_numbers(*node); };
  if (any_node(graph->block(), random)) throw ModelError("it draws random numbers");
  const auto reads_lengths = [](const Node* node) {
    return lays_rows_out(*node) && !counts_rows_of_steps(*node->outputs().at(1));
  };
  if (any_node(graph->block(), reads_lengths))
    throw ModelError("it reads how long the packed sequences of a batch are");
  GraphTrial trial(probe);
  fold_constant_shapes(graph, trial);
  PreparedGraph prepared{.graph = graph,
                         .attributes = std::move(attributes),
                         .batch_reductions = {},
                         .batch_axes = {},
                         .specialised_predicates = {}};
  while (questions == BatchPredicates::kAnswered) {
    const std::vector<SpecialisedPredicate> answered = specialise_batch_predicates(graph, trial, modality_of_input);
    if (answered.empty()) break;
    prepared.specialised_predicates.insert(prepared.specialised_predicates.end(), answered.begin(), answered.end());
    // Branches that are taken for good may hold more questions, and shapes.
    fold_constant_shapes(graph, trial);
  }
  prepared.batch_reductions = batch_reductions(graph, trial);
  prepared.batch_axes = find_batch_axes(graph, trial);
  return prepared;
}

}  // namespace modattr
