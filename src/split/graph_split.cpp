#include "graph_split.h"

#include <algorithm>
#include <set>
#include <span>
#include <unordered_map>

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include "constant_shapes.h"
#include "graph/data_dependence.h"
#include "graph/graph_walk.h"
#include "graph/mutation_units.h"
#include "part_size.h"

namespace modattr {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

/// Which modalities a value depends on; more than one, or an input that several share, is the fusion.
using Modalities = std::set<std::size_t>;

/// Where a top-level node goes.
struct NodeInfo {
  Node* node = nullptr;
  Modalities modalities;
  bool fusion = false;
  /// One of its encoder's, and computed in the fusion, too.
  bool copied = false;
  bool reads_content = false;
  /// Gives something that has no rows.
  bool kept_in_fusion = false;
  bool in_unit = false;
  /// Gives the number of rows.
  bool is_row_count = false;
};

class Splitter {
 public:
  Splitter(const PreparedGraph& prepared, const std::vector<ModelInput>& inputs, std::size_t modality_count,
           const std::unordered_set<std::size_t>& kept_in_fusion)
      : prepared_(prepared),
        graph_(*prepared.graph),
        content_(find_data_dependence(prepared.graph)),
        inputs_(inputs),
        modality_count_(modality_count),
        units_(mutation_units(prepared.graph)) {
    const std::shared_ptr<Graph>& graph = prepared.graph;
    const torch::jit::AliasDb aliases(graph);
    for (Node* node : graph->nodes()) {
      info_of_[node] = nodes_.size();
      nodes_.push_back({.node = node,
                        .modalities = {},
                        .fusion = kept_in_fusion.contains(nodes_.size()),
                        .reads_content = content_.readers.contains(node),
                        .kept_in_fusion = kept_in_fusion.contains(nodes_.size()),
                        .is_row_count = is_row_count(*node, aliases)});
    }
    for (const std::vector<std::size_t>& unit : units_) {
      for (const std::size_t index : unit) nodes_[index].in_unit = true;
    }
  }

  SplitGraphs split() {
    assign_all();
    keep_numbers_in_fusion();
    collect_frontier();
    SplitGraphs result;
    find_meeting(result);
    build_encoders(result);
    build_fusion(result);
    result.is_row_by_row = batch_axis(*answer()) == BatchAxis{};
    return result;
  }

 private:
  /// What forward() returns; further outputs are answers of rows.
  const Value* answer() const { return graph_.outputs().front(); }

  std::optional<BatchAxis> batch_axis(const Value& value) const {
    const auto found = prepared_.batch_axes.find(&value);
    return found == prepared_.batch_axes.end() ? std::nullopt : std::optional(found->second);
  }

  const NodeInfo* producer_of(const Value* value) const {
    const auto found = info_of_.find(value->node());
    return found == info_of_.end() ? nullptr : &nodes_[found->second];
  }

