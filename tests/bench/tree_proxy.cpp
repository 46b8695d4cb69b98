#include "tree_proxy.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "modattr/engines/leverage_shapley.h"
#include "modattr/engines/paired_coalitions.h"

namespace modattr {
namespace {

constexpr std::size_t kFoldCount = 5;
constexpr std::size_t kMostTrees = 150;

std::uint32_t bits_of(const Coalition& coalition, std::size_t player_count) {
  std::uint32_t bits = 0;
  for (std::size_t player = 0; player < player_count; ++player) {
    if (coalition.contains(player)) bits |= std::uint32_t{1} << player;
  }
  return bits;
}

bool reaches(std::uint32_t coalition, const TreeLeaf& leaf) {
  return (coalition & leaf.present) == leaf.present && (coalition & leaf.absent) == 0;
}

/// Grows one tree on residuals and subtracts it from them.
class TreeGrower {
 public:
  TreeGrower(std::span<const std::uint32_t> coalitions, std::span<double> residuals, std::size_t player_count,
             const BoostedTrees::Options& options)
      : coalitions_(coalitions), residuals_(residuals), player_count_(player_count), options_(options) {}

  std::vector<TreeLeaf> grow() {
    std::vector<std::uint32_t> rows(coalitions_.size());
    std::iota(rows.begin(), rows.end(), 0U);
    grow(rows, {}, options_.depth);
    return std::move(leaves_);
  }

 private:
  double score(double sum, double count) const { return sum * sum / (count + options_.penalty); }

  void grow(std::span<std::uint32_t> rows, TreeLeaf leaf, std::size_t depth_left) {
    double total = 0.0;
    for (const std::uint32_t row : rows) total += residuals_[row];
    std::vector<double> sums(player_count_, 0.0);
    std::vector<double> counts(player_count_, 0.0);
    for (const std::uint32_t row : depth_left > 0 ? rows : std::span<std::uint32_t>()) {
      for (std::uint32_t left = coalitions_[row]; left != 0; left &= left - 1) {
        const auto player = static_cast<std::size_t>(std::countr_zero(left));
        sums[player] += residuals_[row];
        counts[player] += 1.0;
      }
    }
    const double count = static_cast<double>(rows.size());
    // Rounding alone must not split what is constant.
    double best_score = score(total, count) * (1.0 + 1e-9) + 1e-300;
    std::size_t best = player_count_;
    for (std::size_t player = 0; player < player_count_ && depth_left > 0; ++player) {
      if (counts[player] == 0.0 || counts[player] == count) continue;
      const double split = score(sums[player], counts[player]) + score(total - sums[player], count - counts[player]);
      if (split > best_score) {
        best_score = split;
        best = player;
      }
    }
    if (best == player_count_) {
      leaf.value = options_.learning_rate * total / (count + options_.penalty);
      for (const std::uint32_t row : rows) residuals_[row] -= leaf.value;
      leaves_.push_back(leaf);
      return;
    }
    const std::uint32_t bit = std::uint32_t{1} << best;
    const auto absent =
        std::partition(rows.begin(), rows.end(), [&](std::uint32_t row) { return (coalitions_[row] & bit) != 0; });
    const auto present_count = static_cast<std::size_t>(absent - rows.begin());
    grow(rows.first(present_count), {leaf.present | bit, leaf.absent, 0.0}, depth_left - 1);
    grow(rows.subspan(present_count), {leaf.present, leaf.absent | bit, 0.0}, depth_left - 1);
  }

  std::span<const std::uint32_t> coalitions_;
  std::span<double> residuals_;
  std::size_t player_count_;
  const BoostedTrees::Options& options_;
  std::vector<TreeLeaf> leaves_;
};

/// Coalitions and values that a proxy learns from.
struct Examples {
  std::vector<std::uint32_t> coalitions;
  std::vector<double> values;

