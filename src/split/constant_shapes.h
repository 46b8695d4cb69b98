#pragma once

#include <memory>

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/ir/ir.h>

#include "graph/graph_trial.h"

namespace modattr {

/// Specialises what a graph reads of the shapes, types and devices of tensors: to a constant where every batch of this
/// data gives the same, and to the number of rows where it is that. A size that one modality's part reads from
/// another's data then makes it depend on the other no more, as all inputs have the same number of rows. What is read
/// from content, or from shapes that depend on it, stays.
void fold_constant_shapes(const std::shared_ptr<torch::jit::Graph>& graph, GraphTrial& trial);

/// Whether a node gives the number of rows, which every part of a graph can read from an input of its own.
bool is_row_count(const torch::jit::Node& node, const torch::jit::AliasDb& aliases);

}  // namespace modattr
