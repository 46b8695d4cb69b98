#include <string_view>
#include <unordered_set>

#include <ATen/ExpandUtils.h>
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "dual_interpreter.h"
#include "graph_engines/rules/node_call.h"

namespace modattr {
namespace {

/// Operations whose every result belongs to the same element of their argument.
bool is_elementwise(std::string_view name) {
  static const std::unordered_set<std::string_view> names = {"to",
                                                             "_to_copy",
                                                             "type_as",
                                                             "float",
                                                             "double",
                                                             "long",
                                                             "int",
                                                             "bool",
                                                             "eq",
                                                             "ne",
                                                             "lt",
                                                             "le",
                                                             "gt",
                                                             "ge",
                                                             "not_equal",
                                                             "less",
                                                             "less_equal",
                                                             "greater",
                                                             "greater_equal",
                                                             "logical_not",
                                                             "logical_and",
                                                             "logical_or",
                                                             "logical_xor",
                                                             "bitwise_not",
                                                             "bitwise_and",
                                                             "bitwise_or",
                                                             "bitwise_xor",
                                                             "__and__",
                                                             "__or__",
                                                             "__xor__",
                                                             "add",
                                                             "sub",
                                                             "rsub",
                                                             "mul",
                                                             "div",
                                                             "neg",
                                                             "abs",
                                                             "clamp",
                                                             "clamp_min",
                                                             "clamp_max",
                                                             "remainder",
                                                             "fmod",
                                                             "floor_divide",
                                                             "clone",
                                                             "contiguous",
                                                             "masked_fill",
                                                             "where",
                                                             "isnan",
                                                             "isfinite",
                                                             "isinf",
                                                             "sign",
                                                             "floor",
                                                             "round",
                                                             "detach",
                                                             "alias",
                                                             "lift_fresh",
                                                             "lift_fresh_copy"};
  return names.contains(name);
}

/// Operations that look an integer up in a table, or write it as several numbers behind it.
bool looks_up(std::string_view name) {
  return name == "embedding" || name == "one_hot";
}

bool is_view(const torch::jit::Node& node) {
  const auto* const schema = node.maybeSchema();
  if (schema == nullptr || schema->arguments().empty()) return false;
  const auto* const alias = schema->arguments().front().alias_info();
  return alias != nullptr && !alias->isWrite();
}

}  // namespace

at::Tensor origin_of(const torch::jit::Node& node, const std::vector<Dual>& arguments, const c10::IValue& result) {
  if (!result.isTensor()) return {};
  std::size_t place = arguments.size();
  for (std::size_t argument = 0; argument < arguments.size(); ++argument) {
    if (arguments[argument].is_same) continue;
    if (!arguments[argument].origin.defined()) {
      // One that may be written to later, and has no difference yet.
      if (are_equal(arguments[argument].x, arguments[argument].b)) continue;
      return {};
    }
    // Of two that differ, only those from the same elements.
    if (place != arguments.size()) {
      const at::Tensor& known = arguments[place].origin;
      if (known.sizes() != arguments[argument].origin.sizes() || !at::equal(known, arguments[argument].origin)) {
        return {};
      }
    }
    place = argument;
  }
  if (place == arguments.size()) return {};
  const at::Tensor& origin = arguments[place].origin;
  const at::IntArrayRef sizes = result.toTensor().sizes();
  const std::string_view name = functional_name(node);
  if (looks_up(name)) {
    const bool fits = sizes.size() > origin.sizes().size() && sizes.slice(0, origin.sizes().size()) == origin.sizes();
    return fits ? origin : at::Tensor();
  }
  if (is_elementwise(name)) {
    if (sizes == origin.sizes()) return origin;
    // A result that is wider than the argument, as of a mask against others.
    return at::is_expandable_to(origin.sizes(), sizes) ? origin.expand(sizes) : at::Tensor();
  }
  if (is_view(node) && place == 0) {
    std::vector<c10::IValue> own;
    for (const Dual& argument : arguments) own.push_back(argument.x);
    own.front() = origin;
    try {
      const std::vector<c10::IValue> moved = run_operation(node, std::move(own));
      if (moved.size() == 1 && moved.front().isTensor() && moved.front().toTensor().sizes() == sizes) {
        return moved.front().toTensor();
      }
    } catch (const std::exception&) {
      // Then it is not known.
    }
  }
  return {};
}

}  // namespace modattr
