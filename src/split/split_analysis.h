#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/ir/ir.h>

#include "batch_predicates.h"
#include "modattr/split/split_model.h"
#include "split/batch_axis/batch_axis_facts.h"

namespace modattr {

/// What is known of a graph before it is split.
struct SplitAnalysis {
  /// Its outputs behind the first are what rows say to the specialised predicates (see batch_predicates.h).
  std::shared_ptr<torch::jit::Graph> graph;
  std::vector<SpecialisedPredicate> specialised_predicates;
  /// Its top-level nodes that reduce over the batch (see batch_reductions.h).
  std::unordered_set<std::size_t> batch_reductions;
  /// Its tensors whose rows are known to follow from the same rows of the inputs (see batch_axis_flow.h).
  std::unordered_map<const torch::jit::Value*, BatchAxis> batch_axes;
};

/// Takes a clean graph (see graph_cleanup.h), whose inputs are `inputs`, and specialises the shapes that it reads, and
/// with kSpecialised its batch predicates, to constants; then finds out which nodes mix rows. `probe`: one tensor of at
/// least eight rows per input, on the device of the model. Throws ModelError with the reason when something in the
/// graph cannot be split.
SplitAnalysis analyse_for_split(const std::shared_ptr<torch::jit::Graph>& graph, std::span<const ModelInput> inputs,
                                BatchPredicates predicates, std::span<const at::Tensor> probe);

}  // namespace modattr
