#pragma once

#include <memory>
#include <unordered_map>

#include <torch/csrc/jit/ir/ir.h>

#include "batch_axis_facts.h"
#include "graph/graph_trial.h"

namespace modattr {

/// The batch axes of a graph's top-level tensors, where each row is known to follow from the same row of the inputs
/// alone, by what operations do (see batch_axis_rules.h). Tensors that are left out may be batch-independent, too.
/// `trial`: knows the shapes of all top-level tensors that something reads.
std::unordered_map<const torch::jit::Value*, BatchAxis> find_batch_axes(const std::shared_ptr<torch::jit::Graph>& graph,
                                                                        const GraphTrial& trial);

}  // namespace modattr
