#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include "row_facts.h"

namespace modattr {

/// Adds what an operation is known to do with rows: where they lie in its outputs, if each of them follows from the
/// same row of the inputs. Knows the common operations of PyTorch in their common forms, and says nothing of others.
void add_rows_of_outputs(const torch::jit::Node& node, RowFacts& facts);

/// Whether the operation makes every number of its output of the numbers in the same place of its inputs.
bool is_number_by_number(const torch::jit::Node& node);

}  // namespace modattr
