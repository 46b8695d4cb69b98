#include <algorithm>
#include <utility>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include "dual_interpreter.h"
#include "graph_engines/rules/node_call.h"
#include "graph_engines/rules/rule_function.h"
#include "graph_engines/rules/rule_table.h"
#include "modattr/core/error.h"
#include "path_fallback.h"

namespace modattr {
namespace {

using torch::jit::Node;

std::vector<c10::IValue> sides_x(const std::vector<Dual>& arguments) {
  std::vector<c10::IValue> values;
  for (const Dual& argument : arguments) values.push_back(argument.x);
  return values;
}

std::vector<c10::IValue> sides_b(const std::vector<Dual>& arguments) {
  std::vector<c10::IValue> values;
  for (const Dual& argument : arguments) values.push_back(argument.b);
  return values;
}

std::uint64_t inputs_of(const std::vector<Dual>& arguments) {
  std::uint64_t inputs = 0;
  for (const Dual& argument : arguments) inputs |= argument.inputs;
  return inputs;
}

/// Whether an operation returns its first argument in another shape or type.
bool returns_view(const Node& node) {
  const auto* const schema = node.maybeSchema();
  if (schema == nullptr || schema->arguments().empty()) return false;
  const auto* const alias = schema->arguments().front().alias_info();
  return alias != nullptr && !alias->isWrite();
}

/// Cutting the tape is no wish of somebody who asks where answers come from.
bool passes_through(const Node& node) {
  const std::string_view name = functional_name(node);
  return name == "detach" || name == "data";
}

/// Fused operations without a derivative, whose closed forms have one.
bool is_fused(const Node& node) {
  const std::string_view name = functional_name(node);
  return name == "_native_multi_head_attention" || name == "_transformer_encoder_layer_fwd";
}

/// Whether an operation that may change types gives numbers of half precision.
bool gives_few_bits(const Node& node, const std::vector<Dual>& arguments) {
  const c10::NoGradGuard no_grad;
  const c10::IValue result = run_operation(node, sides_b(arguments)).front();
  if (!result.isTensor()) return false;
  const at::ScalarType type = result.toTensor().scalar_type();
  return (type == at::kHalf || type == at::kBFloat16) && type != arguments.front().x.toTensor().scalar_type();
}

/// A difference of numbers that is not on the tape would be given to nobody.
void expect_no_hidden_difference(const Node& node, const Dual& argument) {
  if (argument.is_same || !holds_floats(argument.x) || holds_tape(argument.x)) return;
  if (are_equal(argument.x, argument.b)) return;
  throw ModelError(std::string(node.kind().toQualString()) +
                   ": expected an argument whose difference can be followed, got one that was written unseen; methods "
                   "auto, leverage and permutation need no graph");
}

/// A value of its own, where it is a tensor or a list of tensors; on the tape where the other is.
c10::IValue copied(const c10::IValue& value) {
  const c10::AutoGradMode grad_mode(true);
  if (value.isTensor()) return value.toTensor().defined() ? c10::IValue(value.toTensor().clone()) : value;
  return value.isTensorList() || !value.isPtrType() ? value : value.deepcopy();
}

}  // namespace

std::vector<Dual> DualInterpreter::operate(const Node& node, const std::vector<Dual>& arguments) {
  const bool is_same = std::ranges::all_of(arguments, &Dual::is_same);
  if (is_same) return operate_once(node, arguments);
  if (passes_through(node)) return {arguments.front()};
  const bool is_taped = std::ranges::any_of(arguments, [](const Dual& argument) { return holds_tape(argument.x); });
  if (!is_taped) return operate_off_tape(node, arguments);
  for (const Dual& argument : arguments) expect_no_hidden_difference(node, argument);
  if (input_.kind == PassKind::kPath) return operate_at_point(node, arguments);
  const bool others_differ = std::ranges::any_of(arguments, [](const Dual& argument) {
    return !argument.is_same && !holds_tape(argument.x) && !holds_floats(argument.x);
  });
  if (others_differ) return operate_with_switch(node, arguments);
  const std::string_view name = functional_name(node);
  const bool may_round = name == "to" || name == "_to_copy" || name == "type_as";
  if (returns_view(node) && !may_round) return operate_linearly(node, arguments);
  std::vector<std::size_t> varying;
  for (std::size_t place = 0; place < arguments.size(); ++place) {
    if (holds_tape(arguments[place].x)) varying.push_back(place);
  }
  if (may_round && gives_few_bits(node, arguments)) return operate_by_rules(node, arguments);
  if (is_linear(name, varying)) return operate_linearly(node, arguments);
  return operate_by_rules(node, arguments);
}

bool DualInterpreter::is_memorable(const Node& node) const {
  if (input_.memo == nullptr || !sides_stand_alone_ || mixes_sides_) return false;
  if (touches_written(node) || returns_view(node)) return false;
  return std::ranges::all_of(node.outputs(), [](const torch::jit::Value* output) {
    return output->type()->isSubtypeOf(*c10::TensorType::get());
  });
}

std::vector<c10::IValue> DualInterpreter::run_side(const Node& node, std::vector<c10::IValue> side,
                                                   const SideModalities& own) {
  if (is_memorable(node)) {
    const auto* const known = input_.memo->find({step_, modalities_, own.among(modalities_)});
    if (known != nullptr) return *known;
  }
  const c10::NoGradGuard no_grad;
  std::vector<c10::IValue> results = run_operation(node, std::move(side));
  keep_side(node, results, own);
  return results;
}

void DualInterpreter::keep_side(const Node& node, const std::vector<c10::IValue>& results, const SideModalities& own) {
  if (is_memorable(node)) input_.memo->keep({step_, modalities_, own.among(modalities_)}, results);
}

std::vector<Dual> DualInterpreter::operate_once(const Node& node, const std::vector<Dual>& arguments) {
  const c10::NoGradGuard no_grad;
  std::vector<Dual> results;
  const std::vector<c10::IValue> values = run_side(node, sides_x(arguments), input_.x_modalities);
  for (std::size_t output = 0; output < values.size(); ++output) {
    const c10::IValue& value = values[output];
    // What is written to later must not be shared, unless it is shared already.
    const bool is_own = is_written(node.outputs()[output]) && !writes_first_argument(node) && !returns_view(node);
    results.push_back(is_own ? Dual{value, copied(value), false} : Dual{value, value, true});
    if (is_own && value.isTensorList()) results.back().b = value.deepcopy();
  }
  return results;
}

Dual DualInterpreter::untaped(const Node& node, std::size_t output, c10::IValue x, c10::IValue b,
                              const std::vector<Dual>& arguments) {
  const bool written = output < node.outputs().size() && is_written(node.outputs()[output]);
  Dual result{std::move(x), std::move(b), false, inputs_of(arguments)};
  if (are_equal(result.x, result.b)) {
    if (!written) return {result.x, result.x, true};
    return result;
  }
  if (!result.x.isTensor()) {
    if (!holds_floats(result.x) || !result.x.isTensorList()) return result;
    // A list of numbers that differ, each a leaf.
    c10::List<at::Tensor> list;
    c10::List<at::Tensor> list_b;
    const std::vector<at::Tensor> own = result.x.toTensorVector();
    const std::vector<at::Tensor> other = result.b.toTensorVector();
    for (std::size_t place = 0; place < own.size(); ++place) {
      const DualTensor leaf =
          add_leaf(own[place], other.at(place), result.inputs, {}, node.kind().toQualString(), written);
      list.push_back(leaf.x);
      list_b.push_back(leaf.b);
    }
    result.x = list;
    result.b = list_b;
    return result;
  }
  const at::Tensor own = result.x.toTensor();
  const at::Tensor other = result.b.toTensor();
  result.origin = origin_of(node, arguments, result.x);
  if (!own.is_floating_point()) return result;
  if (own.sizes() != other.sizes()) {
    throw ModelError(
        std::string(node.kind().toQualString()) +
        ": expected rows of one length for an example and for its removed data, got two: " + c10::str(own.sizes()) +
        " and " + c10::str(other.sizes()) + "; a removal of type token keeps lengths");
  }
  const DualTensor leaf = add_leaf(own, other, result.inputs, result.origin, node.kind().toQualString(), written);
  result.x = leaf.x;
  result.b = leaf.b;
  return result;
}

std::vector<Dual> DualInterpreter::operate_off_tape(const Node& node, const std::vector<Dual>& arguments) {
  // A tensor of numbers that is written to goes on the tape itself: others look at it, not at the result.
  const bool writes_numbers = writes_first_argument(node) && holds_floats(arguments.front().x);
  const auto run = [&](std::vector<c10::IValue> side) {
    return writes_numbers ? run_functionally(node, std::move(side)) : run_operation(node, std::move(side));
  };
  std::vector<c10::IValue> x;
  {
    // Views of what is put on the tape later are made with it.
    const c10::AutoGradMode grad_mode(true);
    x = run(sides_x(arguments));
  }
  std::vector<c10::IValue> b;
  {
    const c10::NoGradGuard no_grad;
    b = run(sides_b(arguments));
  }
  std::vector<Dual> results;
  for (std::size_t output = 0; output < x.size(); ++output) {
    results.push_back(untaped(node, output, std::move(x[output]), std::move(b[output]), arguments));
  }
  if (writes_numbers) write_back(node, arguments, results);
  return results;
}

std::vector<Dual> DualInterpreter::operate_at_point(const Node& node, const std::vector<Dual>& arguments) {
  std::vector<c10::IValue> values;
  if (is_fused(node)) {
    std::vector<c10::IValue> plain_values;
    for (const Dual& argument : arguments) {
      plain_values.push_back(argument.x.isTensor() && argument.x.toTensor().defined()
                                 ? c10::IValue(plain(argument.x.toTensor()))
                                 : argument.x);
    }
    const RuleOutputs outputs = find_rule(functional_name(node))(NodeCall(node, sides_x(arguments), plain_values));
    if (!outputs) throw ModelError(std::string(node.kind().toQualString()) + ": expected another form of attention");
    for (const DualTensor& output : *outputs) values.emplace_back(output.x);
  } else {
    const c10::AutoGradMode grad_mode(true);
    values = run_operation(node, sides_x(arguments));
  }
  std::vector<Dual> results;
  for (c10::IValue& value : values) results.push_back({value, value, !holds_tape(value), inputs_of(arguments)});
  return results;
}

std::vector<Dual> DualInterpreter::operate_linearly(const Node& node, const std::vector<Dual>& arguments) {
  std::vector<c10::IValue> x;
  {
    const c10::AutoGradMode grad_mode(true);
    x = run_operation(node, sides_x(arguments));
  }
  keep_side(node, x, input_.x_modalities);
  const std::vector<c10::IValue> b = run_side(node, sides_b(arguments), input_.b_modalities);
  std::vector<Dual> results;
  for (std::size_t output = 0; output < x.size(); ++output) {
    if (holds_tape(x[output])) {
      results.push_back({std::move(x[output]), b[output], false, inputs_of(arguments)});
    } else if (x[output].isTensor() && x[output].toTensor().is_floating_point() && !are_equal(x[output], b[output])) {
      throw ModelError(std::string(node.kind().toQualString()) + ": expected an operation with a derivative, got none");
    } else {
      const bool is_same = are_equal(x[output], b[output]) && !is_written(node.outputs()[output]);
      results.push_back({x[output], is_same ? x[output] : b[output], is_same, is_same ? 0 : inputs_of(arguments)});
      if (!is_same) results.back().origin = origin_of(node, arguments, x[output]);
    }
  }
  return results;
}

std::vector<Dual> DualInterpreter::operate_by_rules(const Node& node, const std::vector<Dual>& arguments) {
  std::vector<c10::IValue> x = sides_x(arguments);
  std::vector<c10::IValue> b = sides_b(arguments);
  const bool copies = touches_written(node);
  if (copies) {
    // What multipliers keep may be written to before they are asked.
    for (c10::IValue& value : x) value = copied(value);
    for (c10::IValue& value : b) value = copied(value);
  }
  std::vector<Dual> results;
  const Rule rule = find_rule(functional_name(node));
  RuleOutputs outputs;
  if (rule != nullptr) outputs = rule(NodeCall(node, x, b));
  if (outputs) {
    for (const DualTensor& output : *outputs) {
      const bool is_taped = output.varies();
      results.push_back({output.x, output.b, false, inputs_of(arguments)});
      if (!is_taped && are_equal(output.x, output.b)) results.back() = {output.x, output.x, true};
    }
  } else {
    results = run_by_path(node, x, b, input_.row_count, ledger_);
    for (Dual& result : results) {
      result.inputs = inputs_of(arguments);
      if (!result.is_same && !holds_floats(result.x)) result.origin = origin_of(node, arguments, result.x);
    }
  }
  if (copies) {
    for (std::size_t output = 0; output < results.size(); ++output) {
      if (!is_written(node.outputs()[output])) continue;
      results[output].x = copied(results[output].x);
      results[output].b = copied(results[output].b);
      results[output].is_same = false;
    }
  }
  write_back(node, arguments, results);
  return results;
}

void DualInterpreter::write_back(const Node& node, const std::vector<Dual>& arguments, std::vector<Dual>& results) {
  if (!writes_first_argument(node) || !arguments.front().x.isTensor()) return;
  at::Tensor x = arguments.front().x.toTensor();
  at::Tensor b = arguments.front().b.toTensor();
  {
    const c10::AutoGradMode grad_mode(true);
    x.copy_(results.front().x.toTensor());
  }
  const c10::NoGradGuard no_grad;
  b.copy_(results.front().b.toTensor());
  results.front() = {x, b, false, inputs_of(arguments)};
}

std::vector<Dual> DualInterpreter::operate_with_switch(const Node& node, const std::vector<Dual>& arguments) {
  // The groups are numbers on the tape, and everything else that differs: what the first group does is the mean of what
  // it does with the second one's x and with its b, and the rest is a leaf of the second one.
  const auto with_others_of = [&](bool is_x) {
    std::vector<Dual> own = arguments;
    for (Dual& argument : own) {
      if (argument.is_same || holds_tape(argument.x) || holds_floats(argument.x)) continue;
      argument.x = argument.b = is_x ? argument.x : argument.b;
      argument.is_same = true;
    }
    // Functionally: an operation in place would write twice.
    if (writes_first_argument(node) && own.front().x.isTensor()) {
      own.front().x = copied(own.front().x);
      own.front().b = copied(own.front().b);
    }
    return operate(node, own);
  };
  // Whose elements choose.
  std::vector<Dual> choosers = arguments;
  for (Dual& argument : choosers) argument.is_same |= holds_tape(argument.x) || holds_floats(argument.x);
  // The sides of these are mixed.
  const bool is_inner = std::exchange(mixes_sides_, true);
  const std::vector<Dual> first = with_others_of(true);
  const std::vector<Dual> second = with_others_of(false);
  mixes_sides_ = is_inner;
  std::uint64_t others = 0;
  for (const Dual& argument : arguments) {
    if (!argument.is_same && !holds_tape(argument.x)) others |= argument.inputs;
  }
  // -inf on one side only has no difference.
  constexpr double kMasked = -1e4;
  const auto finite = [](const at::Tensor& tensor) { return tensor.masked_fill(at::isneginf(tensor), kMasked); };
  std::vector<Dual> results;
  for (std::size_t output = 0; output < first.size(); ++output) {
    const c10::IValue& value = first[output].x;
    if (!value.isTensor() || !value.toTensor().is_floating_point()) {
      const bool is_same = are_equal(first[output].x, second[output].b);
      results.push_back({first[output].x, is_same ? first[output].x : second[output].b, is_same, inputs_of(arguments)});
      continue;
    }
    const at::Tensor first_x = value.toTensor();
    const at::Tensor second_x = second[output].x.toTensor();
    if (first_x.sizes() != second_x.sizes()) {
      throw ModelError(std::string(node.kind().toQualString()) +
                       ": expected results of one shape for an example and for its removed data, got " +
                       c10::str(first_x.sizes()) + " and " + c10::str(second_x.sizes()));
    }
    const bool has_masks = at::isneginf(first_x).any().item<bool>() || at::isneginf(second_x).any().item<bool>();
    if (has_masks) sides_stand_alone_ = false;
    const auto read = [&](const c10::IValue& side) {
      const c10::AutoGradMode grad_mode(true);
      return has_masks ? finite(side.toTensor()) : side.toTensor();
    };
    const at::Tensor x_1 = read(first[output].x);
    const at::Tensor b_1 = read(first[output].b);
    const at::Tensor x_2 = read(second[output].x);
    const at::Tensor b_2 = read(second[output].b);
    const c10::NoGradGuard no_grad;
    const at::Tensor control_x = (plain(x_1) - plain(x_2)) / 2;
    const at::Tensor control_b = (b_2 - b_1) / 2;
    const DualTensor control = add_leaf(control_x, control_b, others, origin_of(node, choosers, value),
                                        std::string(node.kind().toQualString()) + " (choice)", false);
    // The value itself, not the sum of its parts, which is rounded where a mask is one of them.
    TensorList inputs = {control.x};
    for (const at::Tensor& side : {x_1, x_2}) {
      if (is_taped(side)) inputs.push_back(side);
    }
    const at::Tensor taped = on_tape({plain(x_1).clone()}, inputs, [count = inputs.size()](const TensorList& g) {
                               TensorList multipliers(count, g.front() / 2);
                               multipliers.front() = g.front();
                               return multipliers;
                             }).front();
    Dual result{taped, b_2, false, inputs_of(arguments)};
    results.push_back(std::move(result));
  }
  write_back(node, arguments, results);
  return results;
}

}  // namespace modattr
