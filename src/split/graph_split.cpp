#include "graph_split.h"

#include <algorithm>
#include <unordered_map>

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include "graph/data_dependence.h"
#include "modattr/core/error.h"
#include "part_assignment.h"

namespace modattr {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

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

/// Top-level operations of a graph, and the numbers in its tensor constants, those inside blocks included.
PartSize size_of(const torch::jit::Graph& graph) {
  const auto operation_count =
      std::ranges::count_if(graph.nodes(), [](const Node* node) { return node->kind() != c10::prim::Constant; });
  return {static_cast<std::size_t>(operation_count), parameter_count(*graph.block())};
}

class GraphSplitter {
 public:
  GraphSplitter(const SplitAnalysis& analysis, std::span<const ModelInput> inputs, std::size_t modality_count,
                const std::unordered_set<std::size_t>& kept_in_fusion)
      : analysis_(analysis),
        graph_(*analysis.graph),
        inputs_(inputs),
        modality_count_(modality_count),
        assignment_(analysis, inputs, kept_in_fusion),
        frontier_(assignment_.frontier()) {}

  SplitGraphs split() {
    SplitGraphs result;
    find_meeting(result);
    for (std::size_t modality = 0; modality < modality_count_; ++modality) add_encoder(modality, result);
    add_fusion(result);
    result.is_row_by_row = batch_axis(*graph_.outputs().front()) == BatchAxis{};
    return result;
  }

 private:
  /// The values of the graph and what stands for them in a part.
  using Copies = std::unordered_map<const Value*, Value*>;

  std::optional<BatchAxis> batch_axis(const Value& value) const {
    const auto found = analysis_.batch_axes.find(&value);
    return found == analysis_.batch_axes.end() ? std::nullopt : std::optional(found->second);
  }

  void find_meeting(SplitGraphs& result) const {
    const auto first = std::ranges::find_if(assignment_.nodes(), [](const AssignedNode& assigned) {
      return assigned.in_fusion && assigned.node->kind() != c10::prim::ListConstruct &&
             assigned.node->kind() != c10::prim::TupleConstruct;
    });
    if (first == assignment_.nodes().end()) return;
    result.meeting = first->node->kind().toQualString();
    result.meets_whole_batch = first->modalities.size() == 1 && (first->reads_content || first->is_kept_in_fusion);
  }

  /// Copies the nodes of a part to the end of `target`, in their order.
  void copy_part(Graph& target, const std::vector<bool>& part, Copies& copies) const {
    for (std::size_t index = 0; index < part.size(); ++index) {
      if (!part[index]) continue;
      const AssignedNode& assigned = assignment_.nodes()[index];
      Node* copy = target.createClone(assigned.node, [&](Value* value) {
        // A part counts the rows of an input that it has.
        const bool is_counted = assigned.is_row_count && value == assigned.node->inputs()[0] && !copies.contains(value);
        return is_counted ? target.inputs()[0] : copies.at(value);
      });
      target.appendNode(copy);
      for (std::size_t output = 0; output < copy->outputs().size(); ++output) {
        copies[assigned.node->outputs()[output]] = copy->outputs()[output];
      }
    }
  }

  void add_encoder(std::size_t modality, SplitGraphs& result) const {
    auto encoder = std::make_shared<Graph>();
    Copies copies;
    for (std::size_t index = 0; index < inputs_.size(); ++index) {
      if (inputs_[index].modality != modality) continue;
      Value* input = encoder->addInput();
      input->setType(graph_.inputs()[index]->type());
      copies[graph_.inputs()[index]] = input;
    }
    copy_part(*encoder, assignment_.encoder_part(modality), copies);
    std::vector<Value*> outputs;
    for (const Value* value : frontier_) {
      if (assignment_.encoder_of(*value) != modality) continue;
      result.frontier.push_back({modality, outputs.size(), assignment_.producer_of(*value),
                                 assignment_.depends_on_data(*value), batch_axis(*value)});
      outputs.push_back(copies.at(value));
    }
    for (std::size_t place = 0; place < analysis_.specialised_predicates.size(); ++place) {
      const Value* flags = graph_.outputs()[place + 1];
      if (assignment_.encoder_of(*flags) != modality) continue;
      const bool is_row_by_row = batch_axis(*flags) == BatchAxis{};
      result.row_checks.push_back({modality, outputs.size(), analysis_.specialised_predicates[place], is_row_by_row});
      outputs.push_back(copies.at(flags));
    }
    Node* tuple = encoder->createTuple(outputs);
    encoder->appendNode(tuple);
    encoder->registerOutput(tuple->output());
    torch::jit::EliminateDeadCode(encoder);
    result.encoder_sizes.push_back(size_of(*encoder));
    // The tuple of outputs is no operation.
    --result.encoder_sizes.back().operation_count;
    result.encoders.push_back(std::move(encoder));
  }

  void add_fusion(SplitGraphs& result) const {
    auto fusion = std::make_shared<Graph>();
    Copies copies;
    // In the order of result.frontier.
    for (std::size_t modality = 0; modality < modality_count_; ++modality) {
      for (const Value* value : frontier_) {
        if (assignment_.encoder_of(*value) != modality) continue;
        Value* input = fusion->addInput();
        input->setType(value->type());
        copies[value] = input;
      }
    }
    const std::vector<std::size_t> raw_inputs = assignment_.raw_inputs();
    for (const std::size_t index : raw_inputs) {
      Value* input = fusion->addInput();
      input->setType(graph_.inputs()[index]->type());
      copies[graph_.inputs()[index]] = input;
    }
    copy_part(*fusion, assignment_.fusion_part(), copies);
    fusion->registerOutput(copies.at(graph_.outputs().front()));
    torch::jit::EliminateDeadCode(fusion);
    result.fusion_size = size_of(*fusion);
    for (std::size_t place = 0; place < raw_inputs.size(); ++place) {
      const auto& uses = fusion->inputs()[frontier_.size() + place]->uses();
      const auto reads_shape = [](const torch::jit::Use& use) { return reads_shape_only(*use.user); };
      result.raw_inputs.push_back({raw_inputs[place], std::ranges::all_of(uses, reads_shape)});
    }
    result.fusion = std::move(fusion);
  }

  const SplitAnalysis& analysis_;
  const Graph& graph_;
  std::span<const ModelInput> inputs_;
  std::size_t modality_count_;
  PartAssignment assignment_;
  std::vector<const Value*> frontier_;
};

}  // namespace

SplitGraphs split_graph(const SplitAnalysis& analysis, std::span<const ModelInput> inputs, std::size_t modality_count,
                        const std::unordered_set<std::size_t>& kept_in_fusion) {
  SplitGraphs graphs = GraphSplitter(analysis, inputs, modality_count, kept_in_fusion).split();
  if (graphs.row_checks.size() != analysis.specialised_predicates.size()) {
    throw ModelError("a specialised predicate is about values that no single encoder computes");
  }
  return graphs;
}

}  // namespace modattr
