#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "interventional_leaf.h"
#include "leaf_game.h"
#include "modattr/trees/tree_shap.h"
#include "player_set.h"

namespace modattr {

/// Numbers of rows of a column after another, [columns, rows].
class ColumnTable {
 public:
  ColumnTable(std::span<const double> rows, std::size_t column_count)
      : row_count_(rows.size() / column_count), values_(rows.size()) {
    for (std::size_t row = 0; row < row_count_; ++row) {
      for (std::size_t column = 0; column < column_count; ++column) {
        values_[column * row_count_ + row] = rows[row * column_count + column];
      }
    }
  }
  std::size_t row_count() const noexcept { return row_count_; }
  std::span<const double> column(std::size_t column) const {
    return std::span(values_).subspan(column * row_count_, row_count_);
  }

 private:
  std::size_t row_count_;
  std::vector<double> values_;
};

/// Writes to `is_left` whether each number goes left at the node.
void mark_left(const TreeEnsemble& ensemble, const TreeNode& node, std::span<const double> numbers,
               std::span<std::uint8_t> is_left);

/// Walks the trees with all rows of a block together: at every node, each row and each background row has the set of
/// players on the path whose conditions it meets. `Words`: of 64 players, less one place for columns of no player.
template <std::size_t Words>
class TreeBlock {
 public:
  using Set = PlayerSet<Words>;
  static constexpr std::size_t kMostPlayers = Set::kCapacity - 1;

  struct Parts {
    const TreeEnsemble& ensemble;
    const TreeShapOptions& options;
    /// Of the block.
    const ColumnTable& rows;
    /// nullptr: path-dependent values.
    const ColumnTable* background = nullptr;
    /// Rows of the result that the block's rows are.
    std::span<const std::uint32_t> places;
    TreeValues& result;
  };
  explicit TreeBlock(const Parts& parts) : parts_(parts) {}

  void add(const Tree& tree) {
    tree_ = &tree;
    path_ = LeafPath();
    unions_.clear();
    Level& root = level(0);
    root.rows.assign(parts_.rows.row_count(), Set::first(Set::kCapacity));
    if (parts_.background != nullptr)
      root.background.assign(parts_.background->row_count(), Set::first(Set::kCapacity));
    visit(0, 0);
  }

 private:
  /// The sets of all rows at a depth.
  struct Level {
    std::vector<Set> rows;
    std::vector<Set> background;
    std::vector<std::uint8_t> is_left;
    std::vector<std::uint8_t> is_left_background;
  };

  Level& level(std::size_t depth) {
    while (levels_.size() <= depth) levels_.push_back(std::make_unique<Level>());
    return *levels_[depth];
  }

  /// Takes the player at `place` out of the sets of rows that do not go `left`.
  static void descend(std::span<const Set> from, std::span<const std::uint8_t> is_left, bool left, std::size_t place,
                      std::vector<Set>& to) {
    to.resize(from.size());
    Set one;
    one.add(place);
    const Set all = Set::first(Set::kCapacity);
    const std::array<Set, 2> masks = {all.without(one), all};
    for (std::size_t row = 0; row < from.size(); ++row) {
      to[row] = from[row] & masks[(is_left[row] != 0) == left ? 1 : 0];
    }
  }

  void visit(std::size_t index, std::size_t depth) {
    const TreeNode& node = tree_->nodes[index];
    if (node.is_leaf()) {
      if (node.value != 0.0) add_leaf(level(depth), node.value);
      return;
    }
    Level& here = level(depth);
    Level& below = level(depth + 1);
    here.is_left.resize(here.rows.size());
    mark_left(parts_.ensemble, node, parts_.rows.column(node.column), here.is_left);
    if (parts_.background != nullptr) {
      here.is_left_background.resize(here.background.size());
      mark_left(parts_.ensemble, node, parts_.background->column(node.column), here.is_left_background);
    }
    const std::uint32_t player = parts_.options.player_of_column[node.column];
    const bool is_new = enter(player);
    const std::size_t place = place_of(player);
    const TreeNode& left = tree_->nodes[static_cast<std::size_t>(node.left)];
    const TreeNode& right = tree_->nodes[static_cast<std::size_t>(node.right)];
    for (const bool goes_left : {true, false}) {
      descend(here.rows, here.is_left, goes_left, place, below.rows);
      if (parts_.background != nullptr) {
        // A column of nobody is the example's in every game.
        if (player == kNoTreePlayer) {
          below.background = here.background;
        } else {
          descend(here.background, here.is_left_background, goes_left, place, below.background);
        }
      }
      double* const fraction = player == kNoTreePlayer ? nullptr : &path_.zero_fractions[place];
      const double before = fraction == nullptr ? 1.0 : *fraction;
      if (fraction != nullptr) *fraction *= (goes_left ? left : right).cover / (left.cover + right.cover);
      visit(static_cast<std::size_t>(goes_left ? node.left : node.right), depth + 1);
      // The path may have grown, and shrunk again, meanwhile.
      if (player != kNoTreePlayer) path_.zero_fractions[place] = before;
    }
    if (is_new) leave();
  }

