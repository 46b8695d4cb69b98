#include "written_inputs.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/ir/constants.h>

namespace modattr {
namespace {

using Names = std::unordered_set<std::string_view>;

bool any_write(const torch::jit::Block& block) {
  return std::ranges::any_of(block.nodes(), [](const torch::jit::Node* node) {
    const auto* schema = node->maybeSchema();
    return (schema != nullptr && schema->is_mutable()) ||
           std::ranges::any_of(node->blocks(), [](const torch::jit::Block* inner) { return any_write(*inner); });
  });
}

/// Whether a node makes a tensor of its own, no alias of what it reads.
bool makes_new_tensor(const torch::jit::Node& node) {
  // Those that may give back what they are given, without saying so.
  static const Names exceptions = {"aten::type_as",       "aten::einsum",
                                   "aten::dropout",       "aten::feature_dropout",
                                   "aten::alpha_dropout", "aten::feature_alpha_dropout",
                                   "aten::atleast_1d",    "aten::atleast_2d",
                                   "aten::atleast_3d",    "aten::cpu",
                                   "aten::cuda",          "aten::pin_memory"};
  const auto* schema = node.maybeSchema();
  return schema != nullptr && schema->returns().size() == 1 && schema->returns().front().alias_info() == nullptr &&
         node.blocks().empty() && !exceptions.contains(node.kind().toQualString());
}

/// Whether a value is one of the pieces that a sum or product is taken apart into in a block, where nothing else reads
/// it: the gates of a recurrent cell.
bool is_own_piece(const torch::jit::Value& value, const torch::jit::Block& block) {
  static const Names partings = {"aten::split", "aten::split_with_sizes", "aten::unsafe_chunk", "aten::unsafe_split",
                                 "aten::unsafe_split_with_sizes"};
  static const Names makers = {"aten::add", "aten::sub",  "aten::mul",    "aten::div",    "aten::matmul",
                               "aten::mm",  "aten::bmm",  "aten::addmm",  "aten::linear", "aten::baddbmm",
                               "aten::cat", "aten::tanh", "aten::conv1d", "aten::conv2d", "aten::layer_norm"};
  const torch::jit::Node* parting = value.node();
  if (parting->owningBlock() != &block) return false;
  if (parting->kind() == c10::prim::ListUnpack) {
    if (parting->input()->uses().size() != 1) return false;
    parting = parting->input()->node();
    if (!partings.contains(parting->kind().toQualString())) return false;
  } else if (parting->kind() != c10::prim::ConstantChunk) {
    return false;
  }
  const torch::jit::Value* whole = parting->inputs().front();
  return parting->owningBlock() == &block && whole->node()->owningBlock() == &block && whole->uses().size() == 1 &&
         makers.contains(whole->node()->kind().toQualString());
}

void write_to_new_values(torch::jit::Graph& graph, torch::jit::Block& block) {
  for (auto place = block.nodes().begin(); place != block.nodes().end();) {
    torch::jit::Node* node = *place++;
    for (torch::jit::Block* inner : node->blocks()) write_to_new_values(graph, *inner);
    const std::string name = node->kind().toQualString();
    if (!node->kind().is_aten() || !name.ends_with('_') || name.ends_with("__") || node->outputs().size() != 1)
      continue;
    const torch::jit::Value* target = node->inputs().front();
    // Another tensor could make the result one of another type or shape.
    const bool reads_one = std::ranges::none_of(node->inputs().slice(1), [](const torch::jit::Value* input) {
      return input->type()->isSubtypeOf(*c10::TensorType::get());
    });
    if (!reads_one || target->uses().size() != 1 || target->node()->owningBlock() != &block ||
        target->node()->kind() == c10::prim::Param ||
        !(makes_new_tensor(*target->node()) || is_own_piece(*target, block))) {
      continue;
    }
    torch::jit::Node* made =
        graph.create(c10::Symbol::fromQualString(name.substr(0, name.size() - 1)), node->inputs(), 1);
    const auto* schema = made->maybeSchema();
    if (schema == nullptr || schema->is_mutable() || schema->returns().size() != 1 || !makes_new_tensor(*made)) {
      made->destroy();
      continue;
    }
    made->insertBefore(node);
    made->output()->copyMetadata(node->output());
    node->output()->replaceAllUsesWith(made->output());
    node->destroy();
  }
}

}  // namespace

void write_to_new_values(torch::jit::Graph& graph) {
  write_to_new_values(graph, *graph.block());
}

void copy_written_inputs(const std::shared_ptr<torch::jit::Graph>& graph) {
  using torch::jit::Node;
  using torch::jit::Value;
  const torch::jit::AliasDb aliases(graph);
  std::vector<Value*> written;
  for (Value* input : graph->inputs()) {
    if (input->type()->kind() == c10::TypeKind::TensorType && aliases.hasWriters(input)) written.push_back(input);
  }
  if (written.empty()) return;
  const torch::jit::WithInsertPoint begin(*graph->nodes().begin());
  Value* same_memory_format = graph->insertConstant(torch::jit::IValue());
  for (Value* input : written) {
    Node* copy = graph->insertNode(graph->create(c10::aten::clone, {input, same_memory_format}));
    copy->output()->setType(input->type());
    input->replaceAllUsesAfterNodeWith(copy, copy->output());
  }
}

void drop_input_copies(torch::jit::Graph& graph) {
  for (torch::jit::Value* input : graph.inputs()) {
    if (input->uses().size() != 1) continue;
    torch::jit::Node* copy = input->uses().front().user;
    if (copy->kind() != c10::aten::clone || copy->owningBlock() != graph.block()) continue;
    copy->output()->replaceAllUsesWith(input);
    copy->destroy();
  }
}

bool writes_to_inputs(const std::shared_ptr<torch::jit::Graph>& graph) {
  if (!any_write(*graph->block())) return false;
  const torch::jit::AliasDb aliases(graph);
  return std::ranges::any_of(graph->inputs(), [&](const torch::jit::Value* input) {
    // What a dictionary holds cannot be followed.
    return input->type()->kind() == c10::TypeKind::DictType || aliases.hasWriters(input);
  });
}

}  // namespace modattr
