#pragma once

#include <memory>
#include <unordered_set>

#include <torch/csrc/jit/ir/ir.h>

namespace modattr {

/// What depends on the numbers inside a graph's inputs. Sizes and types of tensors are no content.
struct DataDependence {
  std::unordered_set<const torch::jit::Value*> values;
  /// Top-level nodes that turn content into numbers, flags or sizes outside tensors: `x.item()`, `if x.sum() > 0`,
  /// `mask.nonzero()`. Such an answer is one for the whole batch, so it may change with every other row of it.
  std::unordered_set<const torch::jit::Node*> readers;
};

DataDependence find_data_dependence(const std::shared_ptr<torch::jit::Graph>& graph);

/// Whether the node looks only at the shape, type or place of the tensors that it takes.
bool reads_shape_only(const torch::jit::Node& node);

/// Whether the node packs sequences: their lengths are counted over the batch, but only to lay its rows out in steps.
bool lays_rows_out(const torch::jit::Node& node);
/// Whether the value says how many rows each step of packed sequences has, and only serves to run them.
bool counts_rows_of_steps(const torch::jit::Value& value);

/// Whether two calls may differ, also by an operation that draws in place.
bool draws_random_numbers(const torch::jit::Node& node);

}  // namespace modattr
