#pragma once

#include <cstddef>
#include <memory>
#include <unordered_set>

#include <torch/csrc/jit/ir/ir.h>

#include "graph/graph_trial.h"

namespace modattr {

/// The top-level nodes, as indices in their order, that reduce over the batch: their output depends on what is in the
/// inputs, and is a tensor of the same shape however many rows there are. `(ids == 7).any()` is one; that it mixes rows
/// need not show on a few of them.
std::unordered_set<std::size_t> batch_reductions(const std::shared_ptr<torch::jit::Graph>& graph, GraphTrial& trial);

}  // namespace modattr
