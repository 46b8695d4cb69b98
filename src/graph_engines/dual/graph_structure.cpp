#include <utility>

#include <ATen/Functions.h>
#include <torch/csrc/jit/ir/constants.h>

#include "dual_interpreter.h"
#include "modattr/core/error.h"

namespace modattr {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

/// A list of the node's type.
c10::IValue make_list(const Node& node, const std::vector<c10::IValue>& elements) {
  const auto type = node.output()->type()->expectRef<c10::ListType>().getElementType();
  const auto filled = [&](auto list, const auto& read) -> c10::IValue {
    for (const c10::IValue& element : elements) list.push_back(read(element));
    return list;
  };
  switch (type->kind()) {
    case c10::TypeKind::IntType:
      return filled(c10::List<std::int64_t>(), [](const c10::IValue& element) { return element.toInt(); });
    case c10::TypeKind::FloatType:
      return filled(c10::List<double>(), [](const c10::IValue& element) { return element.toDouble(); });
    case c10::TypeKind::BoolType:
      return filled(c10::List<bool>(), [](const c10::IValue& element) { return element.toBool(); });
    case c10::TypeKind::TensorType:
      return filled(c10::List<at::Tensor>(), [](const c10::IValue& element) { return element.toTensor(); });
    default:
      return filled(c10::impl::GenericList(type), [](const c10::IValue& element) { return element; });
  }
}

c10::IValue make_dictionary(const Node& node, const std::vector<c10::IValue>& elements) {
  const auto& type = node.output()->type()->expectRef<c10::DictType>();
  c10::impl::GenericDict dictionary(type.getKeyType(), type.getValueType());
  for (std::size_t place = 0; place < elements.size(); place += 2) {
    dictionary.insert_or_assign(elements[place], elements[place + 1]);
  }
  return dictionary;
}

}  // namespace

bool DualInterpreter::decide(const Dual& condition) {
  const bool answer = condition.x.toBool();
  if (!condition.is_same) parts_ways_ |= answer != condition.b.toBool();
  return answer;
}

void DualInterpreter::run_if(const Node& node) {
  const bool answer = decide(value(node.inputs()[0]));
  const std::vector<Dual> results = run_block(*node.blocks()[answer ? 0 : 1], false);
  for (std::size_t output = 0; output < results.size(); ++output) set(node.outputs()[output], results[output]);
}

void DualInterpreter::run_loop(const Node& node) {
  // Inputs: most rounds, whether to begin, values that are carried; the body returns whether to go on, and the values.
  const Dual most_rounds = value(node.inputs()[0]);
  Dual goes_on = value(node.inputs()[1]);
  if (!most_rounds.is_same) parts_ways_ |= most_rounds.x.toInt() != most_rounds.b.toInt();
  std::vector<Dual> carried;
  for (std::size_t input = 2; input < node.inputs().size(); ++input) carried.push_back(value(node.inputs()[input]));
  const Block& body = *node.blocks()[0];
  for (std::int64_t round = 0; round < most_rounds.x.toInt() && decide(goes_on); ++round) {
    set(body.inputs()[0], {round, round});
    for (std::size_t place = 0; place < carried.size(); ++place) set(body.inputs()[1 + place], carried[place]);
    std::vector<Dual> results = run_block(body, false);
    goes_on = std::move(results.front());
    carried.assign(results.begin() + 1, results.end());
  }
  for (std::size_t output = 0; output < carried.size(); ++output) set(node.outputs()[output], carried[output]);
}

void DualInterpreter::run_get_attribute(const Node& node) {
  const Dual& object = value(node.inputs()[0]);
  const std::string& name = node.s(c10::attr::name);
  const auto read = [&](const c10::IValue& side) {
    const c10::IValue& attribute = side.toObjectRef().getAttr(name);
    // Weights are no data, whatever the file says of their training.
    const bool is_weight = attribute.isTensor() && attribute.toTensor().defined() && attribute.toTensor().is_leaf();
    return is_weight ? c10::IValue(attribute.toTensor().detach()) : attribute;
  };
  Dual result{read(object.x), read(object.b), object.is_same, object.inputs};
  // The weights of a module that each side has of its own.
  if (!object.is_same && !is_written(node.output()) && are_equal(result.x, result.b)) result = {result.x, result.x};
  set(node.output(), std::move(result));
}

