#pragma once

#include <memory>
#include <unordered_map>

#include <torch/csrc/jit/ir/ir.h>

#include "batch_axis_facts.h"
#include "graph/graph_trial.h"

namespace modattr {

/// Top-level tensors of a graph whose rows follow from the same rows of its inputs alone, by what their operations do
/// (see row_rules.h), and where the rows lie. Other tensors may be of that kind, too. `trial`: has met all top-level
/// tensors that something reads.
std::unordered_map<const torch::jit::Value*, BatchAxis> find_batch_axes(const std::shared_ptr<torch::jit::Graph>& graph,
                                                                        const GraphTrial& trial);

}  // namespace modattr
