#include "modattr/stats/boosted_trees.h"

#include <cmath>
#include <limits>
#include <utility>

namespace modattr {

BoostedTrees::BoostedTrees(const PresenceTable& table, std::span<const double> values, RowSet training_rows,
                           const Options& options)
    : table_(&table),
      training_rows_(std::move(training_rows)),
      options_(options),
      residuals_(values.begin(), values.end()) {
  const Node all = node_of(training_rows_);
  for (double& residual : residuals_) residual -= all.sum / all.count;
}

BoostedTrees::Node BoostedTrees::node_of(RowSet rows) const {
  Node node;
  rows.intersection(training_rows_).for_each([&](std::size_t row) {
    node.count += 1.0;
    node.sum += residuals_[row];
  });
  node.rows = std::move(rows);
  return node;
}

void BoostedTrees::add_up_players(Node& node) const {
  const std::size_t player_count = table_->player_count();
  node.player_counts.assign(player_count, 0.0F);
  node.player_sums.assign(player_count, 0.0F);
  float* const counts = node.player_counts.data();
  float* const sums = node.player_sums.data();
  // Nearly all the time of a fit goes here: both loops are plain, over single precision, to run in vector registers.
  node.rows.intersection(training_rows_).for_each([&](std::size_t row) {
    const float* const cells = table_->row(row).data();
    const auto residual = static_cast<float>(residuals_[row]);
    for (std::size_t player = 0; player < player_count; ++player) {
      counts[player] += cells[player];
      sums[player] += residual * cells[player];
    }
  });
}

std::size_t BoostedTrees::best_split(const Node& node) const {
  const auto score = [&](double sum, double count) { return sum * sum / (count + options_.penalty); };
  // Rounding alone must not split what is constant.
  double best_score = score(node.sum, node.count) * (1.0 + 1e-6) + std::numeric_limits<double>::min();
  std::size_t best = table_->player_count();
  for (std::size_t player = 0; player < table_->player_count(); ++player) {
    const double count = node.player_counts[player];
    const double sum = node.player_sums[player];
    if (count == 0.0 || count == node.count) continue;
    const double split_score = score(sum, count) + score(node.sum - sum, node.count - count);
    if (split_score > best_score) {
      best_score = split_score;
      best = player;
    }
  }
  return best;
}

void BoostedTrees::grow(Node node, std::vector<Step>& steps) {
  const std::size_t depth_left = options_.depth - steps.size();
  const std::size_t player = depth_left > 0 ? best_split(node) : table_->player_count();
  if (player == table_->player_count()) {
    const double value = options_.learning_rate * node.sum / (node.count + options_.penalty);
    node.rows.for_each([&](std::size_t row) { residuals_[row] -= value; });
    trees_.back().push_back({steps, value});
    return;
  }
  Node present = node_of(node.rows.intersection(table_->with(player)));
  Node absent = node_of(node.rows.difference(table_->with(player)));
  if (depth_left > 1) {
    // The larger side is what the smaller one leaves.
    Node& small = present.count < absent.count ? present : absent;
    Node& large = present.count < absent.count ? absent : present;
    add_up_players(small);
    large.player_counts = std::move(node.player_counts);
    large.player_sums = std::move(node.player_sums);
    for (std::size_t other = 0; other < table_->player_count(); ++other) {
      large.player_counts[other] -= small.player_counts[other];
      large.player_sums[other] -= small.player_sums[other];
    }
  }
  steps.push_back({player, Side::kPresent});
  grow(std::move(present), steps);
  steps.back().side = Side::kAbsent;
  grow(std::move(absent), steps);
  steps.pop_back();
}

void BoostedTrees::add_tree() {
  trees_.emplace_back();
  Node root = node_of(RowSet::all(table_->row_count()));
  add_up_players(root);
  std::vector<Step> steps;
  grow(std::move(root), steps);
}

std::vector<double> BoostedTrees::shapley_values(std::size_t tree_count) const {
  std::vector<double> values(table_->player_count(), 0.0);
  for (const std::vector<Leaf>& leaves : std::span(trees_).first(tree_count)) {
    for (const Leaf& leaf : leaves) {
      double present = 0.0;
      for (const Step& step : leaf.steps) present += step.side == Side::kPresent ? 1.0 : 0.0;
      const double absent = static_cast<double>(leaf.steps.size()) - present;
      const double orders = std::tgamma(present + absent + 1.0);
      for (const Step& step : leaf.steps) {
        values[step.player] += step.side == Side::kPresent
                                   ? leaf.value * std::tgamma(present) * std::tgamma(absent + 1.0) / orders
                                   : -leaf.value * std::tgamma(present + 1.0) * std::tgamma(absent) / orders;
      }
    }
  }
  return values;
}

}  // namespace modattr
