#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include <torch/csrc/jit/ir/ir.h>

#include "batch_predicates.h"
#include "modattr/split/split_model.h"
#include "split_analysis.h"

namespace modattr {

/// A tensor that an encoder computes and the fusion reads.
struct FrontierValue {
  std::size_t modality = 0;
  /// Output of that modality's encoder graph.
  std::size_t encoder_output = 0;
  /// The node of the whole graph that computes it, as an index in its top-level order.
  std::size_t producer = 0;
  /// Depends on what is in the inputs, not on their shapes alone.
  bool depends_on_data = false;
  /// Its batch axis, if each row is known to follow from the same row of the inputs (see batch_axis_flow.h).
  std::optional<BatchAxis> batch_axis;
};

/// An input of forward() that the fusion takes as it is.
struct RawInput {
  std::size_t input = 0;
  /// Only its shape and type are read: any tensor like it will do.
  bool shape_only = false;
};

/// What the rows of an encoder's batch must say, each by itself, for a specialised predicate to hold.
struct RowCheck {
  std::size_t modality = 0;
  /// Output of that modality's encoder graph: bool[rows].
  std::size_t encoder_output = 0;
  SpecialisedPredicate predicate;
  /// Whether each row's flag is known to follow from the same row of the inputs.
  bool is_row_by_row = false;
};

/// A graph split into one encoder per modality and a fusion.
struct SplitGraphs {
  /// Per modality: takes its inputs in the order of forward(), returns a tuple of its frontier values and of the flags
  /// of its row checks.
  std::vector<std::shared_ptr<torch::jit::Graph>> encoders;
  /// Takes the frontier values, then those inputs of forward() that it needs raw; returns what forward() returns.
  std::shared_ptr<torch::jit::Graph> fusion;
  /// By modality, then in the order of the graph.
  std::vector<FrontierValue> frontier;
  std::vector<RawInput> raw_inputs;
  /// In the order of the encoders' outputs, behind those of the frontier.
  std::vector<RowCheck> row_checks;
  /// Whether each row of what forward() returns is known to follow from the same row of the inputs.
  bool is_row_by_row = false;
  /// What is left after dead code is gone.
  std::vector<PartSize> encoder_sizes;
  PartSize fusion_size;
  /// The first operation of the fusion, e.g. "aten::cat"; empty when it has none.
  std::string meeting;
  /// Whether that operation is there because it reduces over the batch.
  bool meets_whole_batch = false;
};

/// Copies the top-level nodes of a graph into encoders and a fusion, as PartAssignment assigns them. `kept_in_fusion`:
/// nodes, as indices in the graph's order, that go into the fusion although they depend on one modality only. Throws
/// ModelError when the rows of a specialised predicate are no encoder's.
SplitGraphs split_graph(const SplitAnalysis& analysis, std::span<const ModelInput> inputs, std::size_t modality_count,
                        const std::unordered_set<std::size_t>& kept_in_fusion);

}  // namespace modattr
