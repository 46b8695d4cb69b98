#include "inner_graph.h"

#include <string_view>

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/inline_fork_wait.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/passes/remove_mutation.h>

#include "graph/data_dependence.h"
#include "graph/graph_walk.h"
#include "modattr/core/error.h"

namespace modattr {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

/// Layers choose fused operations, which have no derivative, by whether gradients are asked for: they are.
void ask_for_gradients(Graph& graph, Block* block) {
  static const std::unordered_map<std::string_view, bool> answers = {{"aten::is_grad_enabled", true},
                                                                     {"prim::requires_grad", true},
                                                                     {"aten::is_autocast_enabled", false},
                                                                     {"aten::is_autocast_cpu_enabled", false}};
  for (auto place = block->nodes().begin(); place != block->nodes().end();) {
    Node* node = *place++;
    for (Block* inner : node->blocks()) ask_for_gradients(graph, inner);
    const auto answer = answers.find(node->kind().toQualString());
    if (answer == answers.end()) continue;
    const torch::jit::WithInsertPoint here(node);
    node->output()->replaceAllUsesWith(graph.insertConstant(answer->second));
    node->destroy();
  }
}

void refuse_quantised(const Block& block, const std::string& path) {
  any_node(block, [&](const Node& node) -> bool {
    const std::string name = node.kind().toQualString();
    if (name.starts_with("quantized::") || name.starts_with("aten::quantize_") ||
        name.starts_with("aten::dequantize")) {
      throw ModelError(path + ": expected a model of floating-point numbers, got the quantised operation " + name +
                       ", which has no derivative; save the float model");
    }
    return false;
  });
}

void find_written(const torch::jit::AliasDb& aliases, const Block& block, std::unordered_set<const Value*>& written) {
  const auto look_at = [&](const Value* value) {
    if (aliases.hasWriters(value)) written.insert(value);
  };
  for (const Value* input : block.inputs()) look_at(input);
  for (const Node* node : block.nodes()) {
    for (const Value* output : node->outputs()) look_at(output);
    for (const Block* inner : node->blocks()) find_written(aliases, *inner, written);
  }
}

void find_last_uses(InnerGraph& inner) {
  std::unordered_set<const Value*> needed;
  for (const Value* output : inner.graph->outputs()) needed.insert(output);
  for (const Node* node : inner.graph->nodes().reverse()) {
    std::vector<const Value*>& last = inner.last_uses[node];
    visit_reads(node, {}, [&](const Value* value) {
      if (needed.insert(value).second) last.push_back(value);
    });
    for (const Value* output : node->outputs()) {
      if (!needed.contains(output)) last.push_back(output);
    }
  }
}

}  // namespace

InnerGraph make_inner_graph(const TorchScriptProgram& program) {
  const torch::jit::Method forward = program.module.get_method("forward");
  InnerGraph inner{.graph = forward.graph()->copy(),
                   .module = program.module._ivalue(),
                   .written = {},
                   .last_uses = {},
                   .arguments = {},
                   .defaults = {}};
  std::shared_ptr<Graph>& graph = inner.graph;
  torch::jit::Inline(*graph);
  torch::jit::InlineForkWait(graph);
  refuse_quantised(*graph->block(), program.path);
  // Before constants are propagated, which removes the branches that are not taken.
  ask_for_gradients(*graph, graph->block());
  torch::jit::ConstantPropagation(graph);
  torch::jit::RemoveListMutation(graph);
  torch::jit::RemoveTensorMutation(graph);
  torch::jit::ConstantPropagation(graph);
  torch::jit::EliminateDeadCode(graph);
  inner.reads_data = !find_data_dependence(graph).readers.empty();
  find_written(torch::jit::AliasDb(graph), *graph->block(), inner.written);
  find_last_uses(inner);
  const auto& arguments = forward.function().getSchema().arguments();
  for (std::size_t place = 1; place < arguments.size(); ++place) {
    inner.takes_dictionary |= arguments[place].type()->kind() == c10::TypeKind::DictType && arguments.size() == 2;
    inner.arguments.push_back(arguments[place].name());
    const auto& value = arguments[place].default_value();
    inner.defaults.push_back(value ? *value : c10::IValue());
  }
  return inner;
}

}  // namespace modattr
