#include "row_rules.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <torch/csrc/jit/ir/constants.h>

#include "graph_content.h"

namespace modattr {
namespace {

using torch::jit::Node;
using torch::jit::Value;

using Names = std::unordered_set<std::string_view>;
using Integers = std::vector<std::int64_t>;
using Place = std::optional<RowPlace>;

bool is_tensor(const Value& value) {
  return value.type()->isSubtypeOf(*c10::TensorType::get());
}

bool is_none(const Value& value) {
  const auto constant = torch::jit::toIValue(&value);
  return constant && constant->isNone();
}

/// The operation without its namespace and, when it writes to its first input, without the mark for that.
std::string_view plain_name(const Node& node) {
  std::string_view name = node.kind().toQualString();
  name.remove_prefix(name.find("::") + 2);
  if (name.size() > 1 && name.back() == '_' && name[name.size() - 2] != '_') name.remove_suffix(1);
  return name;
}

/// An argument by its name; nullptr when the operation has none.
const Value* argument(const Node& node, const char* name) {
  const auto* schema = node.maybeSchema();
  if (schema == nullptr) return nullptr;
  const auto place = schema->argumentIndexWithName(name);
  return place ? node.inputs()[static_cast<std::size_t>(*place)] : nullptr;
}

/// A constant flag by its name; nullopt when there is none.
std::optional<bool> flag(const Node& node, const char* name) {
  const Value* value = argument(node, name);
  if (value == nullptr) return std::nullopt;
  const auto constant = torch::jit::toIValue(value);
  return constant && constant->isBool() ? std::optional(constant->toBool()) : std::nullopt;
}

/// A constant integer, or a list of them; nullopt when it is none.
std::optional<Integers> integers(const Value* value) {
  if (value == nullptr) return std::nullopt;
  if (const auto constant = torch::jit::toIValue(value)) {
    if (constant->isInt()) return Integers{constant->toInt()};
    return constant->isIntList() ? std::optional(constant->toIntVector()) : std::nullopt;
  }
  if (value->node()->kind() != c10::prim::ListConstruct) return std::nullopt;
  Integers numbers;
  for (const Value* element : value->node()->inputs()) {
    const auto number = torch::jit::toIValue(element);
    if (!number || !number->isInt()) return std::nullopt;
    numbers.push_back(number->toInt());
  }
  return numbers;
}

/// Dimensions counted from 0; nullopt when one is outside of a tensor of that rank.
std::optional<std::vector<std::size_t>> dimensions_from(const std::optional<Integers>& numbers, std::size_t rank) {
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
  const auto dimensions = dimensions_from(integers(value), rank);
  return dimensions && dimensions->size() == 1 ? std::optional(dimensions->front()) : std::nullopt;
}

RowPlace moved(RowPlace place, std::size_t dimension) {
  place.dimension = dimension;
  return place;
}

/// The rules for one node.
class Rules {
 public:
  Rules(const Node& node, RowFacts& facts) : node_(node), name_(plain_name(node)), facts_(facts) {}

  void apply() {
    if (node_.inputs().empty() || node_.outputs().empty()) return;
    if (!node_.kind().is_aten()) return apply_to_structure();
    if (name_ == "gru" || name_ == "lstm" || name_ == "rnn_tanh" || name_ == "rnn_relu") return apply_to_recurrent();
    Place place = with_free_shape();
    if (!place && has_constant_options()) {
      using Rule = Place (Rules::*)() const;
      constexpr Rule kRules[] = {&Rules::number_by_number, &Rules::of_first_input, &Rules::along_dimensions,
                                 &Rules::rearranged,       &Rules::of_images,      &Rules::normalised,
                                 &Rules::looked_up,        &Rules::product,        &Rules::attention,
                                 &Rules::joined,           &Rules::of_list};
      for (const Rule rule : kRules) {
        if (!place) place = (this->*rule)();
      }
      if (!place) return apply_to_parts();
    }
    // Maxima come with their places.
    for (const Value* output : node_.outputs()) {
      if (place && is_tensor(*output)) facts_.add_rows(*output, *place);
    }
  }

