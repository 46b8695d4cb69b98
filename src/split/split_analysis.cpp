#include "split_analysis.h"

#include <optional>
#include <utility>

#include "constant_shapes.h"
#include "graph/data_dependence.h"
#include "graph/graph_trial.h"
#include "graph/graph_walk.h"
#include "modattr/core/error.h"
#include "split/batch_axis/batch_axis_flow.h"
#include "split/batch_axis/batch_reductions.h"

namespace modattr {
namespace {

using torch::jit::Node;

/// Whether a node packs sequences and something reads how long they are, which depends on the longest one of a batch.
bool gives_packed_lengths(const Node& node) {
  return packs_sequences(node) && !is_internal_batch_sizes(*node.outputs().at(1));
}

}  // namespace

SplitAnalysis analyse_for_split(const std::shared_ptr<torch::jit::Graph>& graph, std::span<const ModelInput> inputs,
                                BatchPredicates predicates, std::span<const at::Tensor> probe) {
  // First, as all that follows takes what the probe shows for what the next run gives.
  if (any_node(*graph->block(), draws_random_numbers)) throw ModelError("it draws random numbers");
  // Before shapes are specialised, which would change who reads the lengths.
  if (any_node(*graph->block(), gives_packed_lengths)) {
    throw ModelError("it reads how long the packed sequences of a batch are");
  }
  GraphTrial trial(probe);
  // Before predicates, as a size that is read from another modality would make a predicate depend on both.
  fold_constant_shapes(graph, trial);
  SplitAnalysis analysis{.graph = graph, .specialised_predicates = {}, .batch_reductions = {}, .batch_axes = {}};
  std::vector<std::optional<std::size_t>> modality_of_input;
  for (const ModelInput& input : inputs) modality_of_input.push_back(input.modality);
  while (predicates == BatchPredicates::kSpecialised) {
    const std::vector<SpecialisedPredicate> specialised = specialise_batch_predicates(graph, trial, modality_of_input);
    if (specialised.empty()) break;
    analysis.specialised_predicates.insert(analysis.specialised_predicates.end(), specialised.begin(),
                                           specialised.end());
    // Again, as the branches that are now taken always may read more shapes, and hold more predicates.
    fold_constant_shapes(graph, trial);
  }
  // The graph changes no more from here on: both results name its nodes and values.
  analysis.batch_reductions = batch_reductions(graph, trial);
  // Last, as batch_reductions() may have to run the trial for shapes that no pass before has needed.
  analysis.batch_axes = find_batch_axes(graph, trial);
  return analysis;
}

}  // namespace modattr
