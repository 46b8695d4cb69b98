#include "rowless_values.h"

#include <algorithm>
#include <exception>
#include <string_view>
#include <vector>

#include "graph_content.h"
#include "mutation_units.h"

namespace modattr {
namespace {

using torch::jit::Node;
using torch::jit::Value;

/// The lengths of packed sequences are counted over the batch, but only to lay its rows out in steps.
bool lays_rows_out(const Node& node) {
  return std::string_view(node.kind().toQualString()) == "aten::_pack_padded_sequence";
}

bool is_of_any_batch(const GraphTrial::Shapes& shapes) {
  const bool is_empty = std::ranges::find(shapes.front(), 0) != shapes.front().end();
  return !is_empty && shapes.front() == shapes.back();
}

}  // namespace

std::unordered_set<std::size_t> nodes_without_rows(const std::shared_ptr<torch::jit::Graph>& graph, GraphTrial& trial) {
  const GraphContent content = find_content(graph);
  std::unordered_set<std::size_t> in_unit;
  // What is written to counts as content, though it may be a table that is filled with numbers of its own.
  for (const std::vector<std::size_t>& unit : mutation_units(graph)) in_unit.insert(unit.begin(), unit.end());
  struct Tensor {
    std::size_t node;
    const Value* value;
  };
  std::vector<Tensor> tensors;
  std::size_t index = 0;
  for (const Node* node : graph->nodes()) {
    if (!in_unit.contains(index) && !lays_rows_out(*node)) {
      for (const Value* output : node->outputs()) {
        const bool is_tensor = output->type()->isSubtypeOf(*c10::TensorType::get());
        if (is_tensor && !output->uses().empty() && content.values.contains(output)) tensors.push_back({index, output});
      }
    }
    ++index;
  }
  std::unordered_set<std::size_t> found;
  try {
    // Branches that are settled bring their values to the top level.
    if (std::ranges::any_of(tensors, [&](const Tensor& tensor) { return trial.shapes(*tensor.value) == nullptr; })) {
      trial.run(*graph, {});
    }
    for (const auto& [node, value] : tensors) {
      if (is_of_any_batch(*trial.shapes(*value))) found.insert(node);
    }
  } catch (const std::exception&) {
    // A model of one number of rows: no cut of it stands its trial.
  }
  return found;
}

}  // namespace modattr