 private:
  const Value& input(std::size_t place) const { return *node_.inputs()[place]; }
  Place rows(std::size_t place) const { return place < node_.inputs().size() ? facts_.rows_of(input(place)) : Place(); }
  std::optional<std::size_t> rank(std::size_t place) const { return facts_.rank(input(place)); }
  bool is_constant_from(std::size_t first) const {
    return std::ranges::all_of(node_.inputs().slice(std::min(first, node_.inputs().size())),
                               [&](const Value* value) { return facts_.is_constant(*value); });
  }
  /// Whether all arguments but tensors and lists of them are constants.
  bool has_constant_options() const {
    return std::ranges::all_of(node_.inputs(), [&](const Value* value) {
      return is_tensor(*value) || value->type()->isSubtypeOf(*c10::ListType::ofTensors()) || facts_.is_constant(*value);
    });
  }

  Place number_by_number() const { return is_number_by_number(node_) ? broadcast() : Place(); }

  /// Where rows lie in what the tensors of the node are broadcast to; nullopt when they do not lie in one place.
  Place broadcast() const {
    std::size_t widest = 0;
    for (const Value* value : node_.inputs()) {
      if (!is_tensor(*value)) continue;
      if (!facts_.rank(*value)) return std::nullopt;
      widest = std::max(widest, *facts_.rank(*value));
    }
    Place common;
    for (const Value* value : node_.inputs()) {
      const Place own = facts_.rows_of(*value);
      if (!own) continue;
      const RowPlace place = moved(*own, widest - *facts_.rank(*value) + own->dimension);
      if (common && common != place) return std::nullopt;
      common = place;
    }
    if (!common) return std::nullopt;
    for (const Value* value : node_.inputs()) {
      if (!is_tensor(*value) || facts_.rows_of(*value)) continue;
      // A constant must be the same for all rows.
      if (!facts_.is_constant(*value)) return std::nullopt;
      const std::size_t missing = widest - *facts_.rank(*value);
      if (common->dimension >= missing && facts_.shapes(*value)->front()[common->dimension - missing] != 1) {
        return std::nullopt;
      }
    }
    return common;
  }

  /// The first input as it is, or filled with one number.
  Place of_first_input() const {
    static const Names names = {"to",      "_to_copy",        "contiguous",    "clone",      "detach",    "type_as",
                                "dropout", "feature_dropout", "alpha_dropout", "zeros_like", "ones_like", "full_like",
                                "alias"};
    return names.contains(name_) && !draws_random_numbers(node_) ? rows(0) : Place();
  }

  Place along_dimensions() const {
    static const Names names = {"sum",
                                "mean",
                                "amax",
                                "amin",
                                "max",
                                "min",
                                "argmax",
                                "argmin",
                                "any",
                                "all",
                                "prod",
                                "norm",
                                "std",
                                "var",
                                "median",
                                "softmax",
                                "cumsum",
                                "cumprod",
                                "logsumexp",
                                "sort",
                                "log_softmax",
                                "topk",
                                "argsort",
                                "flip",
                                "roll",
                                "glu",
                                "narrow",
                                "slice",
                                "unfold",
                                "gather",
                                "frobenius_norm",
                                "index_select",
                                "linalg_vector_norm"};
    if (!names.contains(name_) || !rows(0)) return std::nullopt;
    const Value* asked = argument(node_, "dim");
    if (asked == nullptr) asked = argument(node_, name_ == "unfold" ? "dimension" : "dims");
    const auto dimensions = dimensions_from(integers(asked), *rank(0));
    if (!dimensions || dimensions->empty()) return std::nullopt;
    if (std::ranges::find(*dimensions, rows(0)->dimension) != dimensions->end()) {
      return name_ == "slice" && takes_all() ? rows(0) : Place();
    }
    if (name_ == "gather") {
      if (rows(2) != rows(0) || rank(2) != rank(0)) return std::nullopt;
    } else if (!is_constant_from(1)) {
      return std::nullopt;
    }
    // Windows lie in a dimension of their own, at the end.
    if (name_ == "unfold") return rows(0);
    const auto result = facts_.rank(*node_.outputs()[0]);
    if (!result || *result == *rank(0)) return result ? rows(0) : Place();
    const auto before =
        std::ranges::count_if(*dimensions, [&](std::size_t dimension) { return dimension < rows(0)->dimension; });
    return moved(*rows(0), rows(0)->dimension - static_cast<std::size_t>(before));
  }

