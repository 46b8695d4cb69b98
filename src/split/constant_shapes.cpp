#include "constant_shapes.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/peephole_list_idioms.h>

#include "graph/data_dependence.h"
#include "graph/graph_walk.h"
#include "graph/node_arguments.h"

namespace modattr {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::IValue;
using torch::jit::Node;
using torch::jit::Value;

/// What a node gives at each number of rows.
using Results = std::vector<IValue>;

/// Whether a node reads what may be specialised.
bool is_shape_read(const Node& node) {
  if (!node.blocks().empty() || node.outputs().size() != 1 || !reads_shape_only(node)) return false;
  // Strides may differ between a whole model's values and gathered encodings.
  static const std::unordered_set<std::string_view> layouts = {"aten::stride", "aten::is_contiguous"};
  return !layouts.contains(node.kind().toQualString()) && !is_tensor(*node.output());
}

bool are_equal(const Results& results) {
  return std::ranges::all_of(results, [&](const IValue& result) { return result == results.front(); });
}

/// Whether the node, or one inside its blocks, gives a tensor whose size may follow from what is in the data: a
/// selection by flags, packed sequences, or an operation that is not known.
bool may_be_sized_by_content(const Node& node) {
  static const std::unordered_set<std::string_view> names = {"aten::index",
                                                             "aten::_pack_padded_sequence",
                                                             "aten::_pad_packed_sequence",
                                                             "aten::to_sparse",
                                                             "aten::_indices",
                                                             "aten::_values",
                                                             "aten::indices",
                                                             "aten::values",
                                                             "aten::coalesce"};
  const std::string_view name = node.kind().toQualString();
  const bool is_nested = name.find("nested") != std::string_view::npos && name != "prim::is_nested";
  if (names.contains(name) || is_nested) return true;
  if (!node.kind().is_aten() && !node.kind().is_prim()) return true;
  return std::ranges::any_of(node.blocks(), [](const Block* block) {
    return std::ranges::any_of(block->nodes(), [](const Node* inner) { return may_be_sized_by_content(*inner); });
  });
}

/// Whether the node, or one inside its blocks, may change the dimensions of a tensor in place.
bool may_change_dimensions(const Node& node) {
  static const std::unordered_set<std::string_view> names = {
      "aten::resize_",    "aten::resize_as_", "aten::set_",      "aten::squeeze_",      "aten::unsqueeze_",
      "aten::transpose_", "aten::t_",         "aten::swapaxes_", "aten::swapdims_",     "aten::as_strided_",
      "aten::moveaxis_",  "aten::movedim_",   "aten::set_data",  "aten::sparse_resize_"};
  if (names.contains(node.kind().toQualString()) || (!node.kind().is_aten() && !node.kind().is_prim())) return true;
  const auto* schema = node.maybeSchema();
  // Operations that fill a given tensor make room in it.
  if (schema != nullptr && schema->overload_name().find("out") != std::string::npos) return true;
  return std::ranges::any_of(node.blocks(), [](const Block* block) {
    return std::ranges::any_of(block->nodes(), [](const Node* inner) { return may_change_dimensions(*inner); });
  });
}

/// Which input a node reads the shape, type and device of, and nothing else.
std::optional<std::size_t> place_of_template(const Node& node) {
  static const std::unordered_map<std::string_view, std::size_t> places = {
      {"aten::zeros_like", 0}, {"aten::ones_like", 0}, {"aten::full_like", 0}, {"aten::empty_like", 0},
      {"aten::new_zeros", 0},  {"aten::new_ones", 0},  {"aten::new_full", 0},  {"aten::new_empty", 0},
      {"aten::type_as", 1},    {"aten::expand_as", 1}, {"aten::view_as", 1},   {"aten::reshape_as", 1},
      {"aten::to", 1}};
  const auto found = places.find(node.kind().toQualString());
  if (found == places.end()) return std::nullopt;
  return is_tensor(*node.inputs().at(found->second)) ? std::optional(found->second) : std::nullopt;
}

/// Whether such a node reads the shape, too.
bool reads_shape_of_template(const Node& node) {
  static const std::unordered_set<std::string_view> names = {"aten::zeros_like", "aten::ones_like", "aten::full_like",
                                                             "aten::empty_like", "aten::expand_as", "aten::view_as",
                                                             "aten::reshape_as"};
  return names.contains(node.kind().toQualString());
}

class ShapeFolder {
 public:
  ShapeFolder(const std::shared_ptr<Graph>& graph, GraphTrial& trial) : graph_(graph), trial_(trial) {
    const torch::jit::AliasDb aliases(graph);
    for (Value* input : graph->inputs()) {
      if (!aliases.hasWriters(input)) unwritten_inputs_.insert(input);
    }
  }

