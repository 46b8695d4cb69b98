#include "modattr/trees/tree_shap.h"

#include <algorithm>
#include <utility>

#include "modattr/core/parallel.h"
#include "tree_block.h"
#include "tree_checks.h"

namespace modattr {
namespace {

/// Rows that are walked together: enough to share the numbers of a leaf, few enough for all threads to have some.
constexpr std::size_t kRowsPerBlock = 1024;

/// Most different players between the root and a leaf of a tree.
class PathCounter {
 public:
  PathCounter(const Tree& tree, std::span<const std::uint32_t> player_of_column, std::vector<std::uint32_t>& uses)
      : tree_(tree), player_of_column_(player_of_column), uses_(uses) {}

  void visit(std::size_t index) {
    const TreeNode& node = tree_.nodes[index];
    longest_ = std::max(longest_, count_);
    if (node.is_leaf()) return;
    const std::uint32_t player = player_of_column_[node.column];
    const bool is_player = player != kNoTreePlayer;
    if (is_player && uses_[player]++ == 0) ++count_;
    visit(static_cast<std::size_t>(node.left));
    visit(static_cast<std::size_t>(node.right));
    if (is_player && --uses_[player] == 0) --count_;
  }
  std::size_t longest() const noexcept { return longest_; }

 private:
  const Tree& tree_;
  std::span<const std::uint32_t> player_of_column_;
  std::vector<std::uint32_t>& uses_;
  std::size_t count_ = 0;
  std::size_t longest_ = 0;
};

template <std::size_t Words>
void run_block(const TreeEnsemble& ensemble, const TreeShapOptions& options, std::span<const double> rows,
               std::uint32_t output, const ColumnTable* background, std::span<const std::uint32_t> places,
               TreeValues& result) {
  std::vector<double> own;
  own.reserve(places.size() * ensemble.column_count);
  for (const std::uint32_t place : places) {
    const auto row = rows.subspan(place * ensemble.column_count, ensemble.column_count);
    own.insert(own.end(), row.begin(), row.end());
  }
  const ColumnTable table(own, ensemble.column_count);
  for (const std::uint32_t place : places) result.full[place] = result.empty[place] = ensemble.base[output];
  TreeBlock<Words> block({.ensemble = ensemble,
                          .options = options,
                          .rows = table,
                          .background = background,
                          .places = places,
                          .result = result});
  for (const Tree& tree : ensemble.trees) {
    if (tree.output == output) block.add(tree);
  }
}

}  // namespace

void mark_left(const TreeEnsemble& ensemble, const TreeNode& node, std::span<const double> numbers,
               std::span<std::uint8_t> is_left) {
  if (ensemble.rule == TreeSplitRule::kXgboost && node.category_set < 0) {
    const auto threshold = static_cast<float>(node.threshold);
    // NaN is in no comparison: both loops are plain, to run in vector registers.
    if (node.is_default_left) {
      for (std::size_t row = 0; row < numbers.size(); ++row) {
        is_left[row] = static_cast<float>(numbers[row]) >= threshold ? 0 : 1;
      }
    } else {
      for (std::size_t row = 0; row < numbers.size(); ++row) {
        is_left[row] = static_cast<float>(numbers[row]) < threshold ? 1 : 0;
      }
    }
    return;
  }
  for (std::size_t row = 0; row < numbers.size(); ++row) {
    is_left[row] = goes_left(ensemble, node, numbers[row]) ? 1 : 0;
  }
}

TreeShap::TreeShap(const TreeEnsemble& ensemble, TreeShapOptions options)
    : ensemble_(ensemble), options_(std::move(options)) {
  std::vector<std::uint32_t> uses(options_.player_count, 0);
  for (const Tree& tree : ensemble.trees) {
    PathCounter counter(tree, options_.player_of_column, uses);
    counter.visit(0);
    longest_path_ = std::max(longest_path_, counter.longest());
  }
}

TreeValues TreeShap::interventional(std::span<const double> rows, std::span<const std::uint32_t> outputs,
                                    std::span<const double> background) const {
  return run(rows, outputs, background);
}

TreeValues TreeShap::path_dependent(std::span<const double> rows, std::span<const std::uint32_t> outputs) const {
  return run(rows, outputs, {});
}

TreeValues TreeShap::run(std::span<const double> rows, std::span<const std::uint32_t> outputs,
                         std::span<const double> background) const {
  const std::size_t player_count = options_.player_count;
  const std::size_t pair_count =
      options_.are_pairs_asked && player_count > 1 ? player_count * (player_count - 1) / 2 : 0;
  TreeValues result{.values = Matrix(outputs.size(), player_count),
                    .pairs = Matrix(outputs.size(), pair_count),
                    .full = std::vector<double>(outputs.size()),
                    .empty = std::vector<double>(outputs.size())};
  const ColumnTable background_table(background, ensemble_.column_count);
  // Rows of one output stand together, as they meet the same trees.
  std::vector<std::uint32_t> places(outputs.size());
  for (std::uint32_t place = 0; place < places.size(); ++place) places[place] = place;
  std::ranges::stable_sort(places, {}, [&](std::uint32_t place) { return outputs[place]; });
  std::vector<std::span<const std::uint32_t>> blocks;
  for (std::size_t first = 0; first < places.size();) {
    std::size_t last = first;
    while (last < places.size() && last - first < kRowsPerBlock && outputs[places[last]] == outputs[places[first]]) {
      ++last;
    }
    blocks.emplace_back(std::span(places).subspan(first, last - first));
    first = last;
  }
  constexpr std::size_t kWords = kDeepestTree / 64 + 1;
  const auto run_one = longest_path_ <= TreeBlock<1>::kMostPlayers ? run_block<1> : run_block<kWords>;
  parallel_for(blocks.size(), options_.thread_count, [&](std::size_t block) {
    run_one(ensemble_, options_, rows, outputs[blocks[block].front()], background.empty() ? nullptr : &background_table,
            blocks[block], result);
  });
  return result;
}

}  // namespace modattr