  /// Whether a slice is the whole dimension: `x[:, 0]` begins with one.
  bool takes_all() const {
    const auto number = [&](const char* name, std::int64_t absent) {
      const Value* value = argument(node_, name);
      if (value == nullptr || is_none(*value)) return absent;
      const auto found = integers(value);
      return found && found->size() == 1 ? found->front() : std::int64_t{-1};
    };
    constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
    return number("start", 0) == 0 && number("end", kEnd) == kEnd && number("step", 1) == 1;
  }

  Place rearranged() const {
    if (!rows(0) || !is_constant_from(1)) return std::nullopt;
    const RowPlace place = *rows(0);
    const std::size_t count = *rank(0);
    if (name_ == "transpose" || name_ == "swapaxes" || name_ == "swapdims") {
      const auto first = dimension_from(node_.inputs()[1], count);
      const auto second = dimension_from(node_.inputs()[2], count);
      if (!first || !second) return std::nullopt;
      if (*first == place.dimension) return moved(place, *second);
      return *second == place.dimension ? moved(place, *first) : place;
    }
    if (name_ == "t" || name_ == "numpy_T") return count == 2 ? Place(moved(place, 1 - place.dimension)) : Place();
    if (name_ == "permute") {
      const auto order = dimensions_from(integers(node_.inputs()[1]), count);
      if (!order) return std::nullopt;
      return moved(place, static_cast<std::size_t>(std::ranges::find(*order, place.dimension) - order->begin()));
    }
    if (name_ == "unsqueeze") {
      const auto added = dimension_from(node_.inputs()[1], count + 1);
      return added ? Place(moved(place, place.dimension + (*added <= place.dimension ? 1 : 0))) : Place();
    }
    if (name_ == "squeeze" || name_ == "select") {
      const auto taken = dimension_from(argument(node_, "dim"), count);
      if (!taken || *taken == place.dimension) return std::nullopt;
      const bool goes = name_ == "select" || facts_.shapes(input(0))->front()[*taken] == 1;
      return moved(place, place.dimension - (goes && *taken < place.dimension ? 1 : 0));
    }
    return std::nullopt;
  }

  // ---- With a shape that may follow the number of rows, and that the trial has seen ----

  Place with_free_shape() const {
    static const Names views = {"view", "reshape", "_unsafe_view", "unflatten", "flatten"};
    static const Names spreads = {"expand", "expand_as", "repeat"};
    static const Names fillers = {"zeros", "ones", "full", "new_zeros", "new_ones", "new_full"};
    const Value& result = *node_.outputs()[0];
    if (!is_tensor(result) || !facts_.rank(result)) return std::nullopt;
    if (fillers.contains(name_)) {
      const Value* number = argument(node_, "fill_value");
      return number == nullptr || facts_.is_constant(*number) ? only_plain_place(result) : Place();
    }
    if (spreads.contains(name_)) {
      if (!rows(0)) return facts_.is_constant(input(0)) ? only_plain_place(result) : Place();
      if (*facts_.rank(result) < *rank(0)) return std::nullopt;
      return moved(*rows(0), *facts_.rank(result) - *rank(0) + rows(0)->dimension);
    }
    return views.contains(name_) && rows(0) ? regrouped(result) : Place();
  }

  /// The same for all rows, it has them where its shape follows their number.
  Place only_plain_place(const Value& value) const {
    for (std::size_t dimension = 0; dimension < *facts_.rank(value); ++dimension) {
      if (facts_.fits(value, {dimension})) return RowPlace{dimension};
    }
    return std::nullopt;
  }