  void add(std::uint32_t coalition, double value) {
    coalitions.push_back(coalition);
    values.push_back(value);
  }
};

/// All that is known of a game but one fold of its pairs; kFoldCount leaves out nothing.
Examples examples_without(const SampledGame& game, std::size_t fold) {
  Examples result;
  result.add(0, game.empty_value);
  result.add(bits_of(Coalition::full(game.player_count), game.player_count), game.full_value);
  for (std::size_t index = 0; index < game.coalitions.size(); ++index) {
    if (index / 2 % kFoldCount == fold) continue;
    result.add(bits_of(game.coalitions[index], game.player_count), game.values[index]);
  }
  return result;
}

}  // namespace

BoostedTrees::BoostedTrees(std::span<const std::uint32_t> coalitions, std::span<const double> values,
                           std::size_t player_count, std::size_t tree_count, const Options& options)
    : player_count_(player_count),
      mean_(std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size())) {
  std::vector<double> residuals(values.begin(), values.end());
  for (double& residual : residuals) residual -= mean_;
  for (std::size_t tree = 0; tree < tree_count; ++tree) {
    trees_.push_back(TreeGrower(coalitions, residuals, player_count, options).grow());
  }
}

std::vector<double> BoostedTrees::path(std::uint32_t coalition) const {
  std::vector<double> result = {mean_};
  for (const std::vector<TreeLeaf>& leaves : trees_) {
    const auto leaf = std::ranges::find_if(leaves, [&](const TreeLeaf& each) { return reaches(coalition, each); });
    result.push_back(result.back() + leaf->value);
  }
  return result;
}

std::vector<double> BoostedTrees::shapley_values() const {
  std::vector<double> values(player_count_, 0.0);
  for (const std::vector<TreeLeaf>& leaves : trees_) {
    for (const TreeLeaf& leaf : leaves) {
      const double present_count = std::popcount(leaf.present);
      const double absent_count = std::popcount(leaf.absent);
      const double orders = std::tgamma(present_count + absent_count + 1.0);
      for (std::size_t player = 0; player < player_count_; ++player) {
        if ((leaf.present >> player & 1) != 0) {
          values[player] += leaf.value * std::tgamma(present_count) * std::tgamma(absent_count + 1.0) / orders;
        } else if ((leaf.absent >> player & 1) != 0) {
          values[player] -= leaf.value * std::tgamma(present_count + 1.0) * std::tgamma(absent_count) / orders;
        }
      }
    }
  }
  return values;
}

std::vector<double> tree_proxy_values(const SampledGame& game) {
  const std::size_t player_count = game.player_count;
  // Predictions for every fold by the trees of the others, after each number of trees.
  std::vector<std::vector<double>> unseen(game.coalitions.size());
  std::vector<double> losses(kMostTrees + 1, 0.0);
  for (std::size_t fold = 0; fold < kFoldCount; ++fold) {
    const Examples known = examples_without(game, fold);
    const BoostedTrees proxy(known.coalitions, known.values, player_count, kMostTrees, {});
    for (std::size_t index = 0; index < unseen.size(); ++index) {
      if (index / 2 % kFoldCount != fold) continue;
      unseen[index] = proxy.path(bits_of(game.coalitions[index], player_count));
      for (std::size_t tree = 0; tree <= kMostTrees; ++tree) {
        const double error = game.values[index] - unseen[index][tree];
        losses[tree] += error * error;
      }
    }
  }
  const auto tree_count = static_cast<std::size_t>(std::ranges::min_element(losses) - losses.begin());
  const Examples all = examples_without(game, kFoldCount);
  const BoostedTrees proxy(all.coalitions, all.values, player_count, tree_count, {});

  PairedGame residual = paired_game(game);
  residual.total -= proxy.predict(all.coalitions[1]) - proxy.predict(all.coalitions[0]);
  for (std::size_t pair = 0; pair < residual.pair_count(); ++pair) {
    const double seen = proxy.predict(bits_of(game.coalitions[2 * pair], player_count)) -
                        proxy.predict(bits_of(game.coalitions[2 * pair + 1], player_count));
    const double not_seen = unseen[2 * pair][tree_count] - unseen[2 * pair + 1][tree_count];
    const double known_share = 1.0 / residual.expansion(pair);
    residual.differences[pair] -= known_share * seen + (1.0 - known_share) * not_seen;
  }
  std::vector<double> values = fit_leverage(residual).estimate.values;
  const std::vector<double> of_proxy = proxy.shapley_values();
  for (std::size_t player = 0; player < player_count; ++player) values[player] += of_proxy[player];
  return values;
}

}  // namespace modattr
