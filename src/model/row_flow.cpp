#include "row_flow.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <torch/csrc/jit/ir/alias_analysis.h>

#include "graph_content.h"
#include "row_rules.h"

namespace modattr {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

bool writes(const Node& node) {
  const auto* schema = node.maybeSchema();
  return schema != nullptr && schema->is_mutable();
}

bool writes_inside(const Node& node) {
  return std::ranges::any_of(node.blocks(), [](const Block* block) {
    return std::ranges::any_of(block->nodes(),
                               [](const Node* inner) { return writes(*inner) || writes_inside(*inner); });
  });
}

/// Whether a node that writes leaves rows what they were: number by number, into a tensor of rows. Anything else may
/// bring what is not known into whatever it writes to.
bool keeps_rows(const Node& node, const RowFacts& facts) {
  const std::string_view name = node.kind().toQualString();
  const bool writes_to_first = name.back() == '_' && name[name.size() - 2] != '_';
  if (!writes_to_first || !facts.rows_of(*node.inputs()[0]) || !is_number_by_number(node)) return false;
  return facts.rows_of(*node.inputs()[0]) == facts.rows_of(*node.output());
}

/// One pass in the order of the graph; returns whether every write is understood.
bool follow(const Graph& graph, RowFacts& facts) {
  bool understood = true;
  for (const Value* input : graph.inputs()) facts.add_rows(*input, {});
  for (const Node* node : graph.nodes()) {
    understood &= !writes_inside(*node);
    if (!node->blocks().empty() || node->kind() == c10::prim::Constant) continue;
    const auto is_constant = [&](const Value* input) { return facts.is_constant(*input); };
    if (!writes(*node) && std::ranges::all_of(node->inputs(), is_constant) && !draws_random_numbers(*node)) {
      for (const Value* output : node->outputs()) facts.add_constant(*output);
      continue;
    }
    add_rows_of_outputs(*node, facts);
    understood &= !writes(*node) || keeps_rows(*node, facts);
  }
  return understood;
}

}  // namespace

std::unordered_map<const Value*, RowPlace> find_row_places(const std::shared_ptr<Graph>& graph,
                                                           const GraphTrial& trial) {
  RowFacts facts(trial, {});
  if (follow(*graph, facts)) return facts.tensors();
  const torch::jit::AliasDb aliases(graph);
  std::unordered_set<const Value*> written;
  const auto add = [&](const Value* value) {
    if (aliases.hasWriters(value)) written.insert(value);
  };
  for (const Value* input : graph->inputs()) add(input);
  for (const Node* node : graph->nodes()) std::ranges::for_each(node->outputs(), add);
  RowFacts rest(trial, std::move(written));
  follow(*graph, rest);
  return rest.tensors();
}

}  // namespace modattr
