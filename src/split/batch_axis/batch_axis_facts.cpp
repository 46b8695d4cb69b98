#include "batch_axis_facts.h"

#include <torch/csrc/jit/ir/constants.h>

namespace modattr {

using torch::jit::Value;

std::optional<BatchAxis> BatchAxisFacts::rows_of(const Value& value) const {
  for (const auto* known : {&tensors_, &lists_}) {
    if (const auto found = known->find(&value); found != known->end()) return found->second;
  }
  return std::nullopt;
}

bool BatchAxisFacts::is_constant(const Value& value) const {
  return !unknowable_.contains(&value) && (torch::jit::toIValue(&value).has_value() || constants_.contains(&value));
}

at::ArrayRef<const Value*> BatchAxisFacts::elements_of(const Value& list) const {
  if (unknowable_.contains(&list) || list.node()->kind() != c10::prim::ListConstruct) return {};
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
  const GraphTrial::Shapes* met = trial_.shapes(value);
  return met == nullptr ? std::nullopt : std::optional(*met);
}

std::optional<std::size_t> BatchAxisFacts::rank(const Value& value) const {
  const auto found = shapes(value);
  return found && found->front().size() == found->back().size() ? std::optional(found->front().size()) : std::nullopt;
}

bool BatchAxisFacts::fits(const Value& value, const BatchAxis& place) const {
  const auto found = shapes(value);
  if (!rank(value) || place.dimension >= *rank(value)) return false;
  for (std::size_t dimension = 0; dimension < *rank(value); ++dimension) {
    for (std::size_t batch = 0; batch < found->size(); ++batch) {
      const bool has_rows = dimension == place.dimension;
      const std::int64_t expected =
          has_rows ? place.outer * GraphTrial::kRowCounts[batch] * place.inner : found->front()[dimension];
      if ((*found)[batch][dimension] != expected) return false;
    }
  }
  return true;
}

void BatchAxisFacts::add_rows(const Value& value, const BatchAxis& place) {
  if (!unknowable_.contains(&value) && fits(value, place)) tensors_[&value] = place;
}

void BatchAxisFacts::add_list(const Value& value, const BatchAxis& place) {
  if (!unknowable_.contains(&value)) lists_[&value] = place;
}

}  // namespace modattr
