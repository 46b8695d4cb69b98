#include "part_size.h"

#include <algorithm>

#include <torch/csrc/jit/ir/constants.h>

namespace modattr {
namespace {

using torch::jit::Block;
using torch::jit::Node;

std::size_t number_count(const c10::IValue& constant) {
  if (constant.isTensor())
    return constant.toTensor().defined() ? static_cast<std::size_t>(constant.toTensor().numel()) : 0;
  std::size_t count = 0;
  if (constant.isTensorList()) {
    for (const at::Tensor& tensor : constant.toTensorVector()) count += static_cast<std::size_t>(tensor.numel());
  }
  return count;
}

/// Numbers in the tensor constants of a block and of those inside it.
std::size_t parameter_count(const Block& block) {
  std::size_t count = 0;
  for (const Node* node : block.nodes()) {
    if (node->kind() == c10::prim::Constant) {
      const auto constant = torch::jit::toIValue(node->output());
      if (constant) count += number_count(*constant);
    }
    for (const Block* child : node->blocks()) count += parameter_count(*child);
  }
  return count;
}

}  // namespace

PartSize size_of(const torch::jit::Graph& graph) {
  const auto operation_count =
      std::ranges::count_if(graph.nodes(), [](const Node* node) { return node->kind() != c10::prim::Constant; });
  return {static_cast<std::size_t>(operation_count), parameter_count(*graph.block())};
}

}  // namespace modattr
