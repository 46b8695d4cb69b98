#include "data_dependence.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/ir/constants.h>

namespace modattr {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

using Names = std::unordered_set<std::string_view>;

std::string_view name_of(const Node& node) {
  return node.kind().toQualString();
}

bool holds_tensor(const c10::Type& type) {
  if (type.kind() == c10::TypeKind::TensorType) return true;
  return std::ranges::any_of(type.containedTypes(), [](const auto& inner) { return holds_tensor(*inner); });
}

/// Numbers, flags, strings and anything of another type.
bool holds_other_than_tensors(const c10::Type& type) {
  if (type.kind() == c10::TypeKind::TensorType || type.kind() == c10::TypeKind::NoneType) return false;
  const auto inner = type.containedTypes();
  if (inner.empty()) return true;
  return std::ranges::any_of(inner, [](const auto& part) { return holds_other_than_tensors(*part); });
}

/// Puts values into containers or takes them out, without looking inside tensors.
bool moves_values(const Node& node) {
  static const Names names = {"prim::TupleConstruct", "prim::TupleUnpack",    "prim::TupleIndex",
                              "prim::TupleSlice",     "prim::ListConstruct",  "prim::ListUnpack",
                              "prim::DictConstruct",  "aten::__getitem__",    "aten::append",
                              "aten::list",           "prim::unchecked_cast", "aten::_unwrap_optional"};
  return names.contains(name_of(node));
}

/// The size of the result depends on what is in the tensors.
bool has_shape_by_content(const Node& node) {
  static const Names names = {"aten::nonzero",       "aten::nonzero_numpy",     "aten::argwhere",
                              "aten::masked_select", "aten::bincount",          "aten::_unique",
                              "aten::_unique2",      "aten::unique_dim",        "aten::unique_consecutive",
                              "aten::tensor_split",  "aten::repeat_interleave", "aten::unique_dim_consecutive"};
  const std::string_view name = name_of(node);
  if (name == "aten::where") return node.inputs().size() == 1;
  if (name == "aten::one_hot") return torch::jit::constant_as<std::int64_t>(node.inputs().at(1)).value_or(-1) < 0;
  if (name == "aten::repeat_interleave") {
    return std::ranges::any_of(node.inputs().slice(1),
                               [](const Value* input) { return holds_tensor(*input->type()); }) ||
           node.inputs().size() < 3;
  }
  return names.contains(name);
}

/// Follows the content of the inputs, node by node.
class DependenceFlow {
 public:
  DependenceFlow(const std::shared_ptr<torch::jit::Graph>& graph, std::unordered_set<const Value*>& content)
      : aliases_(graph), content_(content) {
    for (const Value* input : graph->inputs()) content_.insert(input);
  }

  /// Marks the outputs; returns whether the node, or one inside its blocks, reads content.
  bool visit(const Node& node) {
    const bool reads = visit_node(node);
    // An in-place operation may bring content into anything that is written to, wherever that was made.
    for (const Value* output : node.outputs()) {
      if (aliases_.hasWriters(output)) content_.insert(output);
    }
    return reads;
  }

 private:
  bool visit_node(const Node& node) {
    if (node.kind() == c10::prim::Loop) return visit_loop(node);
    if (!node.blocks().empty()) return visit_blocks(node);
    const auto is_content = [&](const Value* value) { return content_.contains(value); };
    const bool any_content = std::ranges::any_of(node.inputs(), is_content);
    if (!any_content || reads_shape_only(node)) return false;
    for (const Value* output : node.outputs()) {
      if (!is_internal_batch_sizes(*output)) content_.insert(output);
    }
    if (has_shape_by_content(node)) return true;
    const bool takes_content = std::ranges::any_of(
        node.inputs(), [&](const Value* input) { return is_content(input) && holds_tensor(*input->type()); });
    const bool gives_others = std::ranges::any_of(
        node.outputs(), [](const Value* output) { return holds_other_than_tensors(*output->type()); });
    return takes_content && gives_others && !moves_values(node);
  }

  bool visit(const Block& block) {
    bool reads = false;
    for (const Node* node : block.nodes()) reads |= visit(*node);
    return reads;
  }

  bool visit_blocks(const Node& node) {
    bool reads = false;
    for (const Block* block : node.blocks()) {
      reads |= visit(*block);
      for (std::size_t output = 0; output < std::min(block->outputs().size(), node.outputs().size()); ++output) {
        if (content_.contains(block->outputs()[output])) content_.insert(node.outputs()[output]);
      }
    }
    return reads;
  }

  bool visit_loop(const Node& node) {
    const Block& body = *node.blocks().front();
    bool reads = false;
    // The body's inputs are the counter and the carried values; its outputs the condition and the carried values.
    for (std::size_t known = content_.size() + 1; known != content_.size();) {
      known = content_.size();
      for (std::size_t carried = 0; carried < node.outputs().size(); ++carried) {
        if (!content_.contains(node.inputs()[carried + 2]) && !content_.contains(body.outputs()[carried + 1]) &&
            !aliases_.hasWriters(body.inputs()[carried + 1])) {
          continue;
        }
        content_.insert(body.inputs()[carried + 1]);
        content_.insert(node.outputs()[carried]);
      }
      reads |= visit(body);
    }
    return reads;
  }

