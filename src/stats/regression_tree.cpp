#include "modattr/stats/regression_tree.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "modattr/core/vector_clones.h"

namespace modattr {
namespace {

/// Sums over the rows with a one in each column.
struct ColumnSums {
  explicit ColumnSums(std::size_t column_count)
      : weights(column_count, 0.0), responses(column_count, 0.0), row_counts(column_count, 0.0) {}

  std::vector<double> weights;
  std::vector<double> responses;
  std::vector<double> row_counts;
};

/// Adds a row without a branch per column, which nobody could predict.
MODATTR_VECTOR_CLONES
void add_row(std::span<const double> values, double weight, double response, ColumnSums& sums) {
  double* weights = sums.weights.data();
  double* responses = sums.responses.data();
  double* row_counts = sums.row_counts.data();
  for (std::size_t column = 0; column < values.size(); ++column) {
    weights[column] += values[column] * weight;
    responses[column] += values[column] * response;
    row_counts[column] += values[column];
  }
}

}  // namespace

/// Builds the nodes of a tree, the root first.
class RegressionTree::Grower {
 public:
  Grower(const Matrix& columns, std::span<const double> response, std::span<const double> weights,
         const RegressionTreeOptions& options)
      : columns_(columns), response_(response), weights_(weights), options_(options) {}

  std::vector<Node> run() {
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < weights_.size(); ++row) {
      if (weights_[row] > 0.0) rows.push_back(row);
    }
    if (rows.empty()) throw std::invalid_argument("tree: expected a row of positive weight");
    add_node(rows, options_.depth);
    return std::move(nodes_);
  }

 private:
  struct Sums {
    double weight = 0.0;
    double response = 0.0;
    double square = 0.0;
    std::size_t row_count = 0;
  };
  struct Split {
    std::size_t column = 0;
    double gain = 0.0;
  };

  /// Responses are taken from `origin`, so that sums of squares lose no digits.
  Sums sums_of(std::span<const std::size_t> rows, double origin) const {
    Sums sums;
    for (const std::size_t row : rows) {
      const double response = response_[row] - origin;
      sums.weight += weights_[row];
      sums.response += weights_[row] * response;
      sums.square += weights_[row] * response * response;
    }
    sums.row_count = rows.size();
    return sums;
  }

  std::optional<Split> best_split(std::span<const std::size_t> rows, double mean) const {
    const Sums all = sums_of(rows, mean);
    ColumnSums ones(columns_.column_count());
    for (const std::size_t row : rows) {
      add_row(columns_.row(row), weights_[row], weights_[row] * (response_[row] - mean), ones);
    }
    std::optional<Split> best;
    // What rounding leaves of equal responses is no gain.
    const double rounding = static_cast<double>(rows.size()) * std::numeric_limits<double>::epsilon() * mean;
    double largest_gain = all.square * 1e-12 + all.weight * rounding * rounding;
    for (std::size_t column = 0; column < columns_.column_count(); ++column) {
      const Sums one{.weight = ones.weights[column],
                     .response = ones.responses[column],
                     .row_count = static_cast<std::size_t>(ones.row_counts[column])};
      if (one.row_count < options_.least_rows || all.row_count - one.row_count < options_.least_rows) continue;
      const double zero_response = all.response - one.response;
      const double zero_weight = all.weight - one.weight;
      if (!(one.weight > 0.0) || !(zero_weight > 0.0)) continue;
      const double gain = one.response * one.response / one.weight + zero_response * zero_response / zero_weight;
      // Columns that part the rows equally well differ by rounding; the first stands.
      if (gain <= largest_gain * (1.0 + 1e-12)) continue;
      largest_gain = gain;
      best = {column, gain};
    }
    return best;
  }

  std::size_t add_node(std::span<const std::size_t> rows, std::size_t depth) {
    const Sums sums = sums_of(rows, 0.0);
    const std::size_t number = nodes_.size();
    nodes_.push_back({.column = std::nullopt, .value = sums.response / sums.weight, .weight = sums.weight});
    if (depth == 0) return number;
    const std::optional<Split> split = best_split(rows, nodes_[number].value);
    if (!split) return number;
    std::vector<std::size_t> zeros;
    std::vector<std::size_t> ones;
    for (const std::size_t row : rows) (columns_(row, split->column) == 0.0 ? zeros : ones).push_back(row);
    const std::size_t child_of_one = add_node(ones, depth - 1);
    const std::size_t child_of_zero = add_node(zeros, depth - 1);
    nodes_[number].column = split->column;
    nodes_[number].child_of_one = child_of_one;
    nodes_[number].child_of_zero = child_of_zero;
    return number;
  }

  const Matrix& columns_;
  std::span<const double> response_;
  std::span<const double> weights_;
  const RegressionTreeOptions& options_;
  std::vector<Node> nodes_;
};

RegressionTree RegressionTree::grow(const Matrix& columns, std::span<const double> response,
                                    std::span<const double> weights, const RegressionTreeOptions& options) {
  if (response.size() != columns.row_count() || weights.size() != columns.row_count()) {
    throw std::invalid_argument("tree: expected a response and a weight per row");
  }
  RegressionTree tree;
  tree.nodes_ = Grower(columns, response, weights, options).run();
  return tree;
}

double RegressionTree::predict(std::span<const double> row) const {
  const Node* node = &nodes_.front();
  while (node->column) node = &nodes_[row[*node->column] == 0.0 ? node->child_of_zero : node->child_of_one];
  return node->value;
}

std::vector<RegressionTree::Leaf> RegressionTree::leaves() const {
  std::vector<Leaf> leaves;
  std::vector<std::pair<std::size_t, std::vector<Condition>>> open = {{0, {}}};
  while (!open.empty()) {
    auto [number, conditions] = std::move(open.back());
    open.pop_back();
    const Node& node = nodes_[number];
    if (!node.column) {
      leaves.push_back({std::move(conditions), node.value, node.weight / nodes_.front().weight});
      continue;
    }
    std::vector<Condition> of_zero = conditions;
    of_zero.push_back({*node.column, 0.0});
    conditions.push_back({*node.column, 1.0});
    open.emplace_back(node.child_of_zero, std::move(of_zero));
    open.emplace_back(node.child_of_one, std::move(conditions));
  }
  return leaves;
}

std::vector<double> tree_shapley_values(const RegressionTree& tree, std::size_t column_count) {
  std::vector<double> values(column_count, 0.0);
  for (const RegressionTree::Leaf& leaf : tree.leaves()) {
    const auto wanted = static_cast<double>(std::ranges::count_if(
        leaf.conditions, [](const RegressionTree::Condition& condition) { return condition.value != 0.0; }));
    const double unwanted = static_cast<double>(leaf.conditions.size()) - wanted;
    for (const RegressionTree::Condition& condition : leaf.conditions) {
      // (a - 1)! b! / (a + b)! as a beta function, which does not overflow.
      values.at(condition.column) += condition.value != 0.0 ? leaf.value * std::beta(wanted, unwanted + 1.0)
                                                            : -leaf.value * std::beta(wanted + 1.0, unwanted);
    }
  }
  return values;
}

}  // namespace modattr
