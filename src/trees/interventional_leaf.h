#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "leaf_game.h"
#include "player_set.h"

namespace modattr {

/// Background rows that meet the conditions of the same players of a path.
template <std::size_t Words>
struct MetByBackground {
  PlayerSet<Words> players;
  /// Part of the background.
  double weight = 0.0;
};

/// Means over background rows of the values of the game prod (1 where the player's conditions are met by the example
/// where it is present, by the background row where it is absent; else 0).
template <std::size_t Words>
class InterventionalLeaf {
 public:
  using Set = PlayerSet<Words>;

  /// `met`: players of the path whose conditions the example meets.
  void solve(const LeafPath& path, const Set& met, std::span<const MetByBackground<Words>> background, bool has_pairs,
             LeafValues& result) {
    const std::size_t count = path.players.size();
    result.reset(count, has_pairs);
    const Set all = Set::first(count);
    // Whoever the example does not speak for has to be absent.
    const Set barred = all.without(met);
    result.full = barred.is_empty() ? 1.0 : 0.0;
    if (path.union_count > 1) set_unions(path);
    for (const MetByBackground<Words>& row : background) {
      if (!((row.players & barred) == barred)) continue;
      if (row.players == all) result.empty += row.weight;
      const Set needed = met.without(row.players);
      if (path.union_count > 1) {
        add_unions(path, needed, barred, row.weight, result);
      } else {
        add_values(needed, needed.count(), barred, barred.count(), row.weight, result);
      }
      if (has_pairs) add_pairs(needed, barred, row.weight, result);
    }
  }

 private:
  void add_values(const Set& needed, std::size_t needed_count, const Set& barred, std::size_t barred_count,
                  double weight, LeafValues& result) const {
    if (needed_count > 0) {
      const double value = weight * weights_(needed_count - 1, barred_count);
      needed.for_each([&](std::size_t place) { result.values[place] += value; });
    }
    if (barred_count > 0) {
      const double value = weight * weights_(needed_count, barred_count - 1);
      barred.for_each([&](std::size_t place) { result.values[place] -= value; });
    }
  }

  void set_unions(const LeafPath& path) {
    unions_.assign(path.union_count, Set());
    for (std::size_t place = 0; place < path.unions.size(); ++place) unions_[path.unions[place]].add(place);
  }

  /// A union in which somebody is needed and somebody barred can neither be present nor absent as a whole.
  void add_unions(const LeafPath& path, const Set& needed, const Set& barred, double weight, LeafValues& result) {
    std::size_t needed_count = 0;
    std::size_t barred_count = 0;
    std::size_t torn_count = 0;
    for (const Set& members : unions_) {
      const bool is_needed = !(needed & members).is_empty();
      const bool is_barred = !(barred & members).is_empty();
      torn_count += is_needed && is_barred ? 1 : 0;
      needed_count += is_needed && !is_barred ? 1 : 0;
      barred_count += is_barred && !is_needed ? 1 : 0;
    }
    if (torn_count > 1) return;
    for (std::size_t number = 0; number < path.union_count; ++number) {
      const Set own_needed = needed & unions_[number];
      const Set own_barred = barred & unions_[number];
      const std::size_t own_needed_count = own_needed.count();
      const std::size_t own_barred_count = own_barred.count();
      const bool is_torn = own_needed_count > 0 && own_barred_count > 0;
      if (torn_count == 1 && !is_torn) continue;
      const std::size_t others_needed = needed_count - (own_needed_count > 0 && !is_torn ? 1 : 0);
      const std::size_t others_barred = barred_count - (own_barred_count > 0 && !is_torn ? 1 : 0);
      add_values(own_needed, own_needed_count, own_barred, own_barred_count,
                 weight * weights_(others_needed, others_barred), result);
    }
  }

  void add_pairs(const Set& needed, const Set& barred, double weight, LeafValues& result) {
    const std::size_t needed_count = needed.count();
    const std::size_t barred_count = barred.count();
    signs_.clear();
    (needed | barred).for_each([&](std::size_t place) { signs_.emplace_back(place, needed.has(place)); });
    const double both_needed = needed_count > 1 ? weight * weights_(needed_count - 2, barred_count) : 0.0;
    const double both_barred = barred_count > 1 ? weight * weights_(needed_count, barred_count - 2) : 0.0;
    const double one_of_each =
        needed_count > 0 && barred_count > 0 ? -weight * weights_(needed_count - 1, barred_count - 1) : 0.0;
    for (std::size_t first = 0; first < signs_.size(); ++first) {
      for (std::size_t second = first + 1; second < signs_.size(); ++second) {
        result.pair(signs_[first].first, signs_[second].first) += signs_[first].second != signs_[second].second
                                                                      ? one_of_each
                                                                  : signs_[first].second ? both_needed
                                                                                         : both_barred;
      }
    }
  }

  MeetingWeights weights_;
  std::vector<Set> unions_;
  std::vector<std::pair<std::size_t, bool>> signs_;
};

}  // namespace modattr
