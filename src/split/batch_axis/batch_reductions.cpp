#include "batch_reductions.h"

#include <algorithm>
#include <exception>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "graph/data_dependence.h"
#include "graph/graph_walk.h"
#include "graph/mutation_units.h"
#include "graph/node_arguments.h"

namespace modattr {
namespace {

using torch::jit::Node;
using torch::jit::Value;

bool is_of_any_batch(const GraphTrial::Shapes& shapes) {
  const bool is_empty = std::ranges::find(shapes.front(), 0) != shapes.front().end();
  return !is_empty && shapes.front() == shapes.back();
}

/// Which top-level nodes give what depends on the content of the inputs, not on their shapes alone, themselves or by
/// what they write to. A table that is filled with numbers of its own does not.
std::vector<bool> nodes_that_depend_on_inputs(const std::shared_ptr<torch::jit::Graph>& graph,
                                              const std::vector<Node*>& nodes) {
  const std::vector<std::vector<std::size_t>> units = mutation_units(graph);
  std::vector<bool> depends(nodes.size(), false);
  for (bool changed = true; changed;) {
    changed = false;
    std::unordered_set<const Value*> dependent(graph->inputs().begin(), graph->inputs().end());
    for (std::size_t index = 0; index < nodes.size(); ++index) {
      if (!depends[index] && !reads_shape_only(*nodes[index])) {
        visit_reads(nodes[index], {}, [&](const Value* value) {
          if (dependent.contains(value) && !is_internal_batch_sizes(*value)) depends[index] = changed = true;
        });
      }
      if (depends[index]) dependent.insert(nodes[index]->outputs().begin(), nodes[index]->outputs().end());
    }
    for (const std::vector<std::size_t>& unit : units) {
      if (std::ranges::none_of(unit, [&](std::size_t index) { return depends[index]; })) continue;
      for (const std::size_t index : unit) {
        changed |= !depends[index];
        depends[index] = true;
      }
    }
  }
  return depends;
}

/// Whether a node inside the blocks of a node reduces a whole tensor to one number.
bool reduces_a_batch_inside(const Node& node) {
  static const std::unordered_set<std::string_view> names = {
      "aten::any",  "aten::all", "aten::sum", "aten::mean",   "aten::max",       "aten::min",          "aten::prod",
      "aten::norm", "aten::std", "aten::var", "aten::median", "aten::logsumexp", "aten::count_nonzero"};
  return std::ranges::any_of(node.blocks(), [](const torch::jit::Block* block) {
    return std::ranges::any_of(block->nodes(), [](const Node* inner) {
      if (reduces_a_batch_inside(*inner)) return true;
      const auto* schema = inner->maybeSchema();
      if (schema == nullptr || !names.contains(inner->kind().toQualString())) return false;
      // A list of flags, say, has no rows.
      if (!is_tensor(*inner->inputs().at(0))) return false;
      // Minima of two tensors are taken element by element.
      const bool takes_two = inner->inputs().size() > 1 && is_tensor(*inner->inputs()[1]);
      return !takes_two && std::ranges::none_of(schema->arguments(), [](const c10::Argument& argument) {
        return argument.name().find("dim") != std::string::npos && argument.name() != "keepdim";
      });
    });
  });
}

}  // namespace

std::unordered_set<std::size_t> batch_reductions(const std::shared_ptr<torch::jit::Graph>& graph, GraphTrial& trial) {
  const std::vector<Node*> nodes(graph->nodes().begin(), graph->nodes().end());
  const std::vector<bool> depends = nodes_that_depend_on_inputs(graph, nodes);
  struct Tensor {
    std::size_t node;
    const Value* value;
  };
  std::vector<Tensor> tensors;
  std::unordered_set<std::size_t> found;
  for (std::size_t index = 0; index < nodes.size(); ++index) {
    // A weight counts as dependent where alias analysis cannot exclude that it is written to.
    if (!depends[index] || nodes[index]->kind() == c10::prim::Constant) continue;
    if (packs_sequences(*nodes[index])) continue;
    if (reduces_a_batch_inside(*nodes[index])) found.insert(index);
    for (const Value* output : nodes[index]->outputs()) {
      if (is_tensor(*output) && !output->uses().empty()) tensors.push_back({index, output});
    }
  }
  try {
    // Branches that are taken always have brought their values to the top level.
    if (std::ranges::any_of(tensors, [&](const Tensor& tensor) { return trial.shapes(*tensor.value) == nullptr; })) {
      trial.run(*graph, {});
    }
    for (const auto& [node, value] : tensors) {
      const GraphTrial::Shapes* shapes = trial.shapes(*value);
      if (shapes != nullptr && is_of_any_batch(*shapes)) found.insert(node);
    }
  } catch (const std::exception&) {
    // A model of one number of rows: no split of it passes its proof.
  }
  return found;
}

}  // namespace modattr
