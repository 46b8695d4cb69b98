#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include <torch/csrc/jit/ir/ir.h>

#include "modattr/model/split_model.h"

namespace modattr {

/// A value that crosses from an encoder into the fusion graph.
struct FrontierValue {
  std::size_t modality = 0;
  /// Output of that modality's encoder graph.
  std::size_t encoder_output = 0;
  /// The node of the whole graph that computes it, as an index in its top-level order.
  std::size_t producer = 0;
};

/// A graph cut into one encoder per modality and a fusion.
struct SplitGraphs {
  /// Per modality: takes its inputs in the order of forward(), returns a tuple of its frontier values.
  std::vector<std::shared_ptr<torch::jit::Graph>> encoders;
  /// Takes the frontier values, then those inputs of forward() that it needs raw; returns what forward() returns.
  std::shared_ptr<torch::jit::Graph> fusion;
  std::vector<FrontierValue> frontier;
  /// Indices of the inputs of forward() that the fusion takes raw.
  std::vector<std::size_t> raw_inputs;
  /// Top-level operations, constants not counted.
  std::vector<std::size_t> encoder_operation_counts;
  std::size_t fusion_operation_count = 0;
};

/// A copy of a frozen forward() that can be analysed: inlined, without `self`, with one tensor input per name in the
/// order of the names (arguments without a name keep their default), mutations made functional where they can be.
/// Throws ModelError with the reason when something in it stands against a cut.
std::shared_ptr<torch::jit::Graph> prepare_graph(const torch::jit::Graph& forward, const c10::FunctionSchema& schema,
                                                 const std::vector<std::string>& input_names);

/// Assigns every top-level node to the union of the modalities of its inputs, captured ones included. Nodes of one
/// modality form its encoder, nodes of two or more the fusion; `kept_in_fusion` lists nodes that go into the fusion
/// although they depend on one modality only. Values other than tensors never cross: their producers go into the
/// fusion, too.
/// Nodes that touch a value which an in-place operation may change stay together.
SplitGraphs split_graph(const std::shared_ptr<torch::jit::Graph>& graph, const std::vector<ModelInput>& inputs,
                        std::size_t modality_count, const std::unordered_set<std::size_t>& kept_in_fusion);

}  // namespace modattr
