#include "modattr/trees/tree_ensemble.h"

#include <algorithm>
#include <cmath>

namespace modattr {
namespace {

bool is_member(const std::vector<std::uint32_t>& set, double category) noexcept {
  // Of float32, as categories of XGBoost are; LightGBM's are int32.
  constexpr double kMostCategories = 2147483648.0;
  return category < kMostCategories && std::ranges::binary_search(set, static_cast<std::uint32_t>(category));
}

bool goes_left_in_xgboost(const TreeEnsemble& ensemble, const TreeNode& node, double x) noexcept {
  const auto value = static_cast<float>(x);
  if (std::isnan(value)) return node.is_default_left;
  if (node.category_set < 0) return value < static_cast<float>(node.threshold);
  return value < 0.0F || !is_member(ensemble.category_sets[static_cast<std::size_t>(node.category_set)],
                                    std::trunc(static_cast<double>(value)));
}

bool goes_left_in_lightgbm(const TreeEnsemble& ensemble, const TreeNode& node, double x) noexcept {
  constexpr double kZeroThreshold = 1e-35;
  if (node.category_set >= 0) {
    const double category = std::trunc(x);
    // NaN is in no comparison.
    return category >= 0.0 && is_member(ensemble.category_sets[static_cast<std::size_t>(node.category_set)], category);
  }
  if (std::isnan(x)) {
    if (node.missing == MissingValues::kNan) return node.is_default_left;
    x = 0.0;
  }
  if (node.missing == MissingValues::kZero && std::abs(x) <= kZeroThreshold) return node.is_default_left;
  return x <= node.threshold;
}

}  // namespace

std::size_t TreeEnsemble::parameter_count() const noexcept {
  std::size_t count = 0;
  for (const Tree& tree : trees) count += tree.nodes.size();
  return count;
}

bool goes_left(const TreeEnsemble& ensemble, const TreeNode& node, double x) noexcept {
  return ensemble.rule == TreeSplitRule::kXgboost ? goes_left_in_xgboost(ensemble, node, x)
                                                  : goes_left_in_lightgbm(ensemble, node, x);
}

void tree_margins(const TreeEnsemble& ensemble, std::span<const double> rows, std::span<double> margins) {
  const std::size_t output_count = ensemble.output_count();
  const std::size_t row_count = margins.size() / output_count;
  for (std::size_t row = 0; row < row_count; ++row) std::ranges::copy(ensemble.base, &margins[row * output_count]);
  // Tree by tree, so that a tree's nodes stay in the processor's cache.
  for (const Tree& tree : ensemble.trees) {
    for (std::size_t row = 0; row < row_count; ++row) {
      const std::span<const double> data = rows.subspan(row * ensemble.column_count, ensemble.column_count);
      const TreeNode* node = tree.nodes.data();
      while (!node->is_leaf()) {
        node = &tree.nodes[static_cast<std::size_t>(goes_left(ensemble, *node, data[node->column]) ? node->left
                                                                                                   : node->right)];
      }
      margins[row * output_count + tree.output] += node->value;
    }
  }
}

double linked(TreeLink link, double margin) noexcept {
  if (link == TreeLink::kExponential) return std::exp(margin);
  if (link == TreeLink::kLogistic) return 1.0 / (1.0 + std::exp(-margin));
  if (link == TreeLink::kSignedSquare) return std::copysign(margin * margin, margin);
  return margin;
}

}  // namespace modattr
