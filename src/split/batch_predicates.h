#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <torch/csrc/jit/ir/ir.h>

#include "graph/graph_trial.h"

namespace modattr {

/// A flag about a whole batch that was specialised to a constant, which is right where every row gives it by itself.
struct SpecialisedPredicate {
  /// The operation over the batch, e.g. "aten::any".
  std::string operation;
  bool value = false;
};

/// Specialises batch predicates, flags that forward() reads from a batch of one modality, such as `if
/// isnan(image).any()` or whether all padding is at the end, to constants where all rows of the trial give the same
/// flag by themselves: rows that are all false by themselves are false together, and so for true. The flags of the
/// rows, bool[rows], become an output of the graph, behind those that it has, as the rows of later batches must agree,
/// too. `modality_of_input`: nullopt = shared by several. Returns the predicates in the order of their outputs; empty
/// when nothing was specialised.
std::vector<SpecialisedPredicate> specialise_batch_predicates(
    const std::shared_ptr<torch::jit::Graph>& graph, GraphTrial& trial,
    const std::vector<std::optional<std::size_t>>& modality_of_input);

}  // namespace modattr
