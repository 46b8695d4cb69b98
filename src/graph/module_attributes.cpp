#include "module_attributes.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include "modattr/core/error.h"

namespace modattr {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::IValue;
using torch::jit::Node;
using torch::jit::Value;

class AttributeReader {
 public:
  AttributeReader(const std::shared_ptr<Graph>& graph, const IValue& module) : graph_(graph) {
    modules_.emplace(graph->inputs().front(), module);
  }

  std::vector<at::Tensor> put_in() {
    visit(graph_->block());
    torch::jit::EliminateDeadCode(graph_);
    return std::move(tensors_);
  }

 private:
  void visit(Block* block) {
    for (auto place = block->nodes().begin(); place != block->nodes().end();) {
      Node* node = *place++;
      if (node->kind() == c10::prim::SetAttr) throw ModelError("forward() assigns attributes of the module");
      if (node->kind() == c10::prim::GetAttr) {
        read(node);
        continue;
      }
      follow(*node);
      for (Block* inner : node->blocks()) visit(inner);
      follow_blocks(*node);
    }
  }

  void read(Node* node) {
    const auto owner = modules_.find(node->input());
    if (owner == modules_.end()) return;
    const IValue attribute = owner->second.toObjectRef().getAttr(node->s(c10::attr::name));
    if (attribute.isObject()) {
      modules_.emplace(node->output(), attribute);
      return;
    }
    const torch::jit::WithInsertPoint here(node);
    const auto constant =
        torch::jit::tryInsertConstant(*graph_, attribute.isTensor() ? kept(attribute.toTensor()) : attribute);
    if (!constant) throw ModelError("forward() reads an attribute of the module that is no constant");
    (*constant)->copyMetadata(node->output());
    node->output()->replaceAllUsesWith(*constant);
    if (attribute.isTensor()) attributes_.insert(*constant);
  }

  IValue kept(const at::Tensor& tensor) {
    tensors_.push_back(tensor);
    return tensor.detach();
  }

  /// Views of attributes are attributes; none may be written to.
  void follow(const Node& node) {
    const auto* schema = node.maybeSchema();
    if (schema == nullptr) return;
    for (std::size_t input = 0; input < std::min(node.inputs().size(), schema->arguments().size()); ++input) {
      const auto* aliases = schema->arguments()[input].alias_info();
      if (aliases == nullptr || !attributes_.contains(node.inputs()[input])) continue;
      if (aliases->isWrite()) throw ModelError("forward() writes to an attribute of the module");
      for (const Value* output : node.outputs()) attributes_.insert(output);
    }
  }

  void follow_blocks(const Node& node) {
    // A loop's body gives its condition first.
    const std::size_t first = node.kind() == c10::prim::Loop ? 1 : 0;
    for (const Block* block : node.blocks()) {
      for (std::size_t output = first; output < block->outputs().size(); ++output) {
        if (attributes_.contains(block->outputs()[output]) && output - first < node.outputs().size()) {
          attributes_.insert(node.outputs()[output - first]);
        }
      }
    }
  }

  std::shared_ptr<Graph> graph_;
  std::unordered_map<const Value*, IValue> modules_;
  std::unordered_set<const Value*> attributes_;
  std::vector<at::Tensor> tensors_;
};

}  // namespace

std::vector<at::Tensor> put_in_attributes(const std::shared_ptr<Graph>& graph, const IValue& module) {
  return AttributeReader(graph, module).put_in();
}

std::vector<std::int64_t> write_counts(const std::vector<at::Tensor>& tensors) {
  std::vector<std::int64_t> counts;
  for (const at::Tensor& tensor : tensors) counts.push_back(tensor.is_inference() ? 0 : tensor._version());
  return counts;
}

}  // namespace modattr
