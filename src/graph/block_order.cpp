#include "block_order.h"

namespace modattr {
namespace {

void run_in_place(torch::jit::Graph& graph, torch::jit::Block& block) {
  for (auto place = block.nodes().begin(); place != block.nodes().end();) {
    torch::jit::Node* node = *place++;
    for (torch::jit::Block* inner : node->blocks()) run_in_place(graph, *inner);
    if (node->blocks().empty() || node->outputs().size() != 1 || node->output()->uses().size() != 1) continue;
    graph.createTuple({node->output()})->insertAfter(node);
  }
}

}  // namespace

void run_blocks_in_place(torch::jit::Graph& graph) {
  run_in_place(graph, *graph.block());
}

}  // namespace modattr
