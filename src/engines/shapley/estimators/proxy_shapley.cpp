#include "modattr/engines/shapley/estimators/proxy_shapley.h"

#include <numeric>
#include <span>
#include <utility>

#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/engines/shapley/estimators/leverage_shapley.h"
#include "modattr/stats/boosted_trees.h"

namespace modattr {
namespace {

constexpr std::size_t kFoldCount = 5;
constexpr std::size_t kMostTrees = 200;
// After as many trees that predict no better, none is expected to.
constexpr std::size_t kPatience = 15;

/// Every size is dealt to the folds in turn: they hold the same share of each, whatever the order of the pairs.
std::vector<std::size_t> folds_of(const PairedGame& pairs) {
  std::vector<std::size_t> result;
  std::vector<std::size_t> dealt_counts(pairs.pair_counts.size());
  for (std::size_t size = 0; size < dealt_counts.size(); ++size) dealt_counts[size] = size;
  for (const std::size_t size : pairs.classes) result.push_back(dealt_counts[size]++ % kFoldCount);
  return result;
}

/// All that is known of a game as examples to learn from: its pairs, and last the full and the empty coalition.
struct Examples {
  explicit Examples(const SampledGame& game)
      : coalitions(game.coalitions.begin(), game.coalitions.end()), values(game.values.begin(), game.values.end()) {
    coalitions.insert(coalitions.end(), {Coalition::full(game.player_count), Coalition::empty(game.player_count)});
    values.insert(values.end(), {game.full_value, game.empty_value});
  }

  std::vector<Coalition> coalitions;
  std::vector<double> values;
};

/// v - f of the first coalition of a pair less that of the second.
double residual_difference(const BoostedTrees& trees, std::size_t pair) {
  return trees.residuals()[2 * pair] - trees.residuals()[2 * pair + 1];
}

/// What a proxy leaves to the regression.
struct Residuals {
  /// In the trees of every fold.
  std::size_t tree_count = 0;
  /// Differences within the pairs by the proxy of the pair's own fold, which has not seen it, [pairs].
  std::vector<double> unseen;
  /// By the mean of the proxies of all folds, [pairs].
  std::vector<double> seen;
  /// By that mean, of the full coalition less the empty one.
  double total = 0.0;
};

/// Leverage SHAP of the pairs of the other folds.
std::vector<double> slopes_without(const PairedGame& pairs, std::span<const std::size_t> folds, std::size_t fold) {
  PairedGame rest = pairs;
  for (std::size_t pair = 0; pair < folds.size(); ++pair) {
    if (folds[pair] == fold) rest.weights[pair] = 0.0;
  }
  return leverage_values(rest);
}

/// A regression of every fold and trees on what it leaves; both learn from all examples but those of the fold.
class FoldedProxy {
 public:
  /// Borrows its arguments.
  FoldedProxy(const PresenceTable& table, const Examples& examples, const PairedGame& pairs)
      : pairs_(pairs), folds_(folds_of(pairs)) {
    for (std::size_t fold = 0; fold < kFoldCount; ++fold) {
      slopes_.push_back(slopes_without(pairs, folds_, fold));
      std::vector<double> values = examples.values;
      for (std::size_t row = 0; row < values.size(); ++row) {
        const auto present = table.row(row);
        values[row] -= std::inner_product(present.begin(), present.end(), slopes_.back().begin(), 0.0);
      }
      RowSet training_rows = RowSet::all(table.row_count());
      for (std::size_t pair = 0; pair < folds_.size(); ++pair) {
        if (folds_[pair] != fold) continue;
        training_rows.erase(2 * pair);
        training_rows.erase(2 * pair + 1);
      }
      trees_.emplace_back(table, values, std::move(training_rows), BoostedTrees::Options{});
    }
  }

  /// Adds trees as long as that helps to predict, and returns what the best number of them leaves.
  Residuals grow() {
    Residuals best = residuals(0);
    double best_loss = unseen_loss();
    for (std::size_t count = 1; count <= kMostTrees && count <= best.tree_count + kPatience; ++count) {
      for (BoostedTrees& trees : trees_) trees.add_tree();
      const double loss = unseen_loss();
      if (loss >= best_loss) continue;
      best_loss = loss;
      best = residuals(count);
    }
    return best;
  }

