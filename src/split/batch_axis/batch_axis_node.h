#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include <torch/csrc/jit/ir/ir.h>

#include "batch_axis_facts.h"
#include "graph/node_arguments.h"

namespace modattr {

/// An operation beside what is known of its inputs.
class BatchAxisNode {
 public:
  BatchAxisNode(const torch::jit::Node& node, const BatchAxisFacts& facts)
      : node_(node), name_(plain_name(node)), facts_(facts) {}

  const torch::jit::Node& node() const noexcept { return node_; }
  std::string_view name() const noexcept { return name_; }
  const BatchAxisFacts& facts() const noexcept { return facts_; }
  const torch::jit::Value& input(std::size_t place) const { return *node_.inputs()[place]; }
  const torch::jit::Value& output() const { return *node_.outputs()[0]; }
  /// The batch axis of an input that is a tensor; nullopt when it is not known, or there is no such input.
  std::optional<BatchAxis> axis(std::size_t place) const {
    const bool is_one = place < node_.inputs().size() && is_tensor(input(place));
    return is_one ? facts_.axis_of(input(place)) : std::nullopt;
  }
  std::optional<std::size_t> rank(std::size_t place) const { return facts_.rank(input(place)); }
  /// Whether all inputs from that place on are constants.
  bool is_constant_from(std::size_t first) const {
    return std::ranges::all_of(node_.inputs().slice(std::min(first, node_.inputs().size())),
                               [&](const torch::jit::Value* value) { return facts_.is_constant(*value); });
  }

 private:
  const torch::jit::Node& node_;
  std::string_view name_;
  const BatchAxisFacts& facts_;
};

/// The same axis in another dimension.
inline BatchAxis moved(BatchAxis axis, std::size_t dimension) {
  axis.dimension = dimension;
  return axis;
}

}  // namespace modattr
