#include "mutation_units.h"

#include <optional>
#include <unordered_map>
#include <utility>

#include <torch/csrc/jit/ir/alias_analysis.h>

#include "graph_walk.h"

namespace modattr {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

/// The last top-level node that writes to a value or an alias of it, or the number of nodes when it is not known;
/// nullopt when none does.
std::optional<std::size_t> last_writer(const torch::jit::AliasDb& aliases, const std::vector<Node*>& nodes,
                                       const Value* value) {
  if (!aliases.hasWriters(value)) return std::nullopt;
  const torch::jit::ValueSet values{value};
  for (std::size_t index = nodes.size(); index-- > 0;) {
    if (aliases.writesToAlias(nodes[index], values)) return index;
  }
  return nodes.size();
}

}  // namespace

std::vector<std::vector<std::size_t>> mutation_units(const std::shared_ptr<Graph>& graph) {
  const torch::jit::AliasDb aliases(graph);
  const std::vector<Node*> nodes(graph->nodes().begin(), graph->nodes().end());
  std::unordered_map<const Value*, std::optional<std::size_t>> last_writers;
  struct Touched {
    std::size_t index;
    std::vector<Value*> values;
  };
  std::vector<Touched> touched;
  for (std::size_t index = 0; index < nodes.size(); ++index) {
    // Blocks may write to what they capture, which is no input of their node.
    Touched entry{index, {}};
    const auto add = [&](const Value* value) {
      const auto [known, added] = last_writers.try_emplace(value, std::nullopt);
      if (added) known->second = last_writer(aliases, nodes, value);
      const bool is_input = value->node() == graph->param_node();
      if (known->second && (*known->second >= index || is_input)) entry.values.push_back(const_cast<Value*>(value));
    };
    visit_reads(nodes[index], {}, add);
    visit_inner_values(nodes[index], add);
    for (const Value* output : nodes[index]->outputs()) add(output);
    if (!entry.values.empty()) touched.push_back(std::move(entry));
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

}  // namespace modattr
