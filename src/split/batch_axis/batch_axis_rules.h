#pragma once

#include <optional>

#include <torch/csrc/jit/ir/ir.h>

#include "batch_axis_facts.h"
#include "batch_axis_node.h"

namespace modattr {

/// Adds what an operation is known to do with rows: where they lie in its outputs, if each of them follows from the
/// same row of the inputs. Knows the common operations of PyTorch in their common forms, and says nothing of others.
void add_rows_of_outputs(const torch::jit::Node& node, BatchAxisFacts& facts);

/// Whether the operation makes every number of its output of the numbers in the same place of its inputs.
bool is_number_by_number(const torch::jit::Node& node);

// The rules by kinds of operations; nullopt where an operation is of another kind, or may mix rows. All arguments but
// tensors are constants, except for those of rows_in_free_shape().

std::optional<BatchAxis> rows_along_dimensions(const BatchAxisNode& node);
std::optional<BatchAxis> rows_rearranged(const BatchAxisNode& node);
/// Given a shape that may follow the number of rows, and that the trial has seen.
std::optional<BatchAxis> rows_in_free_shape(const BatchAxisNode& node);
std::optional<BatchAxis> rows_of_layer(const BatchAxisNode& node);

}  // namespace modattr