  /// A unit of mutated values stands or falls together: repeats until its nodes agree.
  void assign_all() {
    while (assign_modalities()) {
    }
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
      // All inputs have the same rows.
      if (info.is_row_count) continue;
      visit_reads(info.node, {}, [&](const Value* value) {
        if (fusion_values.contains(value)) info.fusion = true;
        const auto found = modalities_of.find(value);
        if (found != modalities_of.end()) info.modalities.insert(found->second.begin(), found->second.end());
      });
      // What is read from the content of a batch must be read from the batch that is asked for.
      info.fusion |= info.modalities.size() > 1 || (info.reads_content && !info.modalities.empty());
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

  /// Depends on no modality: constants, and what is made of them and of the number of rows. Every part that reads it
  /// computes it.
  bool is_neutral(const NodeInfo& info) const { return !info.fusion && info.modalities.empty(); }
  bool is_encoder(const NodeInfo& info) const { return !info.fusion && info.modalities.size() == 1; }

  /// Adds the neutral nodes that the part and `outputs` need.
  void add_neutral_nodes(std::vector<bool>& part, std::span<const Value* const> outputs) const {
    std::vector<std::size_t> waiting;
    const auto add = [&](const Value* value) {
      const auto found = info_of_.find(value->node());
      if (found == info_of_.end() || part[found->second] || !is_neutral(nodes_[found->second])) return;
      std::vector<std::size_t> added = {found->second};
      // What an in-place operation changes is copied with the operation.
      for (const std::vector<std::size_t>& unit : units_) {
        if (std::ranges::find(unit, found->second) != unit.end()) added = unit;
      }
      for (const std::size_t index : added) {
        part[index] = true;
        waiting.push_back(index);
      }
    };
    for (const Value* output : outputs) add(output);
    for (std::size_t index = 0; index < nodes_.size(); ++index) {
      if (part[index]) visit_reads(nodes_[index].node, {}, add);
    }
    while (!waiting.empty()) {
      const Node* node = nodes_[waiting.back()].node;
      waiting.pop_back();
      visit_reads(node, {}, add);
    }
  }

  /// Which nodes are computed in the fusion.
  std::vector<bool> fusion_part() const {
    std::vector<bool> part;
    for (const NodeInfo& info : nodes_) part.push_back(info.fusion || info.copied);
    const std::vector<const Value*> outputs = {answer()};
    add_neutral_nodes(part, outputs);
    return part;
  }

  std::unordered_set<const Value*> read_by_fusion() const {
    std::unordered_set<const Value*> read;
    const std::vector<bool> part = fusion_part();
    for (std::size_t index = 0; index < nodes_.size(); ++index) {
      if (part[index]) visit_reads(nodes_[index].node, {}, [&](const Value* value) { read.insert(value); });
    }
    read.insert(answer());
    return read;
  }

  /// Sizes, flags, lists and tuples cannot be gathered by row: the fusion computes them, too. They depend on shapes
  /// and tensors only, which are the same on both sides.
  void keep_numbers_in_fusion() {
    for (bool changed = true; changed;) {
      changed = false;
      for (const Value* value : read_by_fusion()) {
        const auto found = info_of_.find(value->node());
        if (found == info_of_.end()) continue;
        NodeInfo& info = nodes_[found->second];
        if (!is_encoder(info) || info.copied || value->type()->isSubtypeOf(*c10::TensorType::get())) continue;
        changed = true;
        if (info.in_unit) {
          // A list that grows cannot be built twice from one of its steps: all of them move, and who reads them.
          info.fusion = true;
          unite_units();
          assign_all();
        } else {
          info.copied = true;
        }
      }
    }
  }

  void collect_frontier() {
    const std::unordered_set<const Value*> read = read_by_fusion();
    for (const NodeInfo& info : nodes_) {
      if (!is_encoder(info) || info.copied) continue;
      for (const Value* output : info.node->outputs()) {
        if (read.contains(output)) frontier_.push_back(output);
      }
    }
    for (std::size_t index = 0; index < inputs_.size(); ++index) {
      if (read.contains(graph_.inputs()[index])) raw_inputs_.push_back(index);
    }
  }

  using Copies = std::unordered_map<const Value*, Value*>;

  void find_meeting(SplitGraphs& result) const {
    const auto first = std::ranges::find_if(nodes_, [](const NodeInfo& info) {
      return info.fusion && info.node->kind() != c10::prim::ListConstruct &&
             info.node->kind() != c10::prim::TupleConstruct;
    });
    if (first == nodes_.end()) return;
    result.meeting = first->node->kind().toQualString();
    result.meets_whole_batch = first->modalities.size() == 1 && (first->reads_content || first->kept_in_fusion);
  }

  /// Copies the nodes of a part to the end of `target`, in their order.
  void copy_part(Graph& target, const std::vector<bool>& part, Copies& copies) const {
    for (std::size_t index = 0; index < nodes_.size(); ++index) {
      if (!part[index]) continue;
      Node* node = nodes_[index].node;
      Node* copy = target.createClone(node, [&](Value* value) {
        // A part counts the rows of an input that it has.
        const bool is_counted = nodes_[index].is_row_count && value == node->inputs()[0] && !copies.contains(value);
        return is_counted ? target.inputs()[0] : copies.at(value);
      });
      target.appendNode(copy);
      for (std::size_t output = 0; output < node->outputs().size(); ++output) {
        copies[node->outputs()[output]] = copy->outputs()[output];
      }
    }
  }

  void build_encoders(SplitGraphs& result) const {
    for (std::size_t modality = 0; modality < modality_count_; ++modality) {
      auto encoder = std::make_shared<Graph>();
      Copies copies;
      for (std::size_t index = 0; index < inputs_.size(); ++index) {
        if (inputs_[index].modality != modality) continue;
        Value* input = encoder->addInput();
        input->setType(graph_.inputs()[index]->type());
        copies[graph_.inputs()[index]] = input;
      }
      std::vector<bool> part;
      for (const NodeInfo& info : nodes_) {
        part.push_back(is_encoder(info) && *info.modalities.begin() == modality);
      }
      add_neutral_nodes(part, {});
      copy_part(*encoder, part, copies);
      std::vector<Value*> outputs;
      for (const Value* value : frontier_) {
        const NodeInfo& info = *producer_of(value);
        if (*info.modalities.begin() != modality) continue;
        result.frontier.push_back({modality, outputs.size(), info_of_.at(value->node()),
                                   content_.values.contains(value), batch_axis(*value)});
        outputs.push_back(copies.at(value));
      }
      for (std::size_t place = 0; place < prepared_.specialised_predicates.size(); ++place) {
        const Value* rows = graph_.outputs()[place + 1];
        if (!is_encoder(*producer_of(rows)) || *producer_of(rows)->modalities.begin() != modality) continue;
        const bool is_row_by_row = batch_axis(*rows) == BatchAxis{};
        result.row_checks.push_back({modality, outputs.size(), prepared_.specialised_predicates[place], is_row_by_row});
        outputs.push_back(copies.at(rows));
      }
      Node* tuple = encoder->createTuple(outputs);
      encoder->appendNode(tuple);
      encoder->registerOutput(tuple->output());
      torch::jit::EliminateDeadCode(encoder);
      result.encoder_sizes.push_back(size_of(*encoder));
      // The tuple of features is no operation.
      --result.encoder_sizes.back().operation_count;
      result.encoders.push_back(std::move(encoder));
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
      Value* input = fusion->addInput();
      input->setType(graph_.inputs()[index]->type());
      copies[graph_.inputs()[index]] = input;
    }
    copy_part(*fusion, fusion_part(), copies);
    fusion->registerOutput(copies.at(answer()));
    torch::jit::EliminateDeadCode(fusion);
    result.fusion_size = size_of(*fusion);
    for (std::size_t place = 0; place < raw_inputs_.size(); ++place) {
      const auto& uses = fusion->inputs()[frontier_.size() + place]->uses();
      const auto reads_shape = [](const torch::jit::Use& use) { return reads_shape_only(*use.user); };
      result.raw_inputs.push_back({raw_inputs_[place], std::ranges::all_of(uses, reads_shape)});
    }
    result.fusion = std::move(fusion);
  }

  const PreparedGraph& prepared_;
  const Graph& graph_;
  DataDependence content_;
  const std::vector<ModelInput>& inputs_;
  std::size_t modality_count_;
  std::vector<std::vector<std::size_t>> units_;
  std::vector<NodeInfo> nodes_;
  std::unordered_map<const Node*, std::size_t> info_of_;
  std::vector<const Value*> frontier_;
  std::vector<std::size_t> raw_inputs_;
};

}  // namespace

SplitGraphs split_graph(const PreparedGraph& prepared, const std::vector<ModelInput>& inputs,
                        std::size_t modality_count, const std::unordered_set<std::size_t>& kept_in_fusion) {
  SplitGraphs graphs = Splitter(prepared, inputs, modality_count, kept_in_fusion).split();
  if (graphs.row_checks.size() != prepared.specialised_predicates.size()) {
    throw ModelError("a question about a batch is asked where its modalities have met");
  }
  return graphs;
}

}  // namespace modattr
