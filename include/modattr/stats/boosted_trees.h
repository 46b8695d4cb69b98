#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "modattr/stats/presence_table.h"

namespace modattr {

/// Gradient boosted regression trees over coalitions (Friedman: "Greedy function approximation: a gradient boosting
/// machine", Annals of Statistics 2001), with the penalty and the gain of XGBoost:
///
///   prediction = mean of the training values + sum of the trees
///   a node splits by the player with the largest sum over its two sides of r^2 / (m + penalty), where that is more
///   than its own; r = sum of the residuals of its m training rows
///   a leaf adds learning_rate r / (m + penalty)
class BoostedTrees {
 public:
  /// XGBoost's defaults but for smaller trees and steps.
  struct Options {
    /// Splits between the root of a tree and a leaf, at most.
    std::size_t depth = 4;
    double learning_rate = 0.2;
    /// Added to the number of rows of every node.
    double penalty = 1.0;
  };

  /// Starts without trees. `table` is borrowed; `values` [rows]; learns from `training_rows`, at least one.
  BoostedTrees(const PresenceTable& table, std::span<const double> values, RowSet training_rows,
               const Options& options);

  void add_tree();
  /// Values less predictions, of training rows and others, [rows].
  std::span<const double> residuals() const noexcept { return residuals_; }
  /// Exact Shapley values, as a game, of what the first `tree_count` trees predict, leaf by leaf, [players]:
  ///
  ///   a players must be present, b absent:  value (a - 1)! b! / (a + b)! to each of the a,
  ///                                        -value a! (b - 1)! / (a + b)! to each of the b
  std::vector<double> shapley_values(std::size_t tree_count) const;

 private:
  enum class Side { kPresent, kAbsent };
  /// A player that the coalitions of a leaf have or lack.
  struct Step {
    std::size_t player = 0;
    Side side = Side::kPresent;
  };
  struct Leaf {
    std::vector<Step> steps;
    double value = 0.0;
  };
  /// A place of the tree that grows.
  struct Node {
    /// All rows that reach it; counts and sums below are of the training rows among them.
    RowSet rows;
    double count = 0.0;
    double sum = 0.0;
    /// Number of the rows with each player, and sum of their residuals, [players].
    std::vector<float> player_counts;
    std::vector<float> player_sums;
  };

  Node node_of(RowSet rows) const;
  void add_up_players(Node& node) const;
  /// The player to split by, or the number of players.
  std::size_t best_split(const Node& node) const;
  void grow(Node node, std::vector<Step>& steps);

  const PresenceTable* table_;
  RowSet training_rows_;
  Options options_;
  std::vector<double> residuals_;
  std::vector<std::vector<Leaf>> trees_;
};

}  // namespace modattr
