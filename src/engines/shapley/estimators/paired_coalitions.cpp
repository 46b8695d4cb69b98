#include "modattr/engines/shapley/estimators/paired_coalitions.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"

namespace modattr {
namespace {

/// Pairs of sizes k and n - k for k = 0 ... n/2.
std::vector<double> pair_counts_of(std::size_t player_count) {
  std::vector<double> counts(player_count / 2 + 1, 1.0);
  for (std::size_t size = 1; size < counts.size(); ++size) {
    counts[size] = counts[size - 1] * static_cast<double>(player_count - size + 1) / static_cast<double>(size);
  }
  if (player_count % 2 == 0) counts.back() /= 2.0;
  return counts;
}

/// Draws the pairs of one class; each is given as its coalition of the class's size, of two such the one with player 0.
class PairClass {
 public:
  PairClass(std::size_t player_count, std::size_t size, double pair_count, double offset)
      : player_count_(player_count), size_(size), pair_count_(pair_count), offset_(offset), deck_(player_count) {
    std::iota(deck_.begin(), deck_.end(), std::size_t{0});
    dealt_ = player_count;
  }

  bool is_used_up() const { return drawn_count() >= pair_count_; }
  /// When this class is due.
  double turn() const { return (drawn_count() + offset_) / (is_middle() ? 0.5 : 1.0); }

  Coalition draw(RandomStream& stream) {
    // Where most sets are known, new ones are rarely met by chance.
    if (left_.empty() && 2.0 * drawn_count() >= pair_count_) list_the_rest(stream);
    if (!left_.empty()) {
      Coalition next = std::move(left_.back());
      left_.pop_back();
      drawn_.insert(next);
      return next;
    }
    while (true) {
      Coalition next = deal(stream);
      if (drawn_.insert(next).second) return next;
    }
  }

 private:
  double drawn_count() const { return static_cast<double>(drawn_.size()); }
  bool is_middle() const { return 2 * size_ == player_count_; }
  Coalition first_of_pair(const Coalition& coalition) const {
    return is_middle() && !coalition.contains(0) ? coalition.complement() : coalition;
  }

  Coalition deal(RandomStream& stream) {
    // Two sets that share out nearly all players tell nearly the same, one being almost the other's complement.
    if (player_count_ - dealt_ < size_ || 3 * size_ > player_count_) dealt_ = 0;
    Coalition coalition(player_count_);
    for (std::size_t card = 0; card < size_; ++card, ++dealt_) {
      const auto left_count = static_cast<std::uint32_t>(player_count_ - dealt_);
      std::swap(deck_[dealt_], deck_[dealt_ + stream.below(left_count)]);
      coalition.insert(deck_[dealt_]);
    }
    return first_of_pair(coalition);
  }

  /// All sets of the class that were not drawn, shuffled.
  void list_the_rest(RandomStream& stream) {
    std::vector<bool> present(player_count_, false);
    std::fill_n(present.begin(), size_, true);
    do {
      Coalition coalition(player_count_);
      for (std::size_t player = 0; player < player_count_; ++player) {
        if (present[player]) coalition.insert(player);
      }
      if (first_of_pair(coalition) == coalition && !drawn_.contains(coalition)) left_.push_back(std::move(coalition));
    } while (std::prev_permutation(present.begin(), present.end()));
    for (std::size_t count = left_.size(); count > 1; --count) {
      std::swap(left_[count - 1], left_[stream.below(static_cast<std::uint32_t>(count))]);
    }
  }

