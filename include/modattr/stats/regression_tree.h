#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "modattr/core/matrix.h"

namespace modattr {

struct RegressionTreeOptions {
  /// Most splits from the root to a leaf.
  std::size_t depth = 5;
  /// Fewest rows of positive weight in a leaf.
  std::size_t least_rows = 2;
};

/// A weighted regression tree over columns that are 0 or 1 (CART; Breiman, Friedman, Olshen, Stone 1984):
///
///   grow(rows, depth): of the columns that part the rows, take the one with the largest
///     sum over both parts of (sum w y)^2 / (sum w), the first of equals; stop at depth 0 or where none lowers
///     the weighted squared error beyond rounding
/// A leaf answers with the weighted mean of its rows.
class RegressionTree {
 public:
  /// `columns` [rows, columns] of 0 and 1; `response`, `weights` [rows]. Throws std::invalid_argument for other shapes
  /// or no positive weight.
  static RegressionTree grow(const Matrix& columns, std::span<const double> response, std::span<const double> weights,
                             const RegressionTreeOptions& options);

  double predict(std::span<const double> row) const;

  /// One split on the way to a leaf, and the side of it.
  struct Condition {
    std::size_t column = 0;
    double value = 0.0;
  };
  struct Leaf {
    std::vector<Condition> conditions;
    double value = 0.0;
    /// Part of the weight of all rows, in (0, 1].
    double weight_share = 0.0;
  };
  /// The leaves, 1 before 0 at every split.
  std::vector<Leaf> leaves() const;

 private:
  struct Node {
    /// nullopt = a leaf.
    std::optional<std::size_t> column;
    /// Numbers of the nodes for the values 0 and 1.
    std::size_t child_of_zero = 0;
    std::size_t child_of_one = 0;
    double value = 0.0;
    double weight = 0.0;
  };
  class Grower;

  std::vector<Node> nodes_;
};

/// Shapley values of the tree's answer in the game whose players are the columns, 1 = present; they sum to the answer
/// to all ones less that to all zeros. A leaf of value u that asks for the players P and against the players Q adds u
/// (p-1)! q! / (p+q)! to each of P and takes u p! (q-1)! / (p+q)! from each of Q. Returns [columns].
std::vector<double> tree_shapley_values(const RegressionTree& tree, std::size_t column_count);

}  // namespace modattr