bool DualInterpreter::run_structure(const Node& node) {
  namespace prim = c10::prim;
  const auto arguments = [&] {
    std::vector<Dual> list;
    for (const Value* input : node.inputs()) list.push_back(value(input));
    return list;
  };
  /// One value made of all arguments.
  const auto join = [&](const auto& make) {
    std::vector<c10::IValue> x;
    std::vector<c10::IValue> b;
    Dual result;
    for (const Dual& argument : arguments()) {
      x.push_back(argument.x);
      b.push_back(argument.b);
      result.is_same &= argument.is_same;
      result.inputs |= argument.inputs;
    }
    result.is_same &= !is_written(node.output());
    result.x = make(x);
    result.b = result.is_same ? result.x : make(b);
    set(node.output(), std::move(result));
  };
  /// Parts of one argument.
  const auto part = [&](const Dual& whole, std::size_t output, const c10::IValue& x, const c10::IValue& b) {
    Dual result{x, b, whole.is_same, whole.inputs};
    if (!whole.is_same && !holds_tape(x) && !is_written(node.outputs()[output]) && are_equal(x, b)) result = {x, x};
    set(node.outputs()[output], std::move(result));
  };
  switch (node.kind()) {
    case prim::Constant: {
      const auto constant = torch::jit::toIValue(node.output());
      const c10::IValue own = constant ? *constant : c10::IValue();
      const bool is_shared = !is_written(node.output());
      const c10::IValue x = is_shared ? own : own.deepcopy();
      set(node.output(), {x, is_shared ? x : own.deepcopy(), is_shared});
      return true;
    }
    case prim::If:
      run_if(node);
      return true;
    case prim::Loop:
      run_loop(node);
      return true;
    case prim::GetAttr:
      run_get_attribute(node);
      return true;
    case prim::SetAttr: {
      const Dual& object = value(node.inputs()[0]);
      const Dual& content = value(node.inputs()[1]);
      object.x.toObject()->setAttr(node.s(c10::attr::name), content.x);
      sides_stand_alone_ = false;
      if (!object.is_same) object.b.toObject()->setAttr(node.s(c10::attr::name), content.b);
      return true;
    }
    case prim::ListConstruct:
      join([&](const std::vector<c10::IValue>& elements) { return make_list(node, elements); });
      return true;
    case prim::TupleConstruct:
      join([&](const std::vector<c10::IValue>& elements) -> c10::IValue {
        return c10::ivalue::Tuple::create(elements);
      });
      return true;
    case prim::DictConstruct:
      join([&](const std::vector<c10::IValue>& elements) { return make_dictionary(node, elements); });
      return true;
    case prim::TupleUnpack:
    case prim::TupleIndex: {
      const Dual whole = value(node.inputs()[0]);
      const auto& x = whole.x.toTupleRef().elements();
      const auto& b = whole.b.toTupleRef().elements();
      if (node.kind() == prim::TupleUnpack) {
        for (std::size_t output = 0; output < x.size(); ++output) part(whole, output, x[output], b[output]);
        return true;
      }
      std::int64_t index = value(node.inputs()[1]).x.toInt();
      if (index < 0) index += static_cast<std::int64_t>(x.size());
      part(whole, 0, x[static_cast<std::size_t>(index)], b[static_cast<std::size_t>(index)]);
      return true;
    }
    case prim::ListUnpack: {
      const Dual whole = value(node.inputs()[0]);
      const std::vector<c10::IValue> x = whole.x.toListRef().vec();
      const std::vector<c10::IValue> b = whole.b.toListRef().vec();
      if (x.size() != node.outputs().size()) throw ModelError("prim::ListUnpack: expected another number of elements");
      for (std::size_t output = 0; output < x.size(); ++output) part(whole, output, x[output], b.at(output));
      return true;
    }
    case c10::aten::__getitem__: {
      // Of the dictionary of inputs, what is known of the tensor in it.
      const bool is_input = graph_.takes_dictionary && node.inputs()[0] == graph_.graph->inputs()[1];
      if (!is_input || !value(node.inputs()[1]).x.isString()) return false;
      const auto found = dictionary_.find(value(node.inputs()[1]).x.toStringRef());
      if (found == dictionary_.end()) return false;
      set(node.output(), found->second);
      return true;
    }
    case prim::CreateObject: {
      // Of a context such as torch.no_grad(), which has no say here.
      const auto type = node.output()->type()->expect<c10::ClassType>();
      const c10::StrongTypePtr strong(type->compilation_unit(), type);
      const c10::IValue object = c10::ivalue::Object::create(strong, type->numAttributes());
      set(node.output(), {object, object});
      return true;
    }
    case prim::Enter:
    case prim::Exit:
    case prim::Uninitialized:
      set(node.output(), {});
      return true;
    default:
      return false;
  }
}

}  // namespace modattr
