#pragma once

#include <memory>
#include <unordered_set>

#include <torch/csrc/jit/ir/ir.h>

namespace modattr {

/// What depends on the content of a graph's inputs: the numbers in them, not their shapes and types.
struct DataDependence {
  std::unordered_set<const torch::jit::Value*> values;
  /// Top-level nodes that turn content into numbers, flags or sizes outside tensors: `x.item()`, `if x.sum() > 0`,
  /// `mask.nonzero()`. Such a result is one for the whole batch, so it may change with any row of it.
  std::unordered_set<const torch::jit::Node*> readers;
};

DataDependence find_data_dependence(const std::shared_ptr<torch::jit::Graph>& graph);

/// Whether the node reads only the shape, type or device of the tensors that it takes.
bool reads_shape_only(const torch::jit::Node& node);

/// Whether the node packs sequences. It counts over the batch how many of them are how long, but only to arrange its
/// rows in steps.
bool packs_sequences(const torch::jit::Node& node);
/// Whether the value is the batch sizes of packed sequences, and only serves to run recurrent layers on them.
bool is_internal_batch_sizes(const torch::jit::Value& value);

/// Whether two calls may differ, also by an operation that draws in place.
bool draws_random_numbers(const torch::jit::Node& node);

}  // namespace modattr