  /// Numbers in memory's order are [before, rows, behind], however they are grouped into dimensions.
  Place regrouped(const Value& result) const {
    const auto before_of = [](const std::vector<std::int64_t>& shape, std::size_t dimension) {
      std::int64_t product = 1;
      for (std::size_t place = 0; place < dimension; ++place) product *= shape[place];
      return product;
    };
    const std::vector<std::int64_t> from = facts_.shapes(input(0))->front();
    const std::vector<std::int64_t> to = facts_.shapes(result)->front();
    const std::int64_t row_count = GraphTrial::kRowCounts.front();
    const std::int64_t before = before_of(from, rows(0)->dimension) * rows(0)->outer;
    for (std::size_t dimension = 0; dimension < to.size(); ++dimension) {
      const std::int64_t own_before = before_of(to, dimension);
      if (own_before == 0 || before % own_before != 0) return std::nullopt;
      const std::int64_t outer = before / own_before;
      if (to[dimension] % (outer * row_count) != 0) continue;
      const RowPlace place{dimension, outer, to[dimension] / (outer * row_count)};
      if (place.inner > 0 && facts_.fits(result, place)) return place;
    }
    return std::nullopt;
  }

  // ---- Layers ----

  /// Operations on [rows, channels, ...]: with one dimension less, a tensor would be a single row.
  Place of_images() const {
    static const Names convolutions = {"conv1d",           "conv2d",           "conv3d",          "_convolution",
                                       "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"};
    static const std::unordered_map<std::string_view, std::size_t> planes = {
        {"max_pool1d", 1},          {"max_pool2d", 2},          {"max_pool3d", 3},          {"avg_pool1d", 1},
        {"avg_pool2d", 2},          {"avg_pool3d", 3},          {"adaptive_avg_pool1d", 1}, {"adaptive_avg_pool2d", 2},
        {"adaptive_avg_pool3d", 3}, {"adaptive_max_pool1d", 1}, {"adaptive_max_pool2d", 2}, {"upsample_nearest1d", 1},
        {"upsample_nearest2d", 2},  {"upsample_linear1d", 1},   {"upsample_bilinear2d", 2}, {"upsample_bicubic2d", 2},
        {"reflection_pad1d", 1},    {"reflection_pad2d", 2},    {"replication_pad1d", 1},   {"replication_pad2d", 2},
        {"pixel_shuffle", 2}};
    if (!rows(0) || rows(0)->dimension != 0 || !is_constant_from(1)) return std::nullopt;
    const auto found = planes.find(name_);
    if (found != planes.end()) return *rank(0) == found->second + 2 ? rows(0) : Place();
    if (convolutions.contains(name_)) return rank(1) == rank(0) ? rows(0) : Place();
    if (name_ == "constant_pad_nd" || name_ == "pad") {
      const auto widths = integers(node_.inputs()[1]);
      return widths && widths->size() / 2 < *rank(0) ? rows(0) : Place();
    }
    return std::nullopt;
  }

  Place normalised() const {
    if (!rows(0) || !is_constant_from(1)) return std::nullopt;
    if (name_ == "layer_norm") {
      const auto shape = integers(argument(node_, "normalized_shape"));
      return shape && rows(0)->dimension + shape->size() < *rank(0) ? rows(0) : Place();
    }
    if (rows(0)->dimension != 0) return std::nullopt;
    if (name_ == "batch_norm") return flag(node_, "training") == false ? rows(0) : Place();
    const bool is_by_row = name_ == "group_norm" || (name_ == "instance_norm" && *rank(0) >= 3);
    return is_by_row ? rows(0) : Place();
  }

  Place looked_up() const { return name_ == "embedding" && facts_.is_constant(input(0)) ? rows(1) : Place(); }

