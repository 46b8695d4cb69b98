#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include "modattr/split/split_model.h"

namespace modattr {

/// Top-level operations of a graph, and the numbers in its tensor constants, those inside blocks included.
PartSize size_of(const torch::jit::Graph& graph);

}  // namespace modattr
