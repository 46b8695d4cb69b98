#include "batch_axis_rules.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "graph/data_dependence.h"

namespace modattr {
namespace {

using torch::jit::Node;
using torch::jit::Value;

using Names = std::unordered_set<std::string_view>;
using Axis = std::optional<BatchAxis>;

/// Whether all arguments but tensors and lists of them are constants.
bool has_constant_options(const BatchAxisNode& node) {
  return std::ranges::all_of(node.node().inputs(), [&](const Value* value) {
    return is_tensor(*value) || value->type()->isSubtypeOf(*c10::ListType::ofTensors()) ||
           node.facts().is_constant(*value);
  });
}

/// The axis in the shape that all tensors are broadcast to, where they agree on it.
Axis elementwise(const BatchAxisNode& node) {
  if (!is_elementwise(node.node())) return std::nullopt;
  const BatchAxisFacts& facts = node.facts();
  std::size_t widest = 0;
  for (const Value* value : node.node().inputs()) {
    if (!is_tensor(*value)) continue;
    if (!facts.rank(*value)) return std::nullopt;
    widest = std::max(widest, *facts.rank(*value));
  }
  Axis common;
  for (const Value* value : node.node().inputs()) {
    const Axis own = facts.axis_of(*value);
    if (!own) continue;
    const BatchAxis axis = moved(*own, widest - *facts.rank(*value) + own->dimension);
    if (common && common != axis) return std::nullopt;
    common = axis;
  }
  if (!common) return std::nullopt;
  for (const Value* value : node.node().inputs()) {
    if (!is_tensor(*value) || facts.axis_of(*value)) continue;
    // A constant must be the same for all rows.
    if (!facts.is_constant(*value)) return std::nullopt;
    const std::size_t missing = widest - *facts.rank(*value);
    if (common->dimension >= missing && facts.shapes(*value)->front()[common->dimension - missing] != 1) {
      return std::nullopt;
    }
  }
  return common;
}

/// Of operations that give the first input as it is, or one number in its shape.
Axis of_first_input(const BatchAxisNode& node) {
  static const Names names = {"to",      "_to_copy",        "contiguous",    "clone",      "detach",    "type_as",
                              "dropout", "feature_dropout", "alpha_dropout", "zeros_like", "ones_like", "full_like",
                              "alias"};
  return names.contains(node.name()) && !draws_random_numbers(node.node()) ? node.axis(0) : Axis();
}

Axis joined(const BatchAxisNode& node) {
  const bool is_stack = node.name() == "stack";
  if (!is_stack && node.name() != "cat" && node.name() != "concat") return std::nullopt;
  const auto elements = node.facts().elements_of(node.input(0));
  if (elements.empty()) return std::nullopt;
  const Axis axis = node.facts().axis_of(*elements[0]);
  const auto count = node.facts().rank(*elements[0]);
  for (const Value* element : elements) {
    if (!axis || node.facts().axis_of(*element) != axis || node.facts().rank(*element) != count) return std::nullopt;
  }
  const auto along = dimension_from(&node.input(1), *count + (is_stack ? 1 : 0));
  if (!along) return std::nullopt;
  if (is_stack) return moved(*axis, axis->dimension + (*along <= axis->dimension ? 1 : 0));
  return *along == axis->dimension ? Axis() : axis;
}

Axis of_list(const BatchAxisNode& node) {
  if (node.name() != "__getitem__") return std::nullopt;
  if (node.facts().is_list(node.input(0))) return node.facts().axis_of(node.input(0));
  const auto elements = node.facts().elements_of(node.input(0));
  const auto place = dimension_from(&node.input(1), elements.size());
  return place ? node.facts().axis_of(*elements[*place]) : Axis();
}

Axis of_structure(const BatchAxisNode& node) {
  if (node.node().kind() == c10::prim::ListUnpack && node.facts().is_list(node.input(0))) {
    return node.facts().axis_of(node.input(0));
  }
  if (!node.axis(0)) return std::nullopt;
  if (node.node().kind() == c10::prim::unchecked_cast) return node.axis(0);
  if (node.node().kind() != c10::prim::ConstantChunk) return std::nullopt;
  const std::int64_t along = node.node().i(c10::attr::dim);
  const std::int64_t dimension = along < 0 ? along + static_cast<std::int64_t>(*node.rank(0)) : along;
  return std::cmp_equal(dimension, node.axis(0)->dimension) ? Axis() : node.axis(0);
}

/// Of every element of the list that a node gives.
Axis of_parts(const BatchAxisNode& node) {
  static const Names names = {"chunk", "split", "split_with_sizes", "unbind"};
  if (!names.contains(node.name()) || !node.axis(0) || !node.is_constant_from(1)) return std::nullopt;
  const auto along = dimension_from(argument(node.node(), "dim"), *node.rank(0));
  if (!along || *along == node.axis(0)->dimension) return std::nullopt;
  const std::size_t gone = node.name() == "unbind" && *along < node.axis(0)->dimension ? 1 : 0;
  return moved(*node.axis(0), node.axis(0)->dimension - gone);
}

/// Sequences of [rows, steps, ...] or [steps, rows, ...], and states of [layers, rows, ...].
void add_recurrent(const BatchAxisNode& node, BatchAxisFacts& facts) {
  // Packed sequences come without that argument.
  const std::optional<bool> is_first = flag(node.node(), "batch_first");
  if (!is_first || draws_random_numbers(node.node()) || !node.is_constant_from(2)) return;
  const BatchAxis sequence{*is_first ? std::size_t{0} : std::size_t{1}};
  const BatchAxis state{1};
  const auto is_state = [&](const Value* value) { return facts.axis_of(*value) == state && facts.rank(*value) == 3; };
  const auto states = facts.elements_of(node.input(1));
  const bool is_state_known =
      node.name() == "lstm" ? !states.empty() && std::ranges::all_of(states, is_state) : is_state(&node.input(1));
  if (node.axis(0) != sequence || node.rank(0) != 3 || !is_state_known) return;
  for (std::size_t output = 0; output < node.node().outputs().size(); ++output) {
    facts.add_axis(*node.node().outputs()[output], output == 0 ? sequence : state);
  }
}

Axis of_outputs(const BatchAxisNode& node) {
  if (!node.node().kind().is_aten()) return of_structure(node);
  if (const Axis axis = axis_in_free_shape(node)) return axis;
  if (!has_constant_options(node)) return std::nullopt;
  for (const auto rule :
       {elementwise, of_first_input, axis_along_dimensions, axis_rearranged, axis_of_layer, joined, of_list}) {
    if (const Axis axis = rule(node)) return axis;
  }
  return std::nullopt;
}

}  // namespace

bool is_elementwise(const Node& node) {
  static const Names names = {
      "add",       "sub",         "rsub",        "mul",         "div",        "true_divide", "floor_divide",
      "pow",       "fmod",        "remainder",   "maximum",     "minimum",    "where",       "masked_fill",
      "relu",      "relu6",       "gelu",        "silu",        "sigmoid",    "tanh",        "leaky_relu",
      "elu",       "selu",        "celu",        "hardtanh",    "hardswish",  "hardsigmoid", "softplus",
      "softsign",  "mish",        "log_sigmoid", "exp",         "exp2",       "expm1",       "log",
      "log1p",     "log2",        "log10",       "sqrt",        "rsqrt",      "square",      "reciprocal",
      "abs",       "neg",         "sign",        "clamp",       "clamp_min",  "clamp_max",   "erf",
      "sin",       "cos",         "floor",       "ceil",        "round",      "trunc",       "isnan",
      "isinf",     "isfinite",    "logical_not", "logical_and", "logical_or", "logical_xor", "bitwise_not",
      "threshold", "bitwise_and", "bitwise_or",  "eq",          "ne",         "lt",          "le",
      "gt",        "ge",          "lerp",        "addcmul",     "addcdiv",    "nan_to_num",  "__and__",
      "__or__",    "__xor__"};
  if (!node.kind().is_aten() || node.outputs().size() != 1 || !is_tensor(*node.output())) return false;
  const std::string_view name = plain_name(node);
  // With one input it gives the indices of true elements.
  if (name == "where") return node.inputs().size() == 3;
  const bool is_pair = (name == "max" || name == "min") && node.inputs().size() == 2 && is_tensor(*node.inputs()[1]);
  return is_pair || names.contains(name);
}

void add_axes_of_outputs(const Node& node, BatchAxisFacts& facts) {
  static const Names recurrent = {"gru", "lstm", "rnn_tanh", "rnn_relu"};
  if (node.inputs().empty() || node.outputs().empty()) return;
  const BatchAxisNode known(node, facts);
  if (node.kind().is_aten() && recurrent.contains(known.name())) return add_recurrent(known, facts);
  if (const Axis axis = of_outputs(known)) {
    // Maxima come with their indices.
    for (const Value* output : node.outputs()) {
      if (is_tensor(*output)) facts.add_axis(*output, *axis);
    }
  } else if (const Axis parts = of_parts(known)) {
    facts.add_list(*node.output(), *parts);
  }
}

}  // namespace modattr
