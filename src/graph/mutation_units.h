#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <torch/csrc/jit/ir/ir.h>

namespace modattr {

/// Groups of top-level nodes that touch values which an in-place operation may still change. A node that reads a value
/// after its last change need not be in the unit that made the value. No unit makes inputs of the graph.
std::vector<std::vector<std::size_t>> mutation_units(const std::shared_ptr<torch::jit::Graph>& graph);

}  // namespace modattr
