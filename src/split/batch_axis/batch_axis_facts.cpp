#include "batch_axis_facts.h"

#include <torch/csrc/jit/ir/constants.h>

namespace modattr {

using torch::jit::Value;

std::optional<BatchAxis> BatchAxisFacts::axis_of(const Value& value) const {
  for (const auto* known : {&tensors_, &lists_}) {
    if (const auto found = known->find(&value); found != known->end()) return found->second;
  }
  return std::nullopt;
}

bool BatchAxisFacts::is_constant(const Value& value) const {
  return !untracked_.contains(&value) && (torch::jit::toIValue(&value).has_value() || constants_.contains(&value));
}

at::ArrayRef<const Value*> BatchAxisFacts::elements_of(const Value& list) const {
  if (untracked_.contains(&list) || list.node()->kind() != c10::prim::ListConstruct) return {};
  return list.node()->inputs();
}

std::optional<GraphTrial::Shapes> BatchAxisFacts::shapes(const Value& value) const {
  if (const auto constant = torch::jit::toIValue(&value)) {
    if (!constant->isTensor() || !constant->toTensor().defined()) return std::nullopt;
    const std::vector<std::int64_t> sizes = constant->toTensor().sizes().vec();
    return GraphTrial::Shapes{sizes, sizes};
  }
  if (value.node()->kind() == c10::prim::Param) {
    GraphTrial::Shapes found;
    for (std::size_t batch = 0; batch < found.size(); ++batch) {
      found[batch] = trial_.batches()[batch][value.offset()].sizes().vec();
    }
    return found;
  }
  const GraphTrial::Shapes* known = trial_.shapes(value);
  return known == nullptr ? std::nullopt : std::optional(*known);
}

std::optional<std::size_t> BatchAxisFacts::rank(const Value& value) const {
  const auto found = shapes(value);
  return found && found->front().size() == found->back().size() ? std::optional(found->front().size()) : std::nullopt;
}

bool BatchAxisFacts::fits(const Value& value, const BatchAxis& axis) const {
  const auto found = shapes(value);
  if (!rank(value) || axis.dimension >= *rank(value)) return false;
  for (std::size_t dimension = 0; dimension < *rank(value); ++dimension) {
    for (std::size_t batch = 0; batch < found->size(); ++batch) {
      const bool has_rows = dimension == axis.dimension;
      const std::int64_t expected =
          has_rows ? axis.outer * GraphTrial::kRowCounts[batch] * axis.inner : found->front()[dimension];
      if ((*found)[batch][dimension] != expected) return false;
    }
  }
  return true;
}

void BatchAxisFacts::add_axis(const Value& value, const BatchAxis& axis) {
  if (!untracked_.contains(&value) && fits(value, axis)) tensors_[&value] = axis;
}

void BatchAxisFacts::add_list(const Value& value, const BatchAxis& axis) {
  if (!untracked_.contains(&value)) lists_[&value] = axis;
}

}  // namespace modattr
