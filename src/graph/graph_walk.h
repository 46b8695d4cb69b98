#pragma once

#include <algorithm>
#include <unordered_set>

#include <torch/csrc/jit/ir/ir.h>

namespace modattr {

/// Calls `visit` for every value from outside `node` that it reads, also inside its blocks.
template <typename Visit>
void visit_reads(const torch::jit::Node* node, const std::unordered_set<const torch::jit::Value*>& inner, Visit visit) {
  for (const torch::jit::Value* input : node->inputs()) {
    if (!inner.contains(input)) visit(input);
  }
  for (const torch::jit::Block* block : node->blocks()) {
    std::unordered_set<const torch::jit::Value*> known = inner;
    for (const torch::jit::Value* input : block->inputs()) known.insert(input);
    for (const torch::jit::Node* child : block->nodes()) {
      visit_reads(child, known, visit);
      for (const torch::jit::Value* output : child->outputs()) known.insert(output);
    }
    for (const torch::jit::Value* output : block->outputs()) {
      if (!known.contains(output)) visit(output);
    }
  }
}

template <typename Predicate>
bool any_inner_node(const torch::jit::Node& node, const Predicate& predicate);

/// Whether `predicate` holds for a node of the block, or for one inside its nodes' blocks.
template <typename Predicate>
bool any_node(const torch::jit::Block& block, const Predicate& predicate) {
  return std::ranges::any_of(block.nodes(), [&](const torch::jit::Node* node) {
    return predicate(*node) || any_inner_node(*node, predicate);
  });
}

/// The same of the nodes inside the blocks of `node`.
template <typename Predicate>
bool any_inner_node(const torch::jit::Node& node, const Predicate& predicate) {
  return std::ranges::any_of(node.blocks(),
                             [&](const torch::jit::Block* block) { return any_node(*block, predicate); });
}

/// Calls `visit` for every value that is computed inside the blocks of `node`.
template <typename Visit>
void visit_inner_values(const torch::jit::Node* node, Visit visit) {
  for (const torch::jit::Block* block : node->blocks()) {
    for (const torch::jit::Value* input : block->inputs()) visit(input);
    for (const torch::jit::Node* child : block->nodes()) {
      for (const torch::jit::Value* output : child->outputs()) visit(output);
      visit_inner_values(child, visit);
    }
  }
}

}  // namespace modattr
