#include "node_arguments.h"

#include <torch/csrc/jit/ir/constants.h>

namespace modattr {

using torch::jit::Node;
using torch::jit::Value;

bool is_tensor(const Value& value) {
  return value.type()->isSubtypeOf(*c10::TensorType::get());
}

bool is_none(const Value& value) {
  const auto constant = torch::jit::toIValue(&value);
  return constant && constant->isNone();
}

std::string_view plain_name(const Node& node) {
  std::string_view name = node.kind().toQualString();
  name.remove_prefix(name.find("::") + 2);
  if (name.size() > 1 && name.back() == '_' && name[name.size() - 2] != '_') name.remove_suffix(1);
  return name;
}

const Value* argument(const Node& node, const char* name) {
  const auto* schema = node.maybeSchema();
  if (schema == nullptr) return nullptr;
  const auto place = schema->argumentIndexWithName(name);
  return place ? node.inputs()[static_cast<std::size_t>(*place)] : nullptr;
}

std::optional<bool> flag(const Node& node, const char* name) {
  const Value* value = argument(node, name);
  if (value == nullptr) return std::nullopt;
  const auto constant = torch::jit::toIValue(value);
  return constant && constant->isBool() ? std::optional(constant->toBool()) : std::nullopt;
}

std::optional<std::vector<std::int64_t>> integers(const Value* value) {
  if (value == nullptr) return std::nullopt;
  if (const auto constant = torch::jit::toIValue(value)) {
    if (constant->isInt()) return std::vector<std::int64_t>{constant->toInt()};
    return constant->isIntList() ? std::optional(constant->toIntVector()) : std::nullopt;
  }
  if (value->node()->kind() != c10::prim::ListConstruct) return std::nullopt;
  std::vector<std::int64_t> numbers;
  for (const Value* element : value->node()->inputs()) {
    const auto number = torch::jit::toIValue(element);
    if (!number || !number->isInt()) return std::nullopt;
    numbers.push_back(number->toInt());
  }
  return numbers;
}

std::optional<std::vector<std::size_t>> dimensions_from(const Value* value, std::size_t rank) {
  const auto numbers = integers(value);
  if (!numbers) return std::nullopt;
  std::vector<std::size_t> dimensions;
  for (const std::int64_t number : *numbers) {
    const std::int64_t dimension = number < 0 ? number + static_cast<std::int64_t>(rank) : number;
    if (dimension < 0 || dimension >= static_cast<std::int64_t>(rank)) return std::nullopt;
    dimensions.push_back(static_cast<std::size_t>(dimension));
  }
  return dimensions;
}

std::optional<std::size_t> dimension_from(const Value* value, std::size_t rank) {
  const auto dimensions = dimensions_from(value, rank);
  return dimensions && dimensions->size() == 1 ? std::optional(dimensions->front()) : std::nullopt;
}

}  // namespace modattr
