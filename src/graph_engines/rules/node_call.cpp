#include "node_call.h"

#include <utility>

#include <torch/csrc/jit/runtime/operator.h>

#include "rule_function.h"

namespace modattr {

std::string_view functional_name(const torch::jit::Node& node) {
  std::string_view name = node.kind().toQualString();
  if (const std::size_t colons = name.find("::"); colons != std::string_view::npos) name.remove_prefix(colons + 2);
  if (name.size() > 1 && name.ends_with('_') && !name.ends_with("__")) name.remove_suffix(1);
  return name;
}

std::vector<c10::IValue> run_operation(const torch::jit::Node& node, std::vector<c10::IValue> arguments) {
  torch::jit::Stack stack(std::make_move_iterator(arguments.begin()), std::make_move_iterator(arguments.end()));
  // Operations that libtorch makes from a node's attributes know their arguments.
  const torch::jit::Operator& known = node.getOperator();
  if (known.hasOperation() && known.schema().is_vararg())
    stack.emplace_back(static_cast<std::int64_t>(node.inputs().size()));
  node.getOperation()(stack);
  return stack;
}

std::vector<c10::IValue> run_functionally(const torch::jit::Node& node, std::vector<c10::IValue> arguments) {
  if (writes_first_argument(node) && arguments.front().isTensor()) {
    arguments.front() = arguments.front().toTensor().clone();
  }
  return run_operation(node, std::move(arguments));
}

bool writes_first_argument(const torch::jit::Node& node) {
  const auto* const schema = node.maybeSchema();
  if (schema == nullptr || schema->arguments().empty()) return false;
  const auto* const alias = schema->arguments().front().alias_info();
  return alias != nullptr && alias->isWrite();
}

std::size_t NodeCall::place(std::string_view name) const {
  const auto* const schema = node_.maybeSchema();
  if (schema == nullptr) return x_.size();
  for (std::size_t place = 0; place < schema->arguments().size() && place < x_.size(); ++place) {
    if (schema->arguments()[place].name() == name) return place;
  }
  return x_.size();
}

c10::IValue NodeCall::named(std::string_view name) const {
  const std::size_t found = place(name);
  return found < x_.size() ? x_[found] : c10::IValue();
}

DualTensor NodeCall::tensor(std::size_t place) const {
  if (place >= x_.size() || !x_[place].isTensor()) return {};
  return {x_[place].toTensor(), b_[place].toTensor()};
}

DualTensor NodeCall::tensor(std::string_view name) const {
  return tensor(place(name));
}

std::vector<DualTensor> NodeCall::tensors(std::string_view name) const {
  const std::size_t found = place(name);
  std::vector<DualTensor> list;
  if (found == x_.size() || !x_[found].isTensorList()) return list;
  const std::vector<at::Tensor> x = x_[found].toTensorVector();
  const std::vector<at::Tensor> b = b_[found].toTensorVector();
  for (std::size_t index = 0; index < x.size(); ++index) list.push_back({x[index], b.at(index)});
  return list;
}

std::vector<std::size_t> NodeCall::varying() const {
  std::vector<std::size_t> places;
  for (std::size_t place = 0; place < x_.size(); ++place) {
    if (varies(place)) places.push_back(place);
  }
  return places;
}

std::vector<c10::IValue> NodeCall::run(std::vector<c10::IValue> arguments) const {
  return run_functionally(node_, std::move(arguments));
}

at::Tensor NodeCall::run_tensor(std::vector<c10::IValue> arguments) const {
  return run(std::move(arguments)).front().toTensor();
}

ElementFunction NodeCall::function_of(std::size_t place) const {
  std::vector<c10::IValue> arguments = x_;
  for (c10::IValue& argument : arguments) {
    if (argument.isTensor() && is_taped(argument.toTensor())) argument = plain(argument.toTensor());
  }
  return [&node = node_, arguments, place](const at::Tensor& tensor) {
    std::vector<c10::IValue> own = arguments;
    own[place] = tensor;
    return run_functionally(node, std::move(own)).front().toTensor();
  };
}

}  // namespace modattr
