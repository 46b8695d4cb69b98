#pragma once

#include <torch/csrc/jit/ir/ir.h>

namespace modattr {

/// Makes libtorch's interpreter run loops and branches in the order of the graph. It runs a node with one output and
/// one use just before that use, and frees a value after as many reads as the graph has of it: in
///
///     y = loop that reads x;  z = cat([x, y])
///
/// the loop is run after the list has read x, its own read counts as the last one, and its second round finds nothing
/// there ("Expected Tensor but got None"; its optimiser, which changes the rounding from call to call, hides that). A
/// second use of the output prevents it. To be called on a graph that is run as it is; passes that remove dead code
/// undo it.
void run_blocks_in_place(torch::jit::Graph& graph);

}  // namespace modattr
