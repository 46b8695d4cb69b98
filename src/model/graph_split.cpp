#include "graph_split.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/passes/lower_tuples.h>
#include <torch/csrc/jit/passes/remove_mutation.h>

#include "modattr/core/error.h"

namespace modattr {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

/// Which modalities a value depends on; more than one, or an input that several share, is the fusion.
using Modalities = std::set<std::size_t>;

/// Calls `visit` for every value from outside `node` that it reads, also inside its blocks.
template <typename Visit>
void visit_reads(const Node* node, const std::unordered_set<const Value*>& inner, Visit visit) {
  for (const Value* input : node->inputs()) {
    if (!inner.contains(input)) visit(input);
  }
  for (const Block* block : node->blocks()) {
    std::unordered_set<const Value*> known = inner;
    for (const Value* input : block->inputs()) known.insert(input);
    for (const Node* child : block->nodes()) {
      visit_reads(child, known, visit);
      for (const Value* output : child->outputs()) known.insert(output);
    }
    for (const Value* output : block->outputs()) {
      if (!known.contains(output)) visit(output);
    }
  }
}

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
    const auto key = node->kind() == c10::aten::__getitem__ ? torch::jit::toIValue(node->inputs().at(1)) : c10::nullopt;
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
  for (const std::string& name : input_names) {
    inputs.push_back(graph.addInput(name));
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

/// Groups of top-level nodes that read or write values which an in-place operation may change.
std::vector<std::vector<std::size_t>> mutation_units(const std::shared_ptr<Graph>& graph) {
  const torch::jit::AliasDb aliases(graph);
  struct Touched {
    std::size_t index;
    std::vector<Value*> values;
  };
  std::vector<Touched> touched;
  std::size_t index = 0;
  for (Node* node : graph->nodes()) {
    if (aliases.hasWriters(node)) {
      Touched& entry = touched.emplace_back(Touched{index, {}});
      const auto add = [&](const Value* value) {
        if (aliases.hasWriters(value)) entry.values.push_back(const_cast<Value*>(value));
      };
      visit_reads(node, {}, add);
      for (const Value* output : node->outputs()) add(output);
    }
    ++index;
  }
  std::vector<std::vector<std::size_t>> units;
  std::vector<std::vector<Value*>> values_of;
  for (Touched& entry : touched) {
    std::vector<std::size_t> unit{entry.index};
    std::vector<Value*> values = std::move(entry.values);
    for (std::size_t other = 0; other < units.size();) {
      if (!aliases.mayContainAlias(values, values_of[other])) {
        ++other;
        continue;
      }
      unit.insert(unit.end(), units[other].begin(), units[other].end());
      values.insert(values.end(), values_of[other].begin(), values_of[other].end());
      units.erase(units.begin() + static_cast<std::ptrdiff_t>(other));
      values_of.erase(values_of.begin() + static_cast<std::ptrdiff_t>(other));
    }
    units.push_back(std::move(unit));
    values_of.push_back(std::move(values));
  }
  return units;
}

/// Where a top-level node goes.
struct NodeInfo {
  Node* node = nullptr;
  Modalities modalities;
  bool fusion = false;
};

class Splitter {
 public:
  Splitter(const std::shared_ptr<Graph>& graph, const std::vector<ModelInput>& inputs, std::size_t modality_count,
           const std::unordered_set<std::size_t>& kept_in_fusion)
      : graph_(*graph), inputs_(inputs), modality_count_(modality_count), units_(mutation_units(graph)) {
    for (Node* node : graph->nodes()) {
      info_of_[node] = nodes_.size();
      nodes_.push_back({.node = node, .modalities = {}, .fusion = kept_in_fusion.contains(nodes_.size())});
    }
  }

  SplitGraphs split() {
    // A unit of mutated values stands or falls together: repeat until its nodes agree.
    while (assign_modalities()) {
    }
    keep_numbers_in_fusion();
    collect_frontier();
    SplitGraphs result;
    build_encoders(result);
    build_fusion(result);
    return result;
  }

 private:
  const NodeInfo* producer_of(const Value* value) const {
    const auto found = info_of_.find(value->node());
    return found == info_of_.end() ? nullptr : &nodes_[found->second];
  }

  /// One pass in the order of the graph; returns whether a unit changed its nodes.
  bool assign_modalities() {
    std::unordered_map<const Value*, Modalities> modalities_of;
    std::unordered_set<const Value*> fusion_values;
    for (std::size_t index = 0; index < inputs_.size(); ++index) {
      const Value* input = graph_.inputs()[index];
      if (inputs_[index].modality) {
        modalities_of[input] = {*inputs_[index].modality};
      } else {
        fusion_values.insert(input);
      }
    }
    for (NodeInfo& info : nodes_) {
      visit_reads(info.node, {}, [&](const Value* value) {
        if (fusion_values.contains(value)) info.fusion = true;
        const auto found = modalities_of.find(value);
        if (found != modalities_of.end()) info.modalities.insert(found->second.begin(), found->second.end());
      });
      info.fusion |= info.modalities.size() > 1;
      for (const Value* output : info.node->outputs()) {
        modalities_of[output] = info.modalities;
        if (info.fusion) fusion_values.insert(output);
      }
    }
    return unite_units();
  }

  bool unite_units() {
    bool changed = false;
    for (const std::vector<std::size_t>& unit : units_) {
      NodeInfo common;
      for (const std::size_t index : unit) {
        common.modalities.insert(nodes_[index].modalities.begin(), nodes_[index].modalities.end());
        common.fusion |= nodes_[index].fusion;
      }
      for (const std::size_t index : unit) {
        changed |= nodes_[index].modalities != common.modalities || nodes_[index].fusion != common.fusion;
        nodes_[index].modalities = common.modalities;
        nodes_[index].fusion = common.fusion;
      }
    }
    return changed;
  }

  bool is_constant(const NodeInfo& info) const { return !info.fusion && info.modalities.empty(); }
  bool is_encoder(const NodeInfo& info) const { return !info.fusion && info.modalities.size() == 1; }

  std::unordered_set<const Value*> read_by_fusion() const {
    std::unordered_set<const Value*> read;
    for (const NodeInfo& info : nodes_) {
      if (info.fusion) visit_reads(info.node, {}, [&](const Value* value) { read.insert(value); });
    }
    for (const Value* output : graph_.outputs()) read.insert(output);
    return read;
  }

  /// Sizes, flags, lists and tuples cannot be gathered by row: whoever makes them moves behind the frontier.
  void keep_numbers_in_fusion() {
    for (bool changed = true; changed;) {
      changed = false;
      for (const Value* value : read_by_fusion()) {
        const auto found = info_of_.find(value->node());
        if (found == info_of_.end()) continue;
        NodeInfo& info = nodes_[found->second];
        if (is_encoder(info) && !value->type()->isSubtypeOf(*c10::TensorType::get())) {
          info.fusion = true;
          unite_units();
          changed = true;
        }
      }
    }
  }

  void collect_frontier() {
    const std::unordered_set<const Value*> read = read_by_fusion();
    for (const NodeInfo& info : nodes_) {
      if (!is_encoder(info)) continue;
      for (const Value* output : info.node->outputs()) {
        if (read.contains(output)) frontier_.push_back(output);
      }
    }
    for (std::size_t index = 0; index < inputs_.size(); ++index) {
      if (read.contains(graph_.inputs()[index])) raw_inputs_.push_back(index);
    }
  }

  using Copies = std::unordered_map<const Value*, Value*>;

  /// Copies a node, and first the constants that it needs, to the end of `target`.
  void copy_node(Graph& target, const NodeInfo& info, Copies& copies) const {
    visit_reads(info.node, {}, [&](const Value* value) {
      const NodeInfo* producer = producer_of(value);
      if (producer != nullptr && is_constant(*producer) && !copies.contains(value))
        copy_node(target, *producer, copies);
    });
    Node* copy = target.createClone(info.node, [&](Value* value) { return copies.at(value); });
    target.appendNode(copy);
    for (std::size_t output = 0; output < info.node->outputs().size(); ++output) {
      copies[info.node->outputs()[output]] = copy->outputs()[output];
    }
  }

  void build_encoders(SplitGraphs& result) const {
    for (std::size_t modality = 0; modality < modality_count_; ++modality) {
      auto encoder = std::make_shared<Graph>();
      Copies copies;
      for (std::size_t index = 0; index < inputs_.size(); ++index) {
        if (inputs_[index].modality != modality) continue;
        Value* input = encoder->addInput(inputs_[index].name);
        input->setType(graph_.inputs()[index]->type());
        copies[graph_.inputs()[index]] = input;
      }
      std::size_t operation_count = 0;
      for (const NodeInfo& info : nodes_) {
        if (!is_encoder(info) || *info.modalities.begin() != modality) continue;
        copy_node(*encoder, info, copies);
        ++operation_count;
      }
      std::vector<Value*> outputs;
      for (const Value* value : frontier_) {
        const NodeInfo& info = *producer_of(value);
        if (*info.modalities.begin() != modality) continue;
        result.frontier.push_back({modality, outputs.size(), info_of_.at(value->node())});
        outputs.push_back(copies.at(value));
      }
      Node* tuple = encoder->createTuple(outputs);
      encoder->appendNode(tuple);
      encoder->registerOutput(tuple->output());
      torch::jit::EliminateDeadCode(encoder);
      result.encoders.push_back(std::move(encoder));
      result.encoder_operation_counts.push_back(operation_count);
    }
  }

  void build_fusion(SplitGraphs& result) const {
    auto fusion = std::make_shared<Graph>();
    Copies copies;
    // The order of result.frontier: by modality, then by the graph.
    for (std::size_t modality = 0; modality < modality_count_; ++modality) {
      for (const Value* value : frontier_) {
        if (*producer_of(value)->modalities.begin() != modality) continue;
        Value* input = fusion->addInput();
        input->setType(value->type());
        copies[value] = input;
      }
    }
    for (const std::size_t index : raw_inputs_) {
      Value* input = fusion->addInput(inputs_[index].name);
      input->setType(graph_.inputs()[index]->type());
      copies[graph_.inputs()[index]] = input;
    }
    for (const NodeInfo& info : nodes_) {
      if (!info.fusion) continue;
      copy_node(*fusion, info, copies);
      ++result.fusion_operation_count;
    }
    for (const Value* output : graph_.outputs()) {
      const NodeInfo* producer = producer_of(output);
      if (producer != nullptr && is_constant(*producer) && !copies.contains(output))
        copy_node(*fusion, *producer, copies);
      fusion->registerOutput(copies.at(output));
    }
    torch::jit::EliminateDeadCode(fusion);
    result.fusion = std::move(fusion);
    result.raw_inputs = raw_inputs_;
  }

  const Graph& graph_;
  const std::vector<ModelInput>& inputs_;
  std::size_t modality_count_;
  std::vector<std::vector<std::size_t>> units_;
  std::vector<NodeInfo> nodes_;
  std::unordered_map<const Node*, std::size_t> info_of_;
  std::vector<const Value*> frontier_;
  std::vector<std::size_t> raw_inputs_;
};

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
  const auto random = [](const Node* node) { return node->isNondeterministic(); };
  if (any_node(graph->block(), random)) throw ModelError("it draws random numbers");
  return graph;
}

SplitGraphs split_graph(const std::shared_ptr<Graph>& graph, const std::vector<ModelInput>& inputs,
                        std::size_t modality_count, const std::unordered_set<std::size_t>& kept_in_fusion) {
  return Splitter(graph, inputs, modality_count, kept_in_fusion).split();
}

}  // namespace modattr