  bool enter(std::uint32_t player) {
    if (player == kNoTreePlayer || std::ranges::find(path_.players, player) != path_.players.end()) return false;
    const std::vector<std::uint32_t>& union_of_player = parts_.options.union_of_player;
    const std::uint32_t own_union = union_of_player.empty() ? 0 : union_of_player[player];
    const auto found = std::ranges::find(unions_, own_union);
    path_.players.push_back(player);
    path_.unions.push_back(static_cast<std::uint32_t>(found - unions_.begin()));
    path_.zero_fractions.push_back(1.0);
    if (found == unions_.end()) unions_.push_back(own_union);
    path_.union_count = unions_.size();
    return true;
  }

  void leave() {
    const std::uint32_t own_union = path_.unions.back();
    path_.players.pop_back();
    path_.unions.pop_back();
    path_.zero_fractions.pop_back();
    if (std::ranges::find(path_.unions, own_union) == path_.unions.end()) unions_.pop_back();
    path_.union_count = unions_.size();
  }

  /// The last place stands for columns of no player.
  std::size_t place_of(std::uint32_t player) const {
    if (player == kNoTreePlayer) return kMostPlayers;
    return static_cast<std::size_t>(std::ranges::find(path_.players, player) - path_.players.begin());
  }

  void add_leaf(const Level& level, double value) {
    if (parts_.background != nullptr) group_background(level.background);
    solved_count_ = 0;
    const std::size_t count = path_.players.size();
    const bool is_indexed = count <= kMostIndexed;
    if (is_indexed) {
      slots_.assign(std::size_t{1} << count, kUnsolved);
    } else {
      slot_of_.clear();
    }
    const Set all = Set::first(count);
    for (std::size_t row = 0; row < level.rows.size(); ++row) {
      if (!level.rows[row].has(kMostPlayers)) continue;
      const Set met = level.rows[row] & all;
      std::uint32_t& slot = is_indexed ? slots_[static_cast<std::size_t>(met.words[0])]
                                       : slot_of_.try_emplace(met, kUnsolved).first->second;
      if (slot == kUnsolved) slot = solve(met, value);
      add(solved_[slot], parts_.places[row]);
    }
  }

  void group_background(std::span<const Set> background) {
    groups_.clear();
    const std::size_t count = path_.players.size();
    const Set all = Set::first(count);
    const bool is_indexed = count <= kMostIndexed;
    if (is_indexed) {
      slots_.assign(std::size_t{1} << count, kUnsolved);
    } else {
      slot_of_.clear();
    }
    const double weight = 1.0 / static_cast<double>(background.size());
    for (const Set& sets : background) {
      const Set met = sets & all;
      std::uint32_t& slot = is_indexed ? slots_[static_cast<std::size_t>(met.words[0])]
                                       : slot_of_.try_emplace(met, kUnsolved).first->second;
      if (slot == kUnsolved) {
        slot = static_cast<std::uint32_t>(groups_.size());
        groups_.push_back({met, 0.0});
      }
      groups_[slot].weight += weight;
    }
  }

  std::uint32_t solve(const Set& met, double value) {
    if (solved_.size() <= solved_count_) solved_.emplace_back();
    LeafValues& values = solved_[solved_count_];
    const bool has_pairs = parts_.options.are_pairs_asked;
    if (parts_.background != nullptr) {
      interventional_.solve(path_, met, groups_, has_pairs, values);
    } else {
      ones_.assign(path_.players.size(), 0.0);
      met.for_each([&](std::size_t place) { ones_[place] = 1.0; });
      path_dependent_.solve(path_, ones_, has_pairs, values);
    }
    for (double& one : values.values) one *= value;
    for (double& one : values.pairs) one *= value;
    values.full *= value;
    values.empty *= value;
    return static_cast<std::uint32_t>(solved_count_++);
  }

  void add(const LeafValues& leaf, std::size_t row) {
    TreeValues& result = parts_.result;
    result.full[row] += leaf.full;
    result.empty[row] += leaf.empty;
    const std::span<double> values = result.values.row(row);
    const std::size_t count = path_.players.size();
    for (std::size_t place = 0; place < count; ++place) values[path_.players[place]] += leaf.values[place];
    if (leaf.pairs.empty()) return;
    const std::span<double> pairs = result.pairs.row(row);
    std::size_t pair = 0;
    for (std::size_t first = 0; first < count; ++first) {
      for (std::size_t second = first + 1; second < count; ++second, ++pair) {
        const std::size_t low = std::min(path_.players[first], path_.players[second]);
        const std::size_t high = std::max(path_.players[first], path_.players[second]);
        pairs[low * values.size() - low * (low + 1) / 2 + high - low - 1] += leaf.pairs[pair];
      }
    }
  }

  /// Longer paths have their sets looked up.
  static constexpr std::size_t kMostIndexed = 10;
  static constexpr std::uint32_t kUnsolved = std::numeric_limits<std::uint32_t>::max();

  Parts parts_;
  const Tree* tree_ = nullptr;
  LeafPath path_;
  /// Numbers of the unions on the path.
  std::vector<std::uint32_t> unions_;
  std::vector<std::unique_ptr<Level>> levels_;
  std::vector<MetByBackground<Words>> groups_;
  std::vector<std::uint32_t> slots_;
  std::unordered_map<Set, std::uint32_t, PlayerSetHash<Words>> slot_of_;
  std::vector<LeafValues> solved_;
  std::size_t solved_count_ = 0;
  std::vector<double> ones_;
  InterventionalLeaf<Words> interventional_;
  PathDependentLeaf path_dependent_;
};

}  // namespace modattr