  torch::jit::AliasDb aliases_;
  std::unordered_set<const Value*>& content_;
};

/// Whether an argument switches an operation's randomness off, as for dropout outside of training. Recurrent layers and
/// attention have one, too.
bool is_switched_off(const Node& node) {
  static const Names switches = {"train", "training", "dropout", "dropout_p"};
  const auto* schema = node.maybeSchema();
  if (schema == nullptr) return false;
  for (std::size_t input = 0; input < node.inputs().size() && input < schema->arguments().size(); ++input) {
    const std::string& name = schema->arguments()[input].name();
    const bool is_rate = name == "p" && name_of(node).find("dropout") != std::string_view::npos;
    if (!is_rate && !switches.contains(name)) continue;
    const auto value = torch::jit::toIValue(node.inputs()[input]);
    if (value && ((value->isBool() && !value->toBool()) || (value->isDouble() && value->toDouble() == 0.0)))
      return true;
  }
  return false;
}

}  // namespace

bool reads_shape_only(const Node& node) {
  static const Names names = {"aten::size",          "aten::dim",
                              "aten::numel",         "aten::len",
                              "aten::stride",        "aten::is_complex",
                              "aten::is_contiguous", "aten::element_size",
                              "aten::get_device",    "aten::is_floating_point",
                              "aten::__is__",        "aten::__isnot__",
                              "aten::is_same_size",  "aten::is_signed",
                              "aten::result_type",   "prim::device",
                              "prim::dtype",         "prim::layout",
                              "prim::ndim",          "prim::itemsize",
                              "prim::is_cuda",       "prim::is_cpu",
                              "prim::is_quantized",  "prim::is_sparse",
                              "prim::is_mkldnn",     "prim::requires_grad",
                              "prim::isinstance",    "aten::sym_size",
                              "prim::nbytes",        "prim::is_meta",
                              "prim::is_nested",     "aten::_shape_as_tensor"};
  return names.contains(name_of(node));
}

bool packs_sequences(const Node& node) {
  return name_of(node) == "aten::_pack_padded_sequence";
}

/// Whether the node, and what is in its blocks, writes to nothing.
bool writes_nothing(const Node& node) {
  const auto* schema = node.maybeSchema();
  if (schema != nullptr && schema->is_mutable()) return false;
  return std::ranges::all_of(node.blocks(), [](const Block* block) {
    return std::ranges::all_of(block->nodes(), [](const Node* inner) { return writes_nothing(*inner); });
  });
}

/// Whether the length of the longest sequence is only compared in checks that raise, printed, or used to unpack.
bool is_only_checked(const Value& number) {
  static const Names comparisons = {"aten::lt", "aten::le", "aten::gt", "aten::ge", "aten::eq", "aten::ne"};
  return std::ranges::all_of(number.uses(), [](const torch::jit::Use& use) {
    if (name_of(*use.user) == "aten::format" || name_of(*use.user) == "aten::_pad_packed_sequence") return true;
    if (!comparisons.contains(name_of(*use.user))) return false;
    return std::ranges::all_of(use.user->output()->uses(), [](const torch::jit::Use& flag) {
      return flag.user->kind() == c10::prim::If && flag.user->outputs().empty() && writes_nothing(*flag.user);
    });
  });
}

bool is_internal_batch_sizes(const Value& value) {
  if (!packs_sequences(*value.node()) || value.offset() != 1) return false;
  static const Names readers = {"aten::lstm",     "aten::gru",    "aten::rnn_tanh",
                                "aten::rnn_relu", "prim::device", "aten::_pad_packed_sequence"};
  return std::ranges::all_of(value.uses(), [](const torch::jit::Use& use) {
    // The first step has all rows.
    const bool is_first_step =
        name_of(*use.user) == "aten::select" && torch::jit::constant_as<std::int64_t>(use.user->inputs().at(2)) == 0;
    const bool is_checked_length =
        name_of(*use.user) == "aten::size" && use.user->outputs().size() == 1 && is_only_checked(*use.user->output());
    return is_first_step || is_checked_length || readers.contains(name_of(*use.user));
  });
}

bool draws_random_numbers(const Node& node) {
  // Those that isNondeterministic() does not know.
  static const Names names = {"aten::uniform_",
                              "aten::normal_",
                              "aten::random_",
                              "aten::exponential_",
                              "aten::cauchy_",
                              "aten::log_normal_",
                              "aten::geometric_",
                              "aten::bernoulli_",
                              "aten::bernoulli",
                              "aten::normal",
                              "aten::multinomial",
                              "aten::rand_like",
                              "aten::randn_like",
                              "aten::randint_like",
                              "aten::dropout_",
                              "aten::feature_dropout",
                              "aten::feature_dropout_",
                              "aten::alpha_dropout",
                              "aten::alpha_dropout_",
                              "aten::feature_alpha_dropout",
                              "aten::feature_alpha_dropout_",
                              "aten::rrelu",
                              "aten::rrelu_",
                              "aten::gru",
                              "aten::lstm",
                              "aten::rnn_tanh",
                              "aten::rnn_relu",
                              "aten::scaled_dot_product_attention",
                              "aten::_scaled_dot_product_attention"};
  return (names.contains(name_of(node)) || node.isNondeterministic()) && !is_switched_off(node);
}

DataDependence find_data_dependence(const std::shared_ptr<torch::jit::Graph>& graph) {
  DataDependence content;
  DependenceFlow flow(graph, content.values);
  for (const Node* node : graph->nodes()) {
    if (flow.visit(*node)) content.readers.insert(node);
  }
  return content;
}

}  // namespace modattr
