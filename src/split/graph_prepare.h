#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>

#include "batch_predicates.h"
#include "modattr/model/torchscript_model.h"
#include "modattr/split/split_model.h"
#include "split/batch_axis/batch_axis_facts.h"

namespace modattr {

struct PreparedGraph {
  std::shared_ptr<torch::jit::Graph> graph;
  /// What it holds of attributes that freezing had left in the module; empty as a rule (see module_attributes.h).
  std::vector<at::Tensor> attributes;
  /// Its top-level nodes that answer for a whole batch (see rowless_values.h).
  std::unordered_set<std::size_t> batch_reductions;
  /// Its tensors whose rows follow from the same rows of the inputs (see row_flow.h).
  std::unordered_map<const torch::jit::Value*, BatchAxis> batch_axes;
  /// The graph's outputs behind the first are what rows answer to them (see batch_questions.h).
  std::vector<SpecialisedPredicate> specialised_predicates;
};

/// A copy of forward() that can be analysed: inlined, without `self`, with one tensor input per ModelInput, in
/// their order (arguments without a name keep their default), without what only other outputs than the chosen one need,
/// mutations made functional where they can be, and shapes, and `questions` about a batch, settled on `probe`, rows of
/// the data where the model runs.
/// Throws ModelError with the reason when something in it stands against a cut.
PreparedGraph prepare_graph(const torch::jit::Method& forward, std::span<const ModelInput> inputs,
                            const OutputSelector& output, BatchPredicates questions, std::span<const at::Tensor> probe);

}  // namespace modattr
