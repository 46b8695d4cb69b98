// Operations that work along dimensions, move them, or give a tensor another shape.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "batch_axis_node.h"
#include "batch_axis_rules.h"

namespace modattr {
namespace {

using torch::jit::Value;

using Names = std::unordered_set<std::string_view>;
using Axis = std::optional<BatchAxis>;

/// Whether a slice is the whole dimension: `x[:, 0]` begins with one.
bool takes_all(const BatchAxisNode& node) {
  const auto number = [&](const char* name, std::int64_t absent) {
    const Value* value = argument(node.node(), name);
    if (value == nullptr || is_none(*value)) return absent;
    const auto found = integers(value);
    return found && found->size() == 1 ? found->front() : std::int64_t{-1};
  };
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  return number("start", 0) == 0 && number("end", kEnd) == kEnd && number("step", 1) == 1;
}

/// Of a tensor that is the same for all rows: the dimension that is as long as there are rows.
Axis only_plain_axis(const BatchAxisFacts& facts, const Value& value) {
  for (std::size_t dimension = 0; dimension < *facts.rank(value); ++dimension) {
    if (facts.fits(value, {dimension})) return BatchAxis{dimension};
  }
  return std::nullopt;
}

/// Of a constant that is expanded over the rows, which must not have had several entries there.
Axis spread_over_rows(const BatchAxisNode& node) {
  const Axis axis = only_plain_axis(node.facts(), node.output());
  const auto rank = node.rank(0);
  if (!axis || !rank || *rank > *node.facts().rank(node.output())) return std::nullopt;
  const std::size_t added = *node.facts().rank(node.output()) - *rank;
  const bool had_one =
      axis->dimension < added || node.facts().shapes(node.input(0))->front()[axis->dimension - added] == 1;
  return had_one ? axis : Axis();
}

/// Elements in their order are [before, rows, after], however they are grouped into dimensions.
Axis regrouped(const BatchAxisNode& node, const Value& result) {
  const auto before_of = [](const std::vector<std::int64_t>& shape, std::size_t dimension) {
    std::int64_t product = 1;
    for (std::size_t place = 0; place < dimension; ++place) product *= shape[place];
    return product;
  };
  const std::vector<std::int64_t> from = node.facts().shapes(node.input(0))->front();
  const std::vector<std::int64_t> to = node.facts().shapes(result)->front();
  const std::int64_t row_count = GraphTrial::kRowCounts.front();
  const std::int64_t before = before_of(from, node.axis(0)->dimension) * node.axis(0)->outer;
  for (std::size_t dimension = 0; dimension < to.size(); ++dimension) {
    const std::int64_t own_before = before_of(to, dimension);
    if (before == 0 || own_before == 0 || before % own_before != 0) return std::nullopt;
    const std::int64_t outer = before / own_before;
    if (to[dimension] % (outer * row_count) != 0) continue;
    const BatchAxis axis{dimension, outer, to[dimension] / (outer * row_count)};
    if (axis.inner > 0 && node.facts().fits(result, axis)) return axis;
  }
  return std::nullopt;
}

}  // namespace

std::optional<BatchAxis> axis_along_dimensions(const BatchAxisNode& node) {
  static const Names reductions = {"sum", "mean", "amax", "amin", "max", "min", "argmax", "argmin",
                                   "any", "all",  "prod", "norm", "std", "var", "median", "logsumexp"};
  static const Names norms = {"linalg_vector_norm", "frobenius_norm"};
  static const Names others = {"softmax", "log_softmax", "cumsum", "cumprod", "sort",
                               "argsort", "topk",        "flip",   "roll",    "glu",
                               "narrow",  "slice",       "unfold", "gather",  "index_select"};
  const bool is_known = reductions.contains(node.name()) || norms.contains(node.name()) || others.contains(node.name());
  if (!is_known || !node.axis(0)) return std::nullopt;
  const Value* given = argument(node.node(), "dim");
  if (given == nullptr) given = argument(node.node(), node.name() == "unfold" ? "dimension" : "dims");
  const auto dimensions = dimensions_from(given, *node.rank(0));
  if (!dimensions || dimensions->empty()) return std::nullopt;
  if (std::ranges::find(*dimensions, node.axis(0)->dimension) != dimensions->end()) {
    return node.name() == "slice" && takes_all(node) ? node.axis(0) : Axis();
  }
  if (node.name() == "gather") {
    if (node.axis(2) != node.axis(0) || node.rank(2) != node.rank(0)) return std::nullopt;
  } else if (!node.is_constant_from(1)) {
    return std::nullopt;
  }
  // Windows get a dimension of their own, at the end.
  if (node.name() == "unfold") return node.axis(0);
  const auto result = node.facts().rank(node.output());
  if (!result || *result == *node.rank(0)) return result ? node.axis(0) : Axis();
  const auto before =
      std::ranges::count_if(*dimensions, [&](std::size_t dimension) { return dimension < node.axis(0)->dimension; });
  return moved(*node.axis(0), node.axis(0)->dimension - static_cast<std::size_t>(before));
}

std::optional<BatchAxis> axis_rearranged(const BatchAxisNode& node) {
  if (!node.axis(0) || !node.is_constant_from(1)) return std::nullopt;
  const BatchAxis axis = *node.axis(0);
  const std::size_t count = *node.rank(0);
  if (node.name() == "transpose" || node.name() == "swapaxes" || node.name() == "swapdims") {
    const auto first = dimension_from(node.node().inputs()[1], count);
    const auto second = dimension_from(node.node().inputs()[2], count);
    if (!first || !second) return std::nullopt;
    if (*first == axis.dimension) return moved(axis, *second);
    return *second == axis.dimension ? moved(axis, *first) : axis;
  }
  if (node.name() == "t" || node.name() == "numpy_T")
    return count == 2 ? Axis(moved(axis, 1 - axis.dimension)) : Axis();
  if (node.name() == "permute") {
    const auto order = dimensions_from(node.node().inputs()[1], count);
    if (!order) return std::nullopt;
    return moved(axis, static_cast<std::size_t>(std::ranges::find(*order, axis.dimension) - order->begin()));
  }
  if (node.name() == "unsqueeze") {
    const auto added = dimension_from(node.node().inputs()[1], count + 1);
    return added ? Axis(moved(axis, axis.dimension + (*added <= axis.dimension ? 1 : 0))) : Axis();
  }
  if (node.name() == "squeeze" || node.name() == "select") {
    const auto taken = dimension_from(argument(node.node(), "dim"), count);
    if (!taken || *taken == axis.dimension) return std::nullopt;
    const bool goes = node.name() == "select" || node.facts().shapes(node.input(0))->front()[*taken] == 1;
    return moved(axis, axis.dimension - (goes && *taken < axis.dimension ? 1 : 0));
  }
  return std::nullopt;
}

std::optional<BatchAxis> axis_in_free_shape(const BatchAxisNode& node) {
  static const Names views = {"view", "reshape", "_unsafe_view", "unflatten", "flatten"};
  static const Names spreads = {"expand", "expand_as", "repeat"};
  static const Names fillers = {"zeros", "ones", "full", "new_zeros", "new_ones", "new_full"};
  const Value& result = node.output();
  if (!is_tensor(result) || !node.facts().rank(result)) return std::nullopt;
  if (fillers.contains(node.name())) {
    const Value* number = argument(node.node(), "fill_value");
    return number == nullptr || node.facts().is_constant(*number) ? only_plain_axis(node.facts(), result) : Axis();
  }
  if (spreads.contains(node.name())) {
    if (!node.axis(0)) return node.facts().is_constant(node.input(0)) ? spread_over_rows(node) : Axis();
    if (*node.facts().rank(result) < *node.rank(0)) return std::nullopt;
    return moved(*node.axis(0), *node.facts().rank(result) - *node.rank(0) + node.axis(0)->dimension);
  }
  return views.contains(node.name()) && node.axis(0) ? regrouped(node, result) : Axis();
}

}  // namespace modattr
