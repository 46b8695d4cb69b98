#include "rowless_values.h"

#include <exception>
#include <string_view>
#include <vector>

#include "graph_content.h"
#include "graph_trial.h"
#include "mutation_units.h"

namespace modattr {
namespace {

using torch::jit::IValue;
using torch::jit::Node;
using torch::jit::Value;

/// The lengths of packed sequences are counted over the batch, but only to lay its rows out in steps.
bool lays_rows_out(const Node& node) {
  return std::string_view(node.kind().toQualString()) == "aten::_pack_padded_sequence";
}

bool has_same_shape(const IValue& fewer, const IValue& more) {
  if (!fewer.isTensor() || !more.isTensor() || !fewer.toTensor().defined() || !more.toTensor().defined()) return false;
  return fewer.toTensor().numel() > 0 && fewer.toTensor().sizes() == more.toTensor().sizes();
}

}  // namespace

std::unordered_set<std::size_t> nodes_without_rows(const std::shared_ptr<torch::jit::Graph>& graph,
                                                   std::span<const at::Tensor> probe) {
  const GraphContent content = find_content(graph);
  std::unordered_set<std::size_t> in_unit;
  // What is written to counts as content, though it may be a table that is filled with numbers of its own.
  for (const std::vector<std::size_t>& unit : mutation_units(graph)) in_unit.insert(unit.begin(), unit.end());
  std::vector<const Value*> values;
  std::vector<std::size_t> nodes;
  std::size_t index = 0;
  for (const Node* node : graph->nodes()) {
    if (!in_unit.contains(index) && !lays_rows_out(*node)) {
      for (const Value* output : node->outputs()) {
        if (!content.values.contains(output) || !output->type()->isSubtypeOf(*c10::TensorType::get())) continue;
        values.push_back(output);
        nodes.push_back(index);
      }
    }
    ++index;
  }
  std::unordered_set<std::size_t> found;
  if (values.empty()) return found;
  try {
    const auto held = GraphTrial(probe).run(*graph, values);
    for (std::size_t place = 0; place < values.size(); ++place) {
      if (has_same_shape(held.front()[place], held.back()[place])) found.insert(nodes[place]);
    }
  } catch (const std::exception&) {
    // A model of one number of rows: no cut of it stands its trial.
  }
  return found;
}

}  // namespace modattr