  void fold() {
    // Another input may be written to, and so have other dimensions later.
    for (Value* input : graph_->inputs()) {
      if (counted_input_ == nullptr && unwritten_inputs_.contains(input)) counted_input_ = input;
    }
    if (counted_input_ == nullptr) return;
    fold_reads_of_inputs(graph_->block());
    simplify();
    // A branch that is taken always brings its nodes to the top level, where their reads can be folded in turn.
    for (std::size_t known = block_count(*graph_->block()) + 1; block_count(*graph_->block()) < known;) {
      known = block_count(*graph_->block());
      const std::vector<StandIn> stand_ins = make_stand_ins();
      fold_reads_of_values();
      take_stand_ins(stand_ins);
      simplify();
    }
  }

 private:
  void simplify() {
    // The node that counts rows may be removed.
    counter_ = nullptr;
    torch::jit::PeepholeOptimizeListIdioms(graph_);
    torch::jit::ConstantPropagation(graph_);
    torch::jit::EliminateDeadCode(graph_);
  }

  /// All blocks within a block.
  static std::size_t block_count(const Block& block) {
    std::size_t count = 0;
    for (const Node* node : block.nodes()) {
      for (const Block* inner : node->blocks()) count += 1 + block_count(*inner);
    }
    return count;
  }

  /// Reads of the graph's inputs, wherever they stand, are evaluated on the data itself.
  void fold_reads_of_inputs(Block* block) {
    for (auto place = block->nodes().begin(); place != block->nodes().end();) {
      Node* node = *place++;
      for (Block* inner : node->blocks()) fold_reads_of_inputs(inner);
      if (!is_shape_read(*node)) continue;
      if (const auto results = results_on_inputs(*node)) replace(node, *results);
    }
  }

  /// nullopt when the node reads more than unwritten inputs and constants.
  std::optional<Results> results_on_inputs(const Node& node) const {
    Results results;
    bool reads_input = false;
    for (const std::vector<at::Tensor>& batch : trial_.batches()) {
      torch::jit::Stack stack;
      for (const Value* input : node.inputs()) {
        if (unwritten_inputs_.contains(input)) {
          stack.emplace_back(batch[input->offset()]);
          reads_input = true;
        } else if (auto constant = torch::jit::toIValue(input)) {
          stack.push_back(*std::move(constant));
        } else {
          return std::nullopt;
        }
      }
      if (!reads_input) return std::nullopt;
      try {
        node.getOperation()(stack);
      } catch (const std::exception&) {
        return std::nullopt;  // A dimension that a branch not taken would read.
      }
      results.push_back(stack.back());
    }
    return results;
  }

  /// A tensor without content that may stand for the one whose shape, type and device a node reads.
  struct StandIn {
    Node* reader = nullptr;
    std::size_t place = 0;
    /// A 0 without dimensions, of the type and on the device.
    Node* number = nullptr;
    /// That, expanded to the shape; nullptr where the shape is not read.
    Node* expanded = nullptr;
  };

  std::vector<StandIn> make_stand_ins() {
    std::vector<StandIn> stand_ins;
    const std::vector<Node*> nodes(graph_->nodes().begin(), graph_->nodes().end());
    for (Node* node : nodes) {
      const auto place = place_of_template(*node);
      if (!place || torch::jit::toIValue(node->inputs()[*place])) continue;
      Value* like = node->inputs()[*place];
      const torch::jit::WithInsertPoint here(node);
      Value* number = graph_->insert(c10::aten::zeros, {graph_->insertConstant(c10::List<std::int64_t>())},
                                     {torch::jit::NamedValue("dtype", graph_->insert(c10::prim::dtype, {like})),
                                      torch::jit::NamedValue("device", graph_->insert(c10::prim::device, {like}))});
      Node* expanded = nullptr;
      if (reads_shape_of_template(*node)) {
        expanded = graph_->insert(c10::aten::expand, {number, graph_->insert(c10::aten::size, {like})})->node();
      }
      stand_ins.push_back({node, *place, number->node(), expanded});
    }
    return stand_ins;
  }

  /// Those are taken whose shape and type are constants by now.
  static void take_stand_ins(const std::vector<StandIn>& stand_ins) {
    const auto is_folded = [](const Value* value) {
      return value->node()->kind() == c10::prim::Constant || value->node()->kind() == c10::prim::ListConstruct;
    };
    for (const StandIn& stand_in : stand_ins) {
      const auto inputs = stand_in.number->inputs();
      if (!std::ranges::all_of(inputs, is_folded)) continue;
      if (stand_in.expanded != nullptr && !is_folded(stand_in.expanded->inputs()[1])) continue;
      Node* tensor = stand_in.expanded != nullptr ? stand_in.expanded : stand_in.number;
      stand_in.reader->replaceInput(stand_in.place, tensor->output());
    }
  }

