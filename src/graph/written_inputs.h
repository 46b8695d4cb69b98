#pragma once

#include <memory>

#include <torch/csrc/jit/ir/ir.h>

namespace modattr {

/// Makes in-place operations on what nobody else reads, as relu_() of a sum, operations that give a new tensor. Once
/// their results are in a list, they would count as writes to all that may be in one, the inputs included.
void write_to_new_values(torch::jit::Graph& graph);

/// Replaces every tensor input that an in-place operation may write to, itself or through a view, by a copy at the top
/// of the graph: what a model changes is then its own, and may be analysed as such. Expects calls to be inlined.
void copy_written_inputs(const std::shared_ptr<torch::jit::Graph>& graph);

/// Takes such copies away again, wherever nothing else reads the input.
void drop_input_copies(torch::jit::Graph& graph);

/// Whether an in-place operation may write to an input of the graph, or to a tensor in one.
bool writes_to_inputs(const std::shared_ptr<torch::jit::Graph>& graph);

}  // namespace modattr