  Place product() const {
    if (name_ == "bilinear") {
      const bool agree = rows(0) && rows(0) == rows(1) && rank(0) == rank(1);
      return agree && rows(0)->dimension + 1 < *rank(0) && is_constant_from(2) ? rows(0) : Place();
    }
    if (name_ == "addmm") {
      const auto bias = rank(0);
      const bool is_shared =
          facts_.is_constant(input(0)) && bias && (*bias < 2 || facts_.shapes(input(0))->front()[0] == 1);
      return is_shared && is_constant_from(2) && rows(1) && rows(1)->dimension == 0 ? rows(1) : Place();
    }
    if ((name_ != "linear" && name_ != "matmul" && name_ != "mm" && name_ != "bmm") || !rank(0) || !rank(1)) {
      return std::nullopt;
    }
    if (rows(0) && facts_.is_constant(input(1))) {
      // The last dimension of the left factor is summed over.
      const bool is_summed = rows(0)->dimension + 1 == *rank(0);
      return !is_summed && *rank(1) <= 2 && is_constant_from(2) ? rows(0) : Place();
    }
    if (name_ == "linear") return std::nullopt;
    if (rows(1) && facts_.is_constant(input(0))) {
      return *rank(0) == 2 && rows(1)->dimension + 2 < *rank(1) ? rows(1) : Place();
    }
    // Matrices of the same row.
    return rows(0) && rows(0) == rows(1) && rank(0) == rank(1) && rows(0)->dimension + 2 < *rank(0) ? rows(0) : Place();
  }

  Place attention() const {
    const bool is_layer = name_ == "_transformer_encoder_layer_fwd";
    if (name_ == "scaled_dot_product_attention") return dot_product_attention();
    if (!is_layer && name_ != "_native_multi_head_attention") return std::nullopt;
    const Value* mask = argument(node_, "mask");
    const std::size_t source_count = is_layer ? 1 : 3;
    for (std::size_t place = 0; place < node_.inputs().size(); ++place) {
      const bool is_source = place < source_count && rows(place) == rows(0) && rank(place) == 3;
      const bool is_row_mask = &input(place) == mask && rows(place) == RowPlace{} && rank(place) == 2;
      if (!is_source && !is_row_mask && !facts_.is_constant(input(place))) return std::nullopt;
    }
    return rows(0) == RowPlace{} ? rows(0) : Place();
  }

  Place dot_product_attention() const {
    if (!rows(0) || draws_random_numbers(node_) || rows(0)->dimension + 2 >= *rank(0)) return std::nullopt;
    for (std::size_t factor = 1; factor < 3; ++factor) {
      if (rows(factor) != rows(0) || rank(factor) != rank(0)) return std::nullopt;
    }
    const Value* mask = argument(node_, "attn_mask");
    if (mask == nullptr || is_none(*mask)) return rows(0);
    if (facts_.is_constant(*mask)) return facts_.rank(*mask) == 2 ? rows(0) : Place();
    return facts_.rows_of(*mask) == rows(0) && facts_.rank(*mask) == rank(0) ? rows(0) : Place();
  }

  void apply_to_recurrent() {
    // Packed sequences come without that argument.
    const std::optional<bool> is_first = flag(node_, "batch_first");
    if (!is_first || draws_random_numbers(node_) || node_.inputs().size() < 3 || !is_constant_from(2)) return;
    const RowPlace sequence{*is_first ? std::size_t{0} : std::size_t{1}};
    const RowPlace state{1};
    const auto is_state = [&](const Value* value) {
      return facts_.rows_of(*value) == state && facts_.rank(*value) == 3;
    };
    const Node& list = *input(1).node();
    const bool is_state_known =
        name_ == "lstm" ? list.kind() == c10::prim::ListConstruct && std::ranges::all_of(list.inputs(), is_state)
                        : is_state(node_.inputs()[1]);
    if (rows(0) != sequence || rank(0) != 3 || !is_state_known) return;
    for (std::size_t output = 0; output < node_.outputs().size(); ++output) {
      facts_.add_rows(*node_.outputs()[output], output == 0 ? sequence : state);
    }
  }

  // ---- Lists ----

  Place joined() const {
    const bool is_stack = name_ == "stack";
    if ((!is_stack && name_ != "cat" && name_ != "concat") || input(0).node()->kind() != c10::prim::ListConstruct) {
      return std::nullopt;
    }
    const auto elements = input(0).node()->inputs();
    if (elements.empty()) return std::nullopt;
    const Place place = facts_.rows_of(*elements[0]);
    const auto count = facts_.rank(*elements[0]);
    for (const Value* element : elements) {
      if (!place || facts_.rows_of(*element) != place || facts_.rank(*element) != count) return std::nullopt;
    }
    const auto along = dimension_from(node_.inputs()[1], *count + (is_stack ? 1 : 0));
    if (!along) return std::nullopt;
    if (is_stack) return moved(*place, place->dimension + (*along <= place->dimension ? 1 : 0));
    return *along == place->dimension ? Place() : place;
  }