  /// Of the mean of the folds' predictions, [players].
  std::vector<double> shapley_values(std::size_t tree_count) const {
    std::vector<double> values(pairs_.player_count(), 0.0);
    for (std::size_t fold = 0; fold < kFoldCount; ++fold) {
      const std::vector<double> of_trees = trees_[fold].shapley_values(tree_count);
      for (std::size_t player = 0; player < values.size(); ++player) {
        values[player] += (slopes_[fold][player] + of_trees[player]) / kFoldCount;
      }
    }
    return values;
  }

 private:
  double unseen_difference(std::size_t pair) const { return residual_difference(trees_[folds_[pair]], pair); }
  double seen_difference(std::size_t pair) const {
    double sum = 0.0;
    for (const BoostedTrees& trees : trees_) sum += residual_difference(trees, pair);
    return sum / kFoldCount;
  }

  double unseen_loss() const {
    double loss = 0.0;
    for (std::size_t pair = 0; pair < folds_.size(); ++pair) {
      const double difference = unseen_difference(pair);
      loss += pairs_.weights[pair] * difference * difference;
    }
    return loss;
  }

  Residuals residuals(std::size_t tree_count) const {
    Residuals result = {.tree_count = tree_count, .unseen = {}, .seen = {}, .total = seen_difference(folds_.size())};
    for (std::size_t pair = 0; pair < folds_.size(); ++pair) {
      result.unseen.push_back(unseen_difference(pair));
      result.seen.push_back(seen_difference(pair));
    }
    return result;
  }

  const PairedGame& pairs_;
  /// The fold of each pair, [pairs].
  std::vector<std::size_t> folds_;
  /// Of each fold, [folds, players].
  std::vector<std::vector<double>> slopes_;
  /// Of each fold; they know what is left of all examples, whether they learn from it or not.
  std::vector<BoostedTrees> trees_;
};

/// What additive values leave of the difference of a pair.
double rest_of(const PairedGame& game, std::size_t pair, std::span<const double> values) {
  const auto signs = game.signs.row(pair);
  return game.differences[pair] - std::inner_product(signs.begin(), signs.end(), values.begin(), 0.0);
}

}  // namespace

PairedFit fit_proxy(const SampledGame& game, const PairedGame& pairs) {
  const Examples examples(game);
  const PresenceTable table(examples.coalitions, game.player_count);
  FoldedProxy proxy(table, examples, pairs);
  const Residuals left = proxy.grow();

  PairedGame residual = pairs;
  residual.total = left.total;
  residual.differences = left.seen;
  std::vector<double> values = proxy.shapley_values(left.tree_count);
  const std::vector<double> correction = leverage_values(residual);
  for (std::size_t player = 0; player < values.size(); ++player) values[player] += correction[player];

  // How a pair moves the values is how it would if the proxy had not learned from it.
  residual.differences = left.unseen;
  PairedFit fit = fit_leverage(residual);
  for (std::size_t pair = 0; pair < pairs.pair_count(); ++pair) {
    const double move = fit.left_out[pair] - rest_of(residual, pair, fit.estimate.values);
    fit.left_out[pair] = rest_of(pairs, pair, values) + move;
  }
  fit.estimate.values = std::move(values);
  return fit;
}

std::vector<Coalition> ProxyShapley::coalitions(std::size_t player_count, std::size_t evaluation_count,
                                                RandomStream stream) const {
  return paired_leverage_coalitions(player_count, evaluation_count, stream, name());
}

std::size_t ProxyShapley::least_coalition_count(std::size_t player_count) const {
  return least_paired_coalition_count(player_count);
}

ShapleyEstimate ProxyShapley::estimate(const SampledGame& game) const {
  if (game.coalitions.size() == inner_coalition_count(game.player_count)) return ExactShapley().estimate(game);
  return fit_proxy(game, paired_game(game)).estimate;
}

}  // namespace modattr