  std::size_t player_count_;
  std::size_t size_;
  double pair_count_;
  double offset_;
  std::unordered_set<Coalition> drawn_;
  std::vector<Coalition> left_;
  /// Players, the first `dealt_` of which are used since the last shuffle.
  std::vector<std::size_t> deck_;
  std::size_t dealt_ = 0;
};

}  // namespace

std::size_t least_paired_coalition_count(std::size_t player_count) noexcept {
  if (player_count > kPairedPlayerLimit) return std::numeric_limits<std::size_t>::max();
  return std::min(inner_coalition_count(player_count), 3 * player_count);
}

std::vector<Coalition> paired_leverage_coalitions(std::size_t player_count, std::size_t evaluation_count,
                                                  RandomStream stream, std::string_view method) {
  if (player_count > kPairedPlayerLimit) {
    throw ConfigError(std::string(method) + ": expected at most " + std::to_string(kPairedPlayerLimit) +
                      " players in a game, got " + std::to_string(player_count) + "; use method auto or permutation");
  }
  const std::size_t all = inner_coalition_count(player_count);
  if (evaluation_count < least_paired_coalition_count(player_count)) {
    throw ConfigError(std::string(method) + ": expected a budget of at least 3 evaluations per player for n = " +
                      std::to_string(player_count) + " players, got " + std::to_string(evaluation_count) + " in all");
  }
  const std::vector<double> pair_counts = pair_counts_of(player_count);
  std::vector<PairClass> classes;
  for (std::size_t size = 1; size < pair_counts.size(); ++size) {
    classes.emplace_back(player_count, size, pair_counts[size], stream.uniform());
  }
  std::vector<Coalition> result;
  const std::size_t count = std::min(evaluation_count, all) / 2 * 2;
  result.reserve(count);
  while (result.size() < count) {
    PairClass* next = nullptr;
    for (PairClass& candidate : classes) {
      if (!candidate.is_used_up() && (next == nullptr || candidate.turn() < next->turn())) next = &candidate;
    }
    result.push_back(next->draw(stream));
    result.push_back(result.back().complement());
  }
  return result;
}

PairedGame paired_game(const SampledGame& game) {
  const std::size_t player_count = game.player_count;
  const std::size_t pair_count = game.coalitions.size() / 2;
  if (game.values.size() != game.coalitions.size() || game.coalitions.size() % 2 != 0 || pair_count == 0) {
    throw std::invalid_argument("paired game: expected pairs of coalitions and their values");
  }
  PairedGame result;
  result.signs = Matrix(pair_count, player_count, -1.0);
  result.total = game.full_value - game.empty_value;
  result.pair_counts = pair_counts_of(player_count);
  result.sampled_counts.assign(result.pair_counts.size(), 0.0);
  for (std::size_t pair = 0; pair < pair_count; ++pair) {
    const Coalition& coalition = game.coalitions[2 * pair];
    if (coalition.complement() != game.coalitions[2 * pair + 1]) {
      throw std::invalid_argument(
          "paired game: expected every second coalition to be the complement of the one before");
    }
    for (std::size_t player = 0; player < player_count; ++player) {
      if (coalition.contains(player)) result.signs(pair, player) = 1.0;
    }
    result.differences.push_back(game.values[2 * pair] - game.values[2 * pair + 1]);
    const std::size_t size = std::min(coalition.size(), player_count - coalition.size());
    result.classes.push_back(size);
    result.sampled_counts.at(size) += 1.0;
  }
  for (const std::size_t size : result.classes) {
    // C(n, k) over the pairs of the class.
    const double sets_per_pair = 2 * size == player_count ? 2.0 : 1.0;
    const double rest = static_cast<double>(size) * static_cast<double>(player_count - size);
    result.weights.push_back(1.0 / (sets_per_pair * rest * result.sampled_counts[size]));
  }
  return result;
}

double held_out_loss(const PairedGame& game, const PairedFit& fit) {
  double loss = 0.0;
  for (std::size_t pair = 0; pair < game.pair_count(); ++pair) {
    const auto signs = game.signs.row(pair);
    const double seen =
        game.differences[pair] - std::inner_product(signs.begin(), signs.end(), fit.estimate.values.begin(), 0.0);
    const double unseen = fit.left_out[pair];
    const double sampled = game.sampled_part(pair);
    loss += game.weights[pair] * (sampled * seen * seen + (1.0 - sampled) * unseen * unseen);
  }
  return loss;
}

}  // namespace modattr
