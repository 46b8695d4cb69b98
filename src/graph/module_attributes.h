#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/ir/ir.h>

namespace modattr {

/// Puts the attributes that a graph reads of a module, its first input, into the graph as constants. Freezing leaves
/// those that an in-place operation might write to, as it does not follow values through lists; here a graph is
/// refused, with a ModelError that says why, only when it assigns an attribute or writes to one or to a view of one.
/// Whether it writes to one through a list is left to write_counts(). Expects calls to be inlined. Returns the tensors
/// that it put in.
std::vector<at::Tensor> put_in_attributes(const std::shared_ptr<torch::jit::Graph>& graph,
                                          const torch::jit::IValue& module);

/// How often each tensor has been written to.
std::vector<std::int64_t> write_counts(const std::vector<at::Tensor>& tensors);

}  // namespace modattr
