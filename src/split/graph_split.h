#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include <torch/csrc/jit/ir/ir.h>

#include "batch_predicates.h"
#include "graph_prepare.h"
#include "modattr/split/split_model.h"

namespace modattr {

/// A value that crosses from an encoder into the fusion graph.
struct FrontierValue {
  std::size_t modality = 0;
  /// Output of that modality's encoder graph.
  std::size_t encoder_output = 0;
  /// The node of the whole graph that computes it, as an index in its top-level order.
  std::size_t producer = 0;
  /// Depends on what is in the inputs, not on their shapes alone.
  bool depends_on_data = false;
  /// Where rows lie, if each is known to follow from the same row of the inputs (see row_flow.h).
  std::optional<BatchAxis> batch_axis;
};

/// An input of forward() that the fusion takes as it is.
struct RawInput {
  std::size_t input = 0;
  /// Only its shape and type are read: any tensor like it will do.
  bool shape_only = false;
};

/// What the rows of an encoder's batch must answer, each by itself.
struct RowCheck {
  std::size_t modality = 0;
  /// Output of that modality's encoder graph: bool[rows].
  std::size_t encoder_output = 0;
  SpecialisedPredicate question;
  /// Whether each answer is known to follow from the same row of the inputs.
  bool is_row_by_row = false;
};

/// A graph cut into one encoder per modality and a fusion.
struct SplitGraphs {
  /// Per modality: takes its inputs in the order of forward(), returns a tuple of its frontier values and of what is to
  /// be checked.
  std::vector<std::shared_ptr<torch::jit::Graph>> encoders;
  /// Takes the frontier values, then those inputs of forward() that it needs raw; returns what forward() returns.
  std::shared_ptr<torch::jit::Graph> fusion;
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
  /// Whether that operation is there because it answers for a whole batch.
  bool meets_whole_batch = false;
};

/// Assigns every top-level node to the union of the modalities of its inputs, captured ones included. Nodes of one
/// modality form its encoder, nodes of two or more the fusion; `kept_in_fusion` lists nodes that go into the fusion
/// although they depend on one modality only, and so do nodes that read content (see graph_content.h). Values other
/// than tensors never cross: the fusion computes them again.
/// Nodes that touch a value which an in-place operation may change stay together. Throws ModelError when the rows of
/// an answered question are no encoder's.
SplitGraphs split_graph(const PreparedGraph& prepared, const std::vector<ModelInput>& inputs,
                        std::size_t modality_count, const std::unordered_set<std::size_t>& kept_in_fusion);

}  // namespace modattr
