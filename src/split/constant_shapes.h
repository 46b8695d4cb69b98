#pragma once

#include <memory>

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/ir/ir.h>

#include "graph/graph_trial.h"

namespace modattr {

/// Replaces what a graph reads of the shapes, types and places of tensors: by a constant where every batch of this data
/// gives the same, and by the number of rows where it is that. A size that one modality's part takes from another's
/// data then binds them no more: all inputs have the same rows. What is read of content, or of shapes that depend on
/// it, stays.
void fold_constant_shapes(const std::shared_ptr<torch::jit::Graph>& graph, GraphTrial& trial);

/// Whether a node gives the number of rows, which every part of a graph can tell by an input of its own.
bool is_row_count(const torch::jit::Node& node, const torch::jit::AliasDb& aliases);

}  // namespace modattr
