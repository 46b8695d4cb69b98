#include "part_assignment.h"

#include <algorithm>

#include <torch/csrc/jit/ir/alias_analysis.h>

#include "constant_shapes.h"
#include "graph/graph_walk.h"
#include "graph/mutation_units.h"
#include "graph/node_arguments.h"

namespace modattr {
namespace {

using torch::jit::Node;
using torch::jit::Value;

bool is_neutral(const AssignedNode& node) {
  return !node.in_fusion && node.modalities.empty();
}

bool is_of_encoder(const AssignedNode& node) {
  return !node.in_fusion && node.modalities.size() == 1;
}

}  // namespace

PartAssignment::PartAssignment(const SplitAnalysis& analysis, std::span<const ModelInput> inputs,
                               const std::unordered_set<std::size_t>& kept_in_fusion)
    : graph_(*analysis.graph),
      content_(find_data_dependence(analysis.graph)),
      inputs_(inputs),
      units_(mutation_units(analysis.graph)) {
  const torch::jit::AliasDb aliases(analysis.graph);
  for (Node* node : analysis.graph->nodes()) {
    const bool is_kept = kept_in_fusion.contains(nodes_.size());
    index_of_[node] = nodes_.size();
    nodes_.push_back({.node = node,
                      .modalities = {},
                      .in_fusion = is_kept,
                      .reads_content = content_.readers.contains(node),
                      .is_kept_in_fusion = is_kept,
                      .is_row_count = is_row_count(*node, aliases)});
  }
  for (const std::vector<std::size_t>& unit : units_) {
    for (const std::size_t index : unit) nodes_[index].is_in_mutation_unit = true;
  }
  assign_all();
  keep_numbers_in_fusion();
}

/// Repeats until the nodes of every mutation unit agree.
void PartAssignment::assign_all() {
  while (assign_modalities()) {
  }
}

/// One pass in the order of the graph; returns whether a unit changed its nodes.
bool PartAssignment::assign_modalities() {
  std::unordered_map<const Value*, std::set<std::size_t>> modalities_of;
  std::unordered_set<const Value*> fusion_values;
  for (std::size_t index = 0; index < inputs_.size(); ++index) {
    const Value* input = graph_.inputs()[index];
    if (inputs_[index].modality) {
      modalities_of[input] = {*inputs_[index].modality};
    } else {
      fusion_values.insert(input);
    }
  }
  for (AssignedNode& assigned : nodes_) {
    // Neutral, as all inputs have the same number of rows.
    if (assigned.is_row_count) continue;
    visit_reads(assigned.node, {}, [&](const Value* value) {
      if (fusion_values.contains(value)) assigned.in_fusion = true;
      const auto found = modalities_of.find(value);
      if (found != modalities_of.end()) assigned.modalities.insert(found->second.begin(), found->second.end());
    });
    // A number that is read from the content of a batch must be read from the very batch that the fusion runs on.
    assigned.in_fusion |= assigned.modalities.size() > 1 || (assigned.reads_content && !assigned.modalities.empty());
    for (const Value* output : assigned.node->outputs()) {
      modalities_of[output] = assigned.modalities;
      if (assigned.in_fusion) fusion_values.insert(output);
    }
  }
  return unite_units();
}

bool PartAssignment::unite_units() {
  bool changed = false;
  for (const std::vector<std::size_t>& unit : units_) {
    AssignedNode common;
    for (const std::size_t index : unit) {
      common.modalities.insert(nodes_[index].modalities.begin(), nodes_[index].modalities.end());
      common.in_fusion |= nodes_[index].in_fusion;
    }
    for (const std::size_t index : unit) {
      changed |= nodes_[index].modalities != common.modalities || nodes_[index].in_fusion != common.in_fusion;
      nodes_[index].modalities = common.modalities;
      nodes_[index].in_fusion = common.in_fusion;
    }
  }
  return changed;
}

/// Sizes, flags, lists and tuples have no rows to gather: the fusion computes them again. They depend on shapes and
/// tensors only, which are the same on both sides.
void PartAssignment::keep_numbers_in_fusion() {
  for (bool changed = true; changed;) {
    changed = false;
    for (const Value* value : read_by_fusion()) {
      const auto found = index_of_.find(value->node());
      if (found == index_of_.end()) continue;
      AssignedNode& assigned = nodes_[found->second];
      if (!is_of_encoder(assigned) || assigned.is_copied || is_tensor(*value)) continue;
      changed = true;
      if (assigned.is_in_mutation_unit) {
        // A list that grows cannot be built twice from one of its steps: all of them move, and who reads them.
        assigned.in_fusion = true;
        unite_units();
        assign_all();
      } else {
        assigned.is_copied = true;
      }
    }
  }
}

/// Adds the neutral nodes that the part and `outputs` need.
void PartAssignment::add_neutral_nodes(std::vector<bool>& part, std::span<const Value* const> outputs) const {
  std::vector<std::size_t> waiting;
  const auto add = [&](const Value* value) {
    const auto found = index_of_.find(value->node());
    if (found == index_of_.end() || part[found->second] || !is_neutral(nodes_[found->second])) return;
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

std::vector<bool> PartAssignment::encoder_part(std::size_t modality) const {
  std::vector<bool> part;
  for (const AssignedNode& assigned : nodes_) {
    part.push_back(is_of_encoder(assigned) && *assigned.modalities.begin() == modality);
  }
  add_neutral_nodes(part, {});
  return part;
}

std::vector<bool> PartAssignment::fusion_part() const {
  std::vector<bool> part;
  for (const AssignedNode& assigned : nodes_) part.push_back(assigned.in_fusion || assigned.is_copied);
  // Further outputs of the graph are for the encoders to give.
  const std::vector<const Value*> outputs = {graph_.outputs().front()};
  add_neutral_nodes(part, outputs);
  return part;
}

std::unordered_set<const Value*> PartAssignment::read_by_fusion() const {
  std::unordered_set<const Value*> read;
  const std::vector<bool> part = fusion_part();
  for (std::size_t index = 0; index < nodes_.size(); ++index) {
    if (part[index]) visit_reads(nodes_[index].node, {}, [&](const Value* value) { read.insert(value); });
  }
  read.insert(graph_.outputs().front());
  return read;
}

std::optional<std::size_t> PartAssignment::encoder_of(const Value& value) const {
  const auto found = index_of_.find(value.node());
  if (found == index_of_.end() || !is_of_encoder(nodes_[found->second])) return std::nullopt;
  return *nodes_[found->second].modalities.begin();
}

std::vector<const Value*> PartAssignment::frontier() const {
  const std::unordered_set<const Value*> read = read_by_fusion();
  std::vector<const Value*> values;
  for (const AssignedNode& assigned : nodes_) {
    if (!is_of_encoder(assigned) || assigned.is_copied) continue;
    for (const Value* output : assigned.node->outputs()) {
      if (read.contains(output)) values.push_back(output);
    }
  }
  return values;
}

std::vector<std::size_t> PartAssignment::raw_inputs() const {
  const std::unordered_set<const Value*> read = read_by_fusion();
  std::vector<std::size_t> inputs;
  for (std::size_t index = 0; index < inputs_.size(); ++index) {
    if (read.contains(graph_.inputs()[index])) inputs.push_back(index);
  }
  return inputs;
}

}  // namespace modattr
