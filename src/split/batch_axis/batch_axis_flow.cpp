#include "batch_axis_flow.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <torch/csrc/jit/ir/alias_analysis.h>

#include "batch_axis_rules.h"
#include "graph/data_dependence.h"
#include "graph/graph_walk.h"
#include "graph/node_arguments.h"

namespace modattr {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

bool writes(const Node& node) {
  const auto* schema = node.maybeSchema();
  return schema != nullptr && schema->is_mutable();
}

/// Whether a normalisation keeps statistics of what it is given, which its schema does not say.
bool keeps_statistics(const Node& node) {
  const std::string_view name = plain_name(node);
  if (name.find("batch_norm") == std::string_view::npos && name != "instance_norm") return false;
  const Value* mean = argument(node, "running_mean");
  if (mean != nullptr && is_none(*mean)) return false;
  return flag(node, name == "instance_norm" ? "use_input_stats" : "training") != false;
}

/// Whether a node may write to more than its schema says: alias analysis then says nothing of any value.
bool may_write_anything(const Node& node) {
  using namespace c10::prim;
  static const std::unordered_set<c10::Symbol> silent = {
      Constant, ListConstruct, ListUnpack,     TupleConstruct, TupleUnpack,  TupleIndex, TupleSlice, DictConstruct,
      If,       Loop,          unchecked_cast, Uninitialized,  ConstantChunk};
  if (node.maybeSchema() == nullptr && !silent.contains(node.kind())) return true;
  // Runs a graph of its own.
  if (node.hasAttribute(c10::attr::Subgraph)) return true;
  const bool writes_to_list = writes(node) && plain_name(node).starts_with("_foreach");
  return writes_to_list || keeps_statistics(node);
}

/// Whether a tensor has memory of its own; another one's may be one row's for all rows, as after expand().
bool is_made_anew(const Value& value) {
  const Node& node = *value.node();
  if (writes(node)) return is_made_anew(*node.inputs()[0]);
  static const std::unordered_set<std::string_view> names = {
      "conv1d", "conv2d",    "conv3d",   "_convolution", "batch_norm", "layer_norm", "group_norm",
      "linear", "addmm",     "matmul",   "mm",           "bmm",        "baddbmm",    "embedding",
      "cat",    "stack",     "sum",      "mean",         "softmax",    "zeros",      "ones",
      "full",   "new_zeros", "new_ones", "new_full",     "clone",      "max_pool2d", "zeros_like"};
  return node.kind().is_aten() && (is_elementwise(node) || names.contains(plain_name(node)));
}

/// Whether a node that writes keeps the batch axis: element by element, into a tensor that has one. Any other write may
/// mix rows in whatever it reaches.
bool keeps_rows(const Node& node, const BatchAxisFacts& facts) {
  const std::string_view name = node.kind().toQualString();
  const bool writes_to_first = name.back() == '_' && name[name.size() - 2] != '_';
  if (!writes_to_first || !is_elementwise(node)) return false;
  const Value& written = *node.inputs()[0];
  return facts.axis_of(written) && is_made_anew(written) && facts.axis_of(written) == facts.axis_of(*node.output());
}

/// Records axes in the order of the graph; returns whether all writes keep them.
bool follow(const Graph& graph, BatchAxisFacts& facts) {
  bool keeps_axes = true;
  for (const Value* input : graph.inputs()) facts.add_axis(*input, {});
  for (const Node* node : graph.nodes()) {
    keeps_axes &= node->blocks().empty() || !any_inner_node(*node, writes);
    if (!node->blocks().empty() || node->kind() == c10::prim::Constant) continue;
    const auto is_constant = [&](const Value* input) { return facts.is_constant(*input); };
    if (!writes(*node) && std::ranges::all_of(node->inputs(), is_constant) && !draws_random_numbers(*node)) {
      for (const Value* output : node->outputs()) facts.add_constant(*output);
      continue;
    }
    add_axes_of_outputs(*node, facts);
    keeps_axes &= !writes(*node) || keeps_rows(*node, facts);
  }
  return keeps_axes;
}

}  // namespace

std::unordered_map<const Value*, BatchAxis> find_batch_axes(const std::shared_ptr<Graph>& graph,
                                                            const GraphTrial& trial) {
  if (any_node(*graph->block(), may_write_anything)) return {};
  BatchAxisFacts facts(trial, {});
  if (follow(*graph, facts)) return facts.tensors();
  const torch::jit::AliasDb aliases(graph);
  std::unordered_set<const Value*> written;
  const auto add = [&](const Value* value) {
    if (aliases.hasWriters(value)) written.insert(value);
  };
  for (const Value* input : graph->inputs()) add(input);
  for (const Node* node : graph->nodes()) std::ranges::for_each(node->outputs(), add);
  BatchAxisFacts rest(trial, std::move(written));
  follow(*graph, rest);
  return rest.tensors();
}

}  // namespace modattr
