#include "tree_checks.h"

#include <cmath>
#include <utility>
#include <vector>

#include "modattr/core/error.h"

namespace modattr {
namespace {

class TreeCheck {
 public:
  TreeCheck(const TreeEnsemble& ensemble, std::size_t number, const std::string& name)
      : ensemble_(ensemble),
        tree_(ensemble.trees[number]),
        where_(name + ": tree " + std::to_string(number)),
        is_met_(tree_.nodes.size()) {}

  /// Whether all nodes that can be reached have covers.
  bool run() {
    if (tree_.nodes.empty()) fail("at least one node", "none");
    if (tree_.output >= ensemble_.output_count()) {
      fail("an output below " + std::to_string(ensemble_.output_count()), std::to_string(tree_.output));
    }
    bool has_covers = true;
    // Pairs of a node and its depth.
    std::vector<std::pair<std::size_t, std::size_t>> open = {{0, 0}};
    while (!open.empty()) {
      const auto [index, depth] = open.back();
      open.pop_back();
      if (depth > kDeepestTree) fail("at most " + std::to_string(kDeepestTree) + " splits on a path", "more");
      meet(index);
      const TreeNode& node = tree_.nodes[index];
      has_covers &= std::isfinite(node.cover) && node.cover >= 0.0;
      if (node.is_leaf()) {
        if (!std::isfinite(node.value)) fail_at(index, "a finite value", std::to_string(node.value));
        continue;
      }
      check_split(index);
      const std::size_t left = child(index, node.left);
      const std::size_t right = child(index, node.right);
      has_covers &= tree_.nodes[left].cover + tree_.nodes[right].cover > 0.0;
      open.emplace_back(right, depth + 1);
      open.emplace_back(left, depth + 1);
    }
    return has_covers;
  }

 private:
  [[noreturn]] void fail(const std::string& expected, const std::string& found) const {
    throw ModelError(where_ + ": expected " + expected + ", got " + found);
  }
  [[noreturn]] void fail_at(std::size_t node, const std::string& expected, const std::string& found) const {
    throw ModelError(where_ + ", node " + std::to_string(node) + ": expected " + expected + ", got " + found);
  }

  void meet(std::size_t index) {
    if (is_met_[index]) fail_at(index, "one parent", "several");
    is_met_[index] = true;
  }

  std::size_t child(std::size_t index, std::int32_t number) const {
    if (number < 0 || static_cast<std::size_t>(number) >= tree_.nodes.size()) {
      fail_at(index, "children below " + std::to_string(tree_.nodes.size()), std::to_string(number));
    }
    return static_cast<std::size_t>(number);
  }

  void check_split(std::size_t index) const {
    const TreeNode& node = tree_.nodes[index];
    if (node.column >= ensemble_.column_count) {
      fail_at(index, "a column below " + std::to_string(ensemble_.column_count), std::to_string(node.column));
    }
    if (node.category_set >= 0) {
      if (static_cast<std::size_t>(node.category_set) >= ensemble_.category_sets.size()) {
        fail_at(index, "one of " + std::to_string(ensemble_.category_sets.size()) + " sets of categories",
                "number " + std::to_string(node.category_set));
      }
    } else if (std::isnan(node.threshold)) {
      fail_at(index, "a threshold", "NaN");
    }
  }

  const TreeEnsemble& ensemble_;
  const Tree& tree_;
  std::string where_;
  std::vector<bool> is_met_;
};

}  // namespace

void check_trees(TreeEnsemble& ensemble, const std::string& name) {
  bool has_covers = true;
  for (std::size_t tree = 0; tree < ensemble.trees.size(); ++tree) {
    has_covers &= TreeCheck(ensemble, tree, name).run();
  }
  for (const double base : ensemble.base) {
    if (!std::isfinite(base)) throw ModelError(name + ": expected a finite base score, got " + std::to_string(base));
  }
  ensemble.has_covers = has_covers;
}

}  // namespace modattr
