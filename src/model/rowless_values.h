#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <unordered_set>

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/ir/ir.h>

namespace modattr {

/// The top-level nodes, as indices in their order, that answer for the whole batch: what they give depends on what is
/// in the inputs, and is a tensor of the same shape however many rows there are. `(ids == 7).any()` is one; whether it
/// binds rows together need not show on a few of them. `probe`: one tensor of at least eight rows per input.
std::unordered_set<std::size_t> nodes_without_rows(const std::shared_ptr<torch::jit::Graph>& graph,
                                                   std::span<const at::Tensor> probe);

}  // namespace modattr
