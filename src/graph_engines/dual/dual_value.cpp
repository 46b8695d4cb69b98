#include "dual_value.h"

#include <optional>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "graph_engines/rules/rule_function.h"

namespace modattr {
namespace {

/// The dimension that has the rows; its size is a multiple of them. nullopt where there is none.
std::optional<std::int64_t> row_dimension(const at::Tensor& tensor, std::int64_t row_count) {
  if (tensor.dim() == 0) return std::nullopt;
  if (tensor.size(0) == row_count) return 0;
  for (std::int64_t dimension = 1; dimension < tensor.dim(); ++dimension) {
    if (tensor.size(dimension) == row_count) return dimension;
  }
  if (tensor.size(0) > 0 && tensor.size(0) % row_count == 0) return 0;
  return std::nullopt;
}

}  // namespace

void GapLedger::add(const std::string& operation, const at::Tensor& gaps) {
  const auto [entry, is_new] = gaps_.try_emplace(operation, gaps);
  if (!is_new) entry->second = entry->second + gaps;
}

bool holds_tape(const c10::IValue& value) {
  bool holds = false;
  visit_tensors(value, [&](const at::Tensor& tensor) { holds |= is_taped(tensor); });
  return holds;
}

bool holds_floats(const c10::IValue& value) {
  bool holds = false;
  visit_tensors(value, [&](const at::Tensor& tensor) { holds |= tensor.is_floating_point() || tensor.is_complex(); });
  return holds;
}

bool are_equal(const c10::IValue& first, const c10::IValue& second) {
  if (first.isTensor() && second.isTensor()) {
    const at::Tensor& left = first.toTensor();
    const at::Tensor& right = second.toTensor();
    if (left.is_same(right)) return true;
    if (!left.defined() || !right.defined()) return left.defined() == right.defined();
    return left.scalar_type() == right.scalar_type() && left.sizes() == right.sizes() && at::equal(left, right);
  }
  if (first.tagKind() != second.tagKind()) return false;
  if (first.isTuple()) {
    const auto& left = first.toTupleRef().elements();
    const auto& right = second.toTupleRef().elements();
    if (left.size() != right.size()) return false;
    for (std::size_t place = 0; place < left.size(); ++place) {
      if (!are_equal(left[place], right[place])) return false;
    }
    return true;
  }
  if (first.isList()) {
    const std::vector<c10::IValue> left = first.toListRef().vec();
    const std::vector<c10::IValue> right = second.toListRef().vec();
    if (left.size() != right.size()) return false;
    for (std::size_t place = 0; place < left.size(); ++place) {
      if (!are_equal(left[place], right[place])) return false;
    }
    return true;
  }
  if (first.isGenericDict()) {
    const auto left = first.toGenericDict();
    const auto right = second.toGenericDict();
    if (left.size() != right.size()) return false;
    for (const auto& entry : left) {
      const auto found = right.find(entry.key());
      if (found == right.end() || !are_equal(entry.value(), found->value())) return false;
    }
    return true;
  }
  if (first.isObject()) return first.is(second);
  return first == second;
}

at::Tensor row_sums(const at::Tensor& tensor, std::int64_t row_count) {
  const at::Tensor numbers = tensor.to(at::kDouble);
  const std::optional<std::int64_t> dimension = row_dimension(tensor, row_count);
  if (!dimension) return numbers.sum().reshape({1});
  return numbers.movedim(*dimension, 0).reshape({row_count, -1}).sum(1);
}

at::Tensor by_row(const at::Tensor& numbers, const at::Tensor& like) {
  const std::int64_t row_count = numbers.size(0);
  if (row_count == 1) return numbers;
  const std::optional<std::int64_t> dimension = row_dimension(like, row_count);
  if (!dimension) return {};
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(like.dim()), 1);
  sizes[static_cast<std::size_t>(*dimension)] = like.size(*dimension);
  const std::int64_t per_row = like.size(*dimension) / row_count;
  return (per_row == 1 ? numbers : numbers.repeat_interleave(per_row)).reshape(sizes);
}

}  // namespace modattr
