#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/ir/ir.h>

#include "dual_tensor.h"

namespace modattr {

/// An operation of a graph with its arguments on both sides. Integers, flags and whatever else is not on the tape are
/// the same on both.
class NodeCall {
 public:
  NodeCall(const torch::jit::Node& node, std::vector<c10::IValue> x, std::vector<c10::IValue> b)
      : node_(node), x_(std::move(x)), b_(std::move(b)) {}

  const torch::jit::Node& node() const noexcept { return node_; }
  std::size_t argument_count() const noexcept { return x_.size(); }
  const c10::IValue& x(std::size_t place) const { return x_[place]; }
  const c10::IValue& b(std::size_t place) const { return b_[place]; }
  const std::vector<c10::IValue>& all_x() const noexcept { return x_; }
  const std::vector<c10::IValue>& all_b() const noexcept { return b_; }

  /// Place of the argument of that name; argument_count() where the operation has none.
  std::size_t place(std::string_view name) const;
  /// The argument of that name, None where the operation has none.
  c10::IValue named(std::string_view name) const;
  /// A tensor argument; undefined tensors for None.
  DualTensor tensor(std::size_t place) const;
  DualTensor tensor(std::string_view name) const;
  /// A list of tensors.
  std::vector<DualTensor> tensors(std::string_view name) const;
  bool varies(std::size_t place) const { return tensor(place).varies(); }
  /// Places of tensor arguments on the tape.
  std::vector<std::size_t> varying() const;

  /// The operation's results for other arguments.
  std::vector<c10::IValue> run(std::vector<c10::IValue> arguments) const;
  /// Its only result, a tensor.
  at::Tensor run_tensor(std::vector<c10::IValue> arguments) const;
  /// Its only result as a function of the tensor at `place`, the others being those of x. Safe to keep in a multiplier.
  ElementFunction function_of(std::size_t place) const;

 private:
  const torch::jit::Node& node_;
  std::vector<c10::IValue> x_;
  std::vector<c10::IValue> b_;
};

/// Runs an operation that is no structure of the graph.
std::vector<c10::IValue> run_operation(const torch::jit::Node& node, std::vector<c10::IValue> arguments);

/// The same for one that may write to its first argument, which stays as it is.
std::vector<c10::IValue> run_functionally(const torch::jit::Node& node, std::vector<c10::IValue> arguments);
/// Whether it works in place, as aten::relu_ does.
bool writes_first_argument(const torch::jit::Node& node);

/// "relu" of "aten::relu_": the name of an operation of PyTorch without its namespace and the mark of an in-place one.
std::string_view functional_name(const torch::jit::Node& node);

}  // namespace modattr
