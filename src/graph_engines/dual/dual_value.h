#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

namespace modattr {

/// A value of the graph on both sides: computed from the example (x) and from what stands for removed data (b).
struct Dual {
  c10::IValue x;
  c10::IValue b;
  /// No input that differs has touched it: x and b are one value.
  bool is_same = true;
  /// Inputs of the model that differ and that it was computed from, as a bit mask.
  std::uint64_t inputs = 0;
  /// Of a tensor of integers or flags: the element of the model's inputs that each number comes from, in the numbering
  /// of InputElements, -1 where there is none. Undefined where it is not known.
  at::Tensor origin = {};
  /// Modalities that it was computed from, whether their data differs or not, as a bit mask.
  std::uint64_t modalities = 0;
};

/// A place where the tape begins: an input of numbers, an embedding of token ids, a mask turned into numbers. All that
/// differs between the sides passes through leaves.
struct Leaf {
  /// On the tape.
  at::Tensor x;
  at::Tensor b;
  std::uint64_t inputs = 0;
  /// As in Dual, for the first dimensions of the leaf; undefined where it is not known.
  at::Tensor origin = {};
  /// The operation that made it, e.g. "aten::embedding".
  std::string where;
};

/// What operations miss of the differences that they make, in units of the explained value, row by row.
class GapLedger {
 public:
  /// `gaps`: magnitudes, [rows], or [1] where the rows are not known apart.
  void add(const std::string& operation, const at::Tensor& gaps);
  /// By operation, magnitudes of all its calls together, [rows] or [1], float64.
  const std::map<std::string, at::Tensor>& gaps() const noexcept { return gaps_; }

 private:
  std::map<std::string, at::Tensor> gaps_;
};

/// Calls `visit` for the tensors in a value, also those in lists, tuples and dictionaries.
template <typename Visit>
void visit_tensors(const c10::IValue& value, const Visit& visit) {
  if (value.isTensor()) {
    if (value.toTensor().defined()) visit(value.toTensor());
  } else if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) visit(tensor);
  } else if (value.isTuple()) {
    for (const c10::IValue& element : value.toTupleRef().elements()) visit_tensors(element, visit);
  } else if (value.isList()) {
    for (const c10::IValue& element : value.toListRef()) visit_tensors(element, visit);
  } else if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict()) visit_tensors(entry.value(), visit);
  }
}

/// Whether a tensor in it is on the tape.
bool holds_tape(const c10::IValue& value);
/// Whether there is a tensor of floating-point numbers in it.
bool holds_floats(const c10::IValue& value);
/// Whether two values are equal, number by number; objects are equal to themselves only.
bool are_equal(const c10::IValue& first, const c10::IValue& second);

/// Sums of a tensor's elements by row of a batch: along its first dimension, where that has the rows or several per
/// row, else along the one dimension that has as many; a single sum where there is none. [rows] or [1], float64.
at::Tensor row_sums(const at::Tensor& tensor, std::int64_t row_count);
/// Numbers of rows [rows] in the shape of `like`, to be broadcast; undefined where `like` has no rows.
at::Tensor by_row(const at::Tensor& numbers, const at::Tensor& like);

}  // namespace modattr