  /// Reads of what is computed are evaluated by running the graph.
  void fold_reads_of_values() {
    const torch::jit::AliasDb aliases(graph_);
    const std::unordered_set<const Node*> unknown = readers_of_unknown_shapes(aliases);
    std::vector<Node*> nodes;
    for (Node* node : graph_->nodes()) {
      if (!is_shape_read(*node) || unknown.contains(node) || is_row_count(*node, aliases)) continue;
      const bool reads_computed =
          std::ranges::any_of(node->inputs(), [](const Value* input) { return !torch::jit::toIValue(input); });
      // Of a list that is written to later, the trial would show the end.
      if (reads_computed && !aliases.hasWriters(node->output())) {
        nodes.push_back(node);
      }
    }
    if (nodes.empty()) return;
    std::vector<const Value*> outputs;
    for (const Node* node : nodes) outputs.push_back(node->output());
    std::vector<Results> results(nodes.size());
    try {
      for (const std::vector<IValue>& batch : trial_.run(*graph_, outputs)) {
        for (std::size_t place = 0; place < nodes.size(); ++place) results[place].push_back(batch[place]);
      }
    } catch (const std::exception&) {
      return;  // A model of one number of rows.
    }
    for (std::size_t place = 0; place < nodes.size(); ++place) replace(nodes[place], results[place]);
  }

  /// Top-level nodes that depend on one whose result, or its shape, depends on content.
  std::unordered_set<const Node*> readers_of_unknown_shapes(const torch::jit::AliasDb& aliases) const {
    const DataDependence content = find_data_dependence(graph_);
    const bool dimensions_may_change =
        std::ranges::any_of(graph_->nodes(), [](const Node* node) { return may_change_dimensions(*node); });
    std::unordered_set<const Node*> found;
    std::unordered_set<const Value*> unknown;
    for (const Node* node : graph_->nodes()) {
      bool is_unknown = content.readers.contains(node) || may_be_sized_by_content(*node);
      visit_reads(node, {}, [&](const Value* value) { is_unknown |= unknown.contains(value); });
      // An in-place operation may change dimensions, or the elements of a list, later on.
      for (const Value* input : node->inputs()) {
        is_unknown |= (dimensions_may_change || !is_tensor(*input)) && aliases.hasWriters(input);
      }
      if (!is_unknown) continue;
      found.insert(node);
      for (const Value* output : node->outputs()) unknown.insert(output);
    }
    return found;
  }

  void replace(Node* node, const Results& results) {
    const torch::jit::WithInsertPoint here(node);
    if (Value* folded = folded_value(results)) {
      folded->setType(node->output()->type());
      node->output()->replaceAllUsesWith(folded);
      node->destroy();
    }
  }

  /// nullptr where the results depend on the number of rows in another way than being it.
  Value* folded_value(const Results& results) {
    // Lists are made anew where they stood, as the model may write to them.
    if (are_equal(results) && !results.front().isIntList()) {
      const auto constant = torch::jit::tryInsertConstant(*graph_, results.front());
      return constant ? *constant : nullptr;
    }
    if (results.front().isInt()) return number_value(results);
    if (!results.front().isIntList()) return nullptr;
    const std::size_t size = results.front().toIntVector().size();
    std::vector<Value*> elements;
    for (std::size_t element = 0; element < size; ++element) {
      Results numbers;
      for (const IValue& result : results) {
        if (result.toIntVector().size() != size) return nullptr;
        numbers.emplace_back(result.toIntVector()[element]);
      }
      Value* number = are_equal(numbers) ? graph_->insertConstant(numbers.front()) : number_value(numbers);
      if (number == nullptr) return nullptr;
      elements.push_back(number);
    }
    return graph_->insertNode(graph_->createList(c10::IntType::get(), elements))->output();
  }

  Value* number_value(const Results& results) {
    for (std::size_t batch = 0; batch < results.size(); ++batch) {
      if (results[batch].toInt() != GraphTrial::kRowCounts[batch]) return nullptr;
    }
    if (counter_ == nullptr) {
      const torch::jit::WithInsertPoint begin(*graph_->nodes().begin());
      Value* first_dimension = graph_->insertConstant(std::int64_t{0});
      counter_ = graph_->insert(c10::aten::size, {counted_input_, first_dimension});
    }
    return counter_;
  }

  std::shared_ptr<Graph> graph_;
  GraphTrial& trial_;
  std::unordered_set<const Value*> unwritten_inputs_;
  Value* counted_input_ = nullptr;
  /// The number of rows, once it is needed.
  Value* counter_ = nullptr;
};

}  // namespace

void fold_constant_shapes(const std::shared_ptr<Graph>& graph, GraphTrial& trial) {
  if (graph->inputs().empty() || graph->nodes().begin() == graph->nodes().end()) return;
  ShapeFolder(graph, trial).fold();
}

bool is_row_count(const Node& node, const torch::jit::AliasDb& aliases) {
  if (node.kind() != c10::aten::size || node.inputs().size() != 2) return false;
  const Value* input = node.inputs()[0];
  const auto dimension = torch::jit::toIValue(node.inputs()[1]);
  return input->node()->kind() == c10::prim::Param && input->node()->owningBlock() == node.owningGraph()->block() &&
         dimension && dimension->isInt() && dimension->toInt() == 0 && !aliases.hasWriters(input);
}

}  // namespace modattr