  Place of_list() const {
    if (name_ != "__getitem__") return std::nullopt;
    if (facts_.is_list(input(0))) return rows(0);
    const Node& list = *input(0).node();
    if (list.kind() != c10::prim::ListConstruct) return std::nullopt;
    const auto place = dimension_from(node_.inputs()[1], list.inputs().size());
    return place ? facts_.rows_of(*list.inputs()[*place]) : Place();
  }

  void apply_to_parts() {
    static const Names names = {"chunk", "split", "split_with_sizes", "unbind"};
    if (!names.contains(name_) || !rows(0) || !is_constant_from(1)) return;
    const auto along = dimension_from(argument(node_, "dim"), *rank(0));
    if (!along || *along == rows(0)->dimension) return;
    const std::size_t gone = name_ == "unbind" && *along < rows(0)->dimension ? 1 : 0;
    facts_.add_list(*node_.output(), moved(*rows(0), rows(0)->dimension - gone));
  }

  void apply_to_structure() {
    Place place;
    if (node_.kind() == c10::prim::ListUnpack && facts_.is_list(input(0))) place = rows(0);
    if (node_.kind() == c10::prim::unchecked_cast && is_tensor(input(0))) place = rows(0);
    if (node_.kind() == c10::prim::ConstantChunk && rows(0)) {
      const std::int64_t along = node_.i(c10::attr::dim);
      const auto dimension = along < 0 ? along + static_cast<std::int64_t>(*rank(0)) : along;
      if (dimension != static_cast<std::int64_t>(rows(0)->dimension)) place = rows(0);
    }
    for (const Value* output : node_.outputs()) {
      if (place && is_tensor(*output)) facts_.add_rows(*output, *place);
    }
  }

  const Node& node_;
  std::string_view name_;
  RowFacts& facts_;
};

}  // namespace

bool is_number_by_number(const Node& node) {
  static const Names names = {
      "add",       "sub",         "rsub",        "mul",         "div",        "true_divide", "floor_divide",
      "pow",       "fmod",        "remainder",   "maximum",     "minimum",    "where",       "masked_fill",
      "relu",      "relu6",       "gelu",        "silu",        "sigmoid",    "tanh",        "leaky_relu",
      "elu",       "selu",        "celu",        "hardtanh",    "hardswish",  "hardsigmoid", "softplus",
      "softsign",  "mish",        "log_sigmoid", "exp",         "exp2",       "expm1",       "log",
      "log1p",     "log2",        "log10",       "sqrt",        "rsqrt",      "square",      "reciprocal",
      "abs",       "neg",         "sign",        "clamp",       "clamp_min",  "clamp_max",   "erf",
      "sin",       "cos",         "floor",       "ceil",        "round",      "trunc",       "isnan",
      "isinf",     "isfinite",    "logical_not", "logical_and", "logical_or", "logical_xor", "bitwise_not",
      "threshold", "bitwise_and", "bitwise_or",  "eq",          "ne",         "lt",          "le",
      "gt",        "ge",          "lerp",        "addcmul",     "addcdiv",    "nan_to_num",  "__and__",
      "__or__",    "__xor__"};
  if (!node.kind().is_aten() || node.outputs().size() != 1 || !is_tensor(*node.output())) return false;
  const std::string_view name = plain_name(node);
  // With one input it gives the places of what is true.
  if (name == "where") return node.inputs().size() == 3;
  const bool is_pair = (name == "max" || name == "min") && node.inputs().size() == 2 && is_tensor(*node.inputs()[1]);
  return is_pair || names.contains(name);
}

void add_rows_of_outputs(const Node& node, RowFacts& facts) {
  Rules(node, facts).apply();
}

}  // namespace modattr
