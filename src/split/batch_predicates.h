#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <torch/csrc/jit/ir/ir.h>

#include "graph/graph_trial.h"

namespace modattr {

/// A question about a whole batch that was answered for good: the answer is right where every row gives it by itself.
struct SpecialisedPredicate {
  /// The operation that asks, e.g. "aten::any".
  std::string operation;
  bool answer = false;
};

/// Answers flags that forward() reads from a batch of one modality, such as `if isnan(image).any()` or whether all
/// padding is at the end, where all rows of the trial agree: any number of rows that say no by themselves say no
/// together, and so for yes. What rows say, bool[rows], becomes an output of the graph, behind those that it has, as
/// rows to come must agree, too. `modality_of_input`: nullopt = shared by several. Returns the questions in the order
/// of their outputs; empty when there was nothing to answer.
std::vector<SpecialisedPredicate> specialise_batch_predicates(
    const std::shared_ptr<torch::jit::Graph>& graph, GraphTrial& trial,
    const std::vector<std::optional<std::size_t>>& modality_of_input);

}  // namespace modattr
