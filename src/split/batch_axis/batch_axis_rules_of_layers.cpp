// Layers: convolutions, normalisations, products and attention.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "batch_axis_node.h"
#include "batch_axis_rules.h"
#include "graph/data_dependence.h"

namespace modattr {
namespace {

using torch::jit::Value;

using Names = std::unordered_set<std::string_view>;
using Axis = std::optional<BatchAxis>;

/// Operations on [rows, channels, ...]: with one dimension less, a tensor would be a single row.
Axis of_images(const BatchAxisNode& node) {
  static const Names convolutions = {"conv1d",           "conv2d",           "conv3d",          "_convolution",
                                     "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"};
  static const std::unordered_map<std::string_view, std::size_t> planes = {
      {"max_pool1d", 1},          {"max_pool2d", 2},          {"max_pool3d", 3},          {"avg_pool1d", 1},
      {"avg_pool2d", 2},          {"avg_pool3d", 3},          {"adaptive_avg_pool1d", 1}, {"adaptive_avg_pool2d", 2},
      {"adaptive_avg_pool3d", 3}, {"adaptive_max_pool1d", 1}, {"adaptive_max_pool2d", 2}, {"upsample_nearest1d", 1},
      {"upsample_nearest2d", 2},  {"upsample_linear1d", 1},   {"upsample_bilinear2d", 2}, {"upsample_bicubic2d", 2},
      {"reflection_pad1d", 1},    {"reflection_pad2d", 2},    {"replication_pad1d", 1},   {"replication_pad2d", 2},
      {"pixel_shuffle", 2}};
  if (!node.axis(0) || node.axis(0)->dimension != 0 || !node.is_constant_from(1)) return std::nullopt;
  const auto found = planes.find(node.name());
  if (found != planes.end()) return *node.rank(0) == found->second + 2 ? node.axis(0) : Axis();
  if (convolutions.contains(node.name())) return node.rank(1) == node.rank(0) ? node.axis(0) : Axis();
  if (node.name() == "constant_pad_nd" || node.name() == "pad") {
    const auto widths = integers(node.node().inputs()[1]);
    return widths && widths->size() / 2 < *node.rank(0) ? node.axis(0) : Axis();
  }
  return std::nullopt;
}

Axis normalised(const BatchAxisNode& node) {
  if (!node.axis(0) || !node.is_constant_from(1)) return std::nullopt;
  if (node.name() == "layer_norm") {
    const auto shape = integers(argument(node.node(), "normalized_shape"));
    return shape && node.axis(0)->dimension + shape->size() < *node.rank(0) ? node.axis(0) : Axis();
  }
  if (node.axis(0)->dimension != 0) return std::nullopt;
  if (node.name() == "batch_norm") return flag(node.node(), "training") == false ? node.axis(0) : Axis();
  const bool is_by_row = node.name() == "group_norm" || (node.name() == "instance_norm" && *node.rank(0) >= 3);
  return is_by_row ? node.axis(0) : Axis();
}

Axis looked_up(const BatchAxisNode& node) {
  return node.name() == "embedding" && node.facts().is_constant(node.input(0)) ? node.axis(1) : Axis();
}

/// Sums of a tensor and a product.
Axis sum_and_product(const BatchAxisNode& node) {
  const BatchAxisFacts& facts = node.facts();
  const auto rank = node.rank(0);
  if (!rank || !node.axis(1) || node.axis(1)->dimension != 0) return std::nullopt;
  if (node.name() == "addmm") {
    const bool is_shared =
        facts.is_constant(node.input(0)) && (*rank < 2 || facts.shapes(node.input(0))->front()[0] == 1);
    return is_shared && node.is_constant_from(2) ? node.axis(1) : Axis();
  }
  if (node.name() != "baddbmm" || node.axis(1) != node.axis(2)) return std::nullopt;
  const bool is_shared =
      facts.is_constant(node.input(0)) && (*rank < 3 || facts.shapes(node.input(0))->front()[0] == 1);
  return is_shared || (node.axis(0) == node.axis(1) && rank == node.rank(1)) ? node.axis(1) : Axis();
}

Axis product(const BatchAxisNode& node) {
  if (node.name() == "bilinear") {
    const bool agree = node.axis(0) && node.axis(0) == node.axis(1) && node.rank(0) == node.rank(1);
    return agree && node.axis(0)->dimension + 1 < *node.rank(0) && node.is_constant_from(2) ? node.axis(0) : Axis();
  }
  static const Names names = {"linear", "matmul", "mm", "bmm"};
  if (!names.contains(node.name()) || !node.rank(0) || !node.rank(1)) return std::nullopt;
  const std::size_t left_rank = *node.rank(0);
  const std::size_t right_rank = *node.rank(1);
  if (node.axis(0) && node.facts().is_constant(node.input(1))) {
    // The last dimension of the left factor is summed over.
    if (node.axis(0)->dimension + 1 == left_rank || !node.is_constant_from(2)) return std::nullopt;
    if (right_rank <= 2) return node.axis(0);
    // One matrix of rows, and many that each is multiplied by.
    return left_rank == 2 && node.name() == "matmul" ? Axis(moved(*node.axis(0), right_rank - 2)) : Axis();
  }
  if (node.name() == "linear") return std::nullopt;
  if (node.axis(1) && node.facts().is_constant(node.input(0))) {
    return left_rank == 2 && node.axis(1)->dimension + 2 < right_rank ? node.axis(1) : Axis();
  }
  // Matrices of the same row.
  const bool agree = node.axis(0) && node.axis(0) == node.axis(1) && left_rank == right_rank;
  return agree && node.axis(0)->dimension + 2 < left_rank ? node.axis(0) : Axis();
}

Axis dot_product_attention(const BatchAxisNode& node) {
  if (!node.axis(0) || draws_random_numbers(node.node()) || node.axis(0)->dimension + 2 >= *node.rank(0))
    return std::nullopt;
  for (std::size_t factor = 1; factor < 3; ++factor) {
    if (node.axis(factor) != node.axis(0) || node.rank(factor) != node.rank(0)) return std::nullopt;
  }
  const Value* mask = argument(node.node(), "attn_mask");
  if (mask == nullptr || is_none(*mask)) return node.axis(0);
  if (node.facts().is_constant(*mask)) return node.facts().rank(*mask) == 2 ? node.axis(0) : Axis();
  return node.facts().axis_of(*mask) == node.axis(0) && node.facts().rank(*mask) == node.rank(0) ? node.axis(0)
                                                                                                 : Axis();
}

Axis attention(const BatchAxisNode& node) {
  const bool is_layer = node.name() == "_transformer_encoder_layer_fwd";
  if (node.name() == "scaled_dot_product_attention") return dot_product_attention(node);
  if (!is_layer && node.name() != "_native_multi_head_attention") return std::nullopt;
  const Value* mask = argument(node.node(), "mask");
  const std::size_t source_count = is_layer ? 1 : 3;
  for (std::size_t place = 0; place < node.node().inputs().size(); ++place) {
    const bool is_source = place < source_count && node.axis(place) == node.axis(0) && node.rank(place) == 3;
    const bool is_row_mask = &node.input(place) == mask && node.axis(place) == BatchAxis{} && node.rank(place) == 2;
    if (!is_source && !is_row_mask && !node.facts().is_constant(node.input(place))) return std::nullopt;
  }
  return node.axis(0) == BatchAxis{} ? node.axis(0) : Axis();
}

}  // namespace

std::optional<BatchAxis> axis_of_layer(const BatchAxisNode& node) {
  for (const auto rule : {of_images, normalised, looked_up, sum_and_product, product, attention}) {
    if (const Axis axis = rule(node)) return axis;
  }
  return std::nullopt;
}

}  // namespace modattr
