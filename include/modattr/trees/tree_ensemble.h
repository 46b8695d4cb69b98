#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace modattr {

/// Which library's rule sends a row left or right.
enum class TreeSplitRule {
  /// XGBoost: left where x < threshold, both as float32; a missing value (NaN) goes the default way; a listed category
  /// goes right.
  kXgboost,
  /// LightGBM: left where x <= threshold, in double; what is missing is said by each node; a listed category goes left.
  kLightgbm
};

/// What counts as missing at a node of LightGBM.
enum class MissingValues : std::uint8_t {
  /// Nothing: NaN is taken as 0.
  kNone,
  /// NaN and numbers within 1e-35 of 0.
  kZero,
  /// NaN.
  kNan
};

/// A node of a tree: a leaf where `left` is negative.
struct TreeNode {
  /// Nodes of the same tree.
  std::int32_t left = -1;
  std::int32_t right = -1;
  std::uint32_t column = 0;
  MissingValues missing = MissingValues::kNan;
  bool is_default_left = false;
  /// Index into TreeEnsemble::category_sets; negative where numbers are compared.
  std::int32_t category_set = -1;
  double threshold = 0.0;
  /// What a leaf adds to the output.
  double value = 0.0;
  /// Weight of the training rows that came here: their sum of second derivatives (XGBoost), or their count (LightGBM).
  double cover = 0.0;

  bool is_leaf() const noexcept { return left < 0; }
};

/// A decision tree; its root is the first node.
struct Tree {
  std::vector<TreeNode> nodes;
  /// The output that it adds to.
  std::uint32_t output = 0;
};

/// What the outputs are.
enum class TreeTask {
  /// Numbers.
  kRegression,
  /// The logit of the second of two classes.
  kBinary,
  /// A logit per class.
  kClasses,
  /// A logit per label.
  kLabels
};

/// From the sum of leaves, the margin, to the prediction of a regression.
enum class TreeLink { kIdentity, kExponential, kLogistic, kSignedSquare };

/// A boosted ensemble, or a forest, of decision trees. The margin of an output is its base plus the values of the
/// leaves that a row reaches in the output's trees.
struct TreeEnsemble {
  TreeSplitRule rule = TreeSplitRule::kXgboost;
  std::size_t column_count = 0;
  /// [columns]; empty where the file names none.
  std::vector<std::string> column_names;
  /// As the file says it, e.g. "binary:logistic".
  std::string objective;
  TreeTask task = TreeTask::kRegression;
  TreeLink link = TreeLink::kIdentity;
  /// Margin of every output without trees. [outputs]
  std::vector<double> base;
  std::vector<Tree> trees;
  /// Ascending.
  std::vector<std::vector<std::uint32_t>> category_sets;
  /// Whether every node has a cover, so that path-dependent values are known.
  bool has_covers = false;

  std::size_t output_count() const noexcept { return base.size(); }
  /// Numbers in its leaves and splits.
  std::size_t parameter_count() const noexcept;
};

/// Whether `x` goes left at a node that is no leaf.
bool goes_left(const TreeEnsemble& ensemble, const TreeNode& node, double x) noexcept;

/// Margins of rows [rows, columns] with NaN where a value is missing, as [rows, outputs]; sums are in double, where
/// XGBoost's are in float32. `margins` has their size.
void tree_margins(const TreeEnsemble& ensemble, std::span<const double> rows, std::span<double> margins);

/// The prediction of a regression with this margin.
double linked(TreeLink link, double margin) noexcept;

}  // namespace modattr
