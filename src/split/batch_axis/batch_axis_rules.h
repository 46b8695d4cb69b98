#pragma once

#include <optional>

#include <torch/csrc/jit/ir/ir.h>

#include "batch_axis_facts.h"
#include "batch_axis_node.h"

namespace modattr {

/// Records the batch axes of an operation's outputs, where each row follows from the same row of its inputs. Knows the
/// common operations of PyTorch in their common forms, and records nothing of others.
void add_axes_of_outputs(const torch::jit::Node& node, BatchAxisFacts& facts);

/// Whether every element of the output follows from the elements in the same place of the (broadcast) inputs.
bool is_elementwise(const torch::jit::Node& node);

// The rules by kinds of operations: the batch axis of the output; nullopt where an operation is of another kind, or may
// mix rows. All arguments but tensors are constants, except for those of axis_in_free_shape().

std::optional<BatchAxis> axis_along_dimensions(const BatchAxisNode& node);
std::optional<BatchAxis> axis_rearranged(const BatchAxisNode& node);
/// The operation takes a shape that may follow the number of rows; the trial knows the output's.
std::optional<BatchAxis> axis_in_free_shape(const BatchAxisNode& node);
std::optional<BatchAxis> axis_of_layer(const BatchAxisNode& node);

}  // namespace modattr
