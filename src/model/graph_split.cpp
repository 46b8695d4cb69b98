#include "graph_split.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include "graph_content.h"
#include "graph_walk.h"
#include "mutation_units.h"
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
  bool in_unit = false;
};

class Splitter {
 public:
  Splitter(const std::shared_ptr<Graph>& graph, const std::vector<ModelInput>& inputs, std::size_t modality_count,
           const std::unordered_set<std::size_t>& kept_in_fusion)
      : graph_(*graph),
        content_(find_content(graph)),
        inputs_(inputs),
        modality_count_(modality_count),
        units_(mutation_units(graph)) {
    for (Node* node : graph->nodes()) {
      info_of_[node] = nodes_.size();
      nodes_.push_back({.node = node,
                        .modalities = {},
                        .fusion = kept_in_fusion.contains(nodes_.size()),
                        .reads_content = content_.readers.contains(node)});
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
    build_encoders(result);
    build_fusion(result);
    return result;
  }

 private:
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

  bool is_constant(const NodeInfo& info) const { return !info.fusion && info.modalities.empty(); }
  bool is_encoder(const NodeInfo& info) const { return !info.fusion && info.modalities.size() == 1; }

  std::unordered_set<const Value*> read_by_fusion() const {
    std::unordered_set<const Value*> read;
    for (const NodeInfo& info : nodes_) {
      if (info.fusion || info.copied) visit_reads(info.node, {}, [&](const Value* value) { read.insert(value); });
    }
    for (const Value* output : graph_.outputs()) read.insert(output);
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
        Value* input = encoder->addInput();
        input->setType(graph_.inputs()[index]->type());
        copies[graph_.inputs()[index]] = input;
      }
      for (const NodeInfo& info : nodes_) {
        if (is_encoder(info) && *info.modalities.begin() == modality) copy_node(*encoder, info, copies);
      }
      std::vector<Value*> outputs;
      for (const Value* value : frontier_) {
        const NodeInfo& info = *producer_of(value);
        if (*info.modalities.begin() != modality) continue;
        result.frontier.push_back(
            {modality, outputs.size(), info_of_.at(value->node()), content_.values.contains(value)});
        outputs.push_back(copies.at(value));
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
    for (const NodeInfo& info : nodes_) {
      if (info.fusion || info.copied) copy_node(*fusion, info, copies);
    }
    for (const Value* output : graph_.outputs()) {
      const NodeInfo* producer = producer_of(output);
      if (producer != nullptr && is_constant(*producer) && !copies.contains(output))
        copy_node(*fusion, *producer, copies);
      fusion->registerOutput(copies.at(output));
    }
    torch::jit::EliminateDeadCode(fusion);
    result.fusion_size = size_of(*fusion);
    for (std::size_t place = 0; place < raw_inputs_.size(); ++place) {
      const auto& uses = fusion->inputs()[frontier_.size() + place]->uses();
      const auto reads_shape = [](const torch::jit::Use& use) { return reads_shape_only(*use.user); };
      result.raw_inputs.push_back({raw_inputs_[place], std::ranges::all_of(uses, reads_shape)});
    }
    result.fusion = std::move(fusion);
  }

  const Graph& graph_;
  GraphContent content_;
  const std::vector<ModelInput>& inputs_;
  std::size_t modality_count_;
  std::vector<std::vector<std::size_t>> units_;
  std::vector<NodeInfo> nodes_;
  std::unordered_map<const Node*, std::size_t> info_of_;
  std::vector<const Value*> frontier_;
  std::vector<std::size_t> raw_inputs_;
};

}  // namespace

SplitGraphs split_graph(const std::shared_ptr<Graph>& graph, const std::vector<ModelInput>& inputs,
                        std::size_t modality_count, const std::unordered_set<std::size_t>& kept_in_fusion) {
  return Splitter(graph, inputs, modality_count, kept_in_fusion).split();
}

}  // namespace modattr
