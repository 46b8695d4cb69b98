#include "modattr/trees/tree_shap.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/rng.h"
#include "support/tree_fixture.h"

namespace modattr::tree_shap_test {
namespace {

using testing::TreeFixture;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
const std::vector<std::uint32_t> kThreeModalities = {0, 0, 0, 1, 1, 2, 2, 2};
const std::vector<std::uint32_t> kEachColumn = {0, 1, 2, 3, 4, 5, 6, 7};

void expect_near(std::span<const double> found, std::span<const double> expected, double tolerance,
                 const std::string& what) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  for (std::size_t place = 0; place < found.size(); ++place) {
    EXPECT_NEAR(found[place], expected[place], tolerance) << what << ", number " << place;
  }
}

/// v(S) by walking the trees, for coalitions of a row's players; path-dependent where there is no background.
class TreeGame {
 public:
  TreeGame(const TreeEnsemble& ensemble, const TreeShapOptions& options, std::span<const double> row,
           std::span<const double> background)
      : ensemble_(ensemble), options_(options), row_(row), background_(background) {}

  double value(std::uint32_t coalition) const {
    double sum = 0.0;
    if (background_.empty()) {
      for (const Tree& tree : ensemble_.trees) sum += expected(tree, 0, coalition);
      return sum;
    }
    const std::size_t count = background_.size() / row_.size();
    for (std::size_t other = 0; other < count; ++other) {
      std::vector<double> mixed(row_.begin(), row_.end());
      for (std::size_t column = 0; column < row_.size(); ++column) {
        if (!is_present(column, coalition)) mixed[column] = background_[other * row_.size() + column];
      }
      std::vector<double> margin(1);
      tree_margins(ensemble_, mixed, margin);
      sum += margin.front() / static_cast<double>(count);
    }
    return sum;
  }

 private:
  bool is_present(std::size_t column, std::uint32_t coalition) const {
    const std::uint32_t player = options_.player_of_column[column];
    return player == kNoTreePlayer || (coalition >> player & 1U) != 0;
  }
  double expected(const Tree& tree, std::size_t index, std::uint32_t coalition) const {
    const TreeNode& node = tree.nodes[index];
    if (node.is_leaf()) return node.value;
    const auto left = static_cast<std::size_t>(node.left);
    const auto right = static_cast<std::size_t>(node.right);
    if (is_present(node.column, coalition)) {
      return expected(tree, goes_left(ensemble_, node, row_[node.column]) ? left : right, coalition);
    }
    const double share = tree.nodes[left].cover / (tree.nodes[left].cover + tree.nodes[right].cover);
    return share * expected(tree, left, coalition) + (1.0 - share) * expected(tree, right, coalition);
  }

  const TreeEnsemble& ensemble_;
  const TreeShapOptions& options_;
  std::span<const double> row_;
  std::span<const double> background_;
};

double factorial(std::size_t number) {
  return std::tgamma(static_cast<double>(number) + 1.0);
}

std::vector<double> enumerated_values(const TreeGame& game, std::size_t count) {
  std::vector<double> values(count);
  for (std::uint32_t coalition = 0; coalition < 1U << count; ++coalition) {
    const auto size = static_cast<std::size_t>(std::popcount(coalition));
    for (std::size_t player = 0; player < count; ++player) {
      if ((coalition >> player & 1U) != 0) continue;
      values[player] += factorial(size) * factorial(count - size - 1) / factorial(count) *
                        (game.value(coalition | 1U << player) - game.value(coalition));
    }
  }
  return values;
}

std::vector<double> enumerated_pairs(const TreeGame& game, std::size_t count) {
  std::vector<double> pairs;
  for (std::size_t first = 0; first < count; ++first) {
    for (std::size_t second = first + 1; second < count; ++second) {
      const std::uint32_t one = 1U << first;
      const std::uint32_t other = 1U << second;
      double sum = 0.0;
      for (std::uint32_t coalition = 0; coalition < 1U << count; ++coalition) {
        if ((coalition & (one | other)) != 0) continue;
        const auto size = static_cast<std::size_t>(std::popcount(coalition));
        sum += factorial(size) * factorial(count - size - 2) / factorial(count - 1) *
               (game.value(coalition | one | other) - game.value(coalition | one) - game.value(coalition | other) +
                game.value(coalition));
      }
      pairs.push_back(sum);
    }
  }
  return pairs;
}

/// A tree of random splits on six columns, with missing values on the way.
TreeEnsemble random_ensemble(std::uint64_t seed, std::size_t depth, TreeSplitRule rule) {
  RandomStream random = Rng(seed).stream(RandomPurpose::kPermutation, 0, 0);
  TreeEnsemble ensemble;
  ensemble.rule = rule;
  ensemble.column_count = 6;
  ensemble.base = {0.0};
  ensemble.has_covers = true;
  ensemble.category_sets = {{0, 2}, {1}};
  for (int number = 0; number < 3; ++number) {
    Tree tree;
    const auto grow = [&](const auto& self, std::size_t rest) -> std::int32_t {
      const std::size_t index = tree.nodes.size();
      tree.nodes.emplace_back();
      TreeNode node{.cover = 0.0};
      if (rest == 0 || random.uniform() < 0.1) {
        node.value = random.uniform() - 0.5;
        node.cover = 1.0 + std::floor(9.0 * random.uniform());
      } else {
        node.column = static_cast<std::uint32_t>(random.below(6));
        node.threshold = 2.0 * random.uniform() - 1.0;
        node.is_default_left = random.uniform() < 0.5;
        node.missing = static_cast<MissingValues>(random.below(3));
        if (random.uniform() < 0.2) node.category_set = static_cast<std::int32_t>(random.below(2));
        node.left = self(self, rest - 1);
        node.right = self(self, rest - 1);
        node.cover = tree.nodes[static_cast<std::size_t>(node.left)].cover +
                     tree.nodes[static_cast<std::size_t>(node.right)].cover;
      }
      tree.nodes[index] = node;
      return static_cast<std::int32_t>(index);
    };
    grow(grow, depth);
    ensemble.trees.push_back(std::move(tree));
  }
  return ensemble;
}

std::vector<double> random_rows(std::uint64_t seed, std::size_t count) {
  RandomStream random = Rng(seed).stream(RandomPurpose::kPermutation, 0, 0);
  std::vector<double> rows(count * 6);
  for (double& number : rows) {
    number = random.uniform() < 0.15  ? kNan
             : random.uniform() < 0.2 ? std::floor(3.0 * random.uniform())
                                      : 2.0 * random.uniform() - 1.0;
  }
  return rows;
}

TEST(TreeShap, AgreesWithEnumerationThroughXgboost) {
  for (const TreeFixture& fixture : testing::tree_fixtures()) {
    const TreeShap modalities(fixture.ensemble, {.player_of_column = kThreeModalities, .player_count = 3});
    expect_near(modalities.interventional(fixture.rows, fixture.outputs, fixture.background).values.values(),
                fixture.table("modalities"), 1e-6, fixture.name + " modalities");
    const TreeShap columns(fixture.ensemble,
                           {.player_of_column = kEachColumn, .player_count = 8, .are_pairs_asked = true});
    const TreeValues values = columns.interventional(fixture.rows, fixture.outputs, fixture.background);
    expect_near(values.values.values(), fixture.table("columns"), 1e-6, fixture.name + " columns");
    expect_near(values.pairs.values(), fixture.table("pairs"), 2e-6, fixture.name + " pairs");
    expect_near(values.full, fixture.expected.at("margins").get<std::vector<double>>(), 1e-6, fixture.name + " full");
    expect_near(values.empty, fixture.expected.at("empty").get<std::vector<double>>(), 1e-6, fixture.name + " empty");
    const TreeShap owen(fixture.ensemble,
                        {.player_of_column = kEachColumn, .player_count = 8, .union_of_player = kThreeModalities});
    expect_near(owen.interventional(fixture.rows, fixture.outputs, fixture.background).values.values(),
                fixture.table("owen"), 1e-6, fixture.name + " Owen");
  }
}

TEST(TreeShap, AgreesWithPathDependentValuesOfXgboost) {
  for (const TreeFixture& fixture : testing::tree_fixtures()) {
    const TreeShap columns(fixture.ensemble,
                           {.player_of_column = kEachColumn, .player_count = 8, .are_pairs_asked = true});
    const TreeValues found = columns.path_dependent(fixture.rows, fixture.outputs);
    // Its last column is the value without any player.
    const std::vector<double> expected = fixture.table("path_dependent");
    for (std::size_t row = 0; row < fixture.outputs.size(); ++row) {
      expect_near(found.values.row(row), std::span(expected).subspan(row * 9, 8), 1e-5, fixture.name);
      EXPECT_NEAR(found.empty[row], expected[row * 9 + 8], 1e-5) << fixture.name;
    }
    expect_near(found.pairs.values(), fixture.table("path_dependent_pairs"), 1e-5, fixture.name + " pairs");
  }
}

TEST(TreeShap, AgreesWithEnumerationOnRandomTrees) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const TreeEnsemble ensemble =
        random_ensemble(seed, 2 + seed % 5, seed % 2 == 0 ? TreeSplitRule::kXgboost : TreeSplitRule::kLightgbm);
    // Player 2 owns two columns, and column 4 is nobody's.
    const TreeShapOptions options{
        .player_of_column = {0, 1, 2, 3, kNoTreePlayer, 2}, .player_count = 4, .are_pairs_asked = true};
    const std::vector<double> rows = random_rows(seed + 100, 5);
    const std::vector<double> background = random_rows(seed + 200, 7);
    const std::vector<std::uint32_t> outputs(5, 0);
    const TreeShap shap(ensemble, options);
    for (const bool is_path_dependent : {false, true}) {
      const TreeValues found =
          is_path_dependent ? shap.path_dependent(rows, outputs) : shap.interventional(rows, outputs, background);
      for (std::size_t row = 0; row < outputs.size(); ++row) {
        const TreeGame game(ensemble, options, std::span(rows).subspan(row * 6, 6),
                            is_path_dependent ? std::span<const double>() : background);
        expect_near(found.values.row(row), enumerated_values(game, 4), 1e-12, "values");
        expect_near(found.pairs.row(row), enumerated_pairs(game, 4), 1e-12, "pairs");
        EXPECT_NEAR(found.full[row], game.value(15), 1e-12);
        EXPECT_NEAR(found.empty[row], game.value(0), 1e-12);
      }
    }
  }
}

TEST(TreeShap, GivesOwenValuesThatAddUpToTheModalities) {
  const TreeEnsemble ensemble = random_ensemble(3, 6, TreeSplitRule::kXgboost);
  const std::vector<double> rows = random_rows(5, 20);
  const std::vector<double> background = random_rows(6, 9);
  const std::vector<std::uint32_t> outputs(20, 0);
  const TreeShap columns(
      ensemble, {.player_of_column = {0, 1, 2, 3, 4, 5}, .player_count = 6, .union_of_player = {0, 0, 1, 1, 2, 2}});
  const TreeShap modalities(ensemble, {.player_of_column = {0, 0, 1, 1, 2, 2}, .player_count = 3});
  for (const bool is_path_dependent : {false, true}) {
    const TreeValues fine =
        is_path_dependent ? columns.path_dependent(rows, outputs) : columns.interventional(rows, outputs, background);
    const TreeValues coarse = is_path_dependent ? modalities.path_dependent(rows, outputs)
                                                : modalities.interventional(rows, outputs, background);
    for (std::size_t row = 0; row < outputs.size(); ++row) {
      for (std::size_t modality = 0; modality < 3; ++modality) {
        EXPECT_NEAR(fine.values(row, 2 * modality) + fine.values(row, 2 * modality + 1), coarse.values(row, modality),
                    1e-13);
      }
    }
  }
}

/// A list of splits on as many columns, each of which leads to a leaf on its left.
TreeEnsemble chain(std::size_t column_count) {
  TreeEnsemble ensemble;
  ensemble.column_count = column_count;
  ensemble.base = {0.0};
  ensemble.has_covers = true;
  Tree tree;
  for (std::size_t column = 0; column < column_count; ++column) {
    const auto index = static_cast<std::int32_t>(tree.nodes.size());
    tree.nodes.push_back({.left = index + 1,
                          .right = index + 2,
                          .column = static_cast<std::uint32_t>(column),
                          .threshold = 0.5,
                          .cover = static_cast<double>(column_count - column + 1)});
    tree.nodes.push_back({.value = 0.0, .cover = 1.0});
  }
  tree.nodes.push_back({.value = 1.0, .cover = 1.0});
  ensemble.trees.push_back(std::move(tree));
  return ensemble;
}

TEST(TreeShap, FollowsPathsOfHundredsOfPlayers) {
  // v = 1 where all are 1: an equal share for each, and by symmetry nothing else.
  for (const std::size_t count : {std::size_t{63}, std::size_t{64}, std::size_t{200}}) {
    const TreeEnsemble ensemble = chain(count);
    std::vector<std::uint32_t> players(count);
    std::iota(players.begin(), players.end(), 0U);
    const TreeShap shap(ensemble, {.player_of_column = players, .player_count = count});
    const std::vector<double> row(count, 1.0);
    const std::vector<double> background(count, 0.0);
    const std::vector<std::uint32_t> outputs = {0};
    const TreeValues values = shap.interventional(row, outputs, background);
    for (const double value : values.values.row(0)) EXPECT_NEAR(value, 1.0 / static_cast<double>(count), 1e-15);
    const TreeValues path_dependent = shap.path_dependent(row, outputs);
    const std::span<const double> found = path_dependent.values.row(0);
    EXPECT_NEAR(std::accumulate(found.begin(), found.end(), 0.0),
                path_dependent.full.front() - path_dependent.empty.front(), 1e-12);
  }
}

TEST(TreeShap, GivesTheSameForAnyNumberOfThreads) {
  const TreeEnsemble ensemble = random_ensemble(8, 6, TreeSplitRule::kLightgbm);
  const std::vector<double> rows = random_rows(9, 2500);
  const std::vector<double> background = random_rows(10, 30);
  const std::vector<std::uint32_t> outputs(2500, 0);
  std::optional<TreeValues> first;
  for (const std::size_t thread_count : {1U, 3U}) {
    const TreeShap shap(ensemble, {.player_of_column = {0, 1, 2, 3, 4, 5},
                                   .player_count = 6,
                                   .are_pairs_asked = true,
                                   .thread_count = thread_count});
    const TreeValues values = shap.interventional(rows, outputs, background);
    if (!first) {
      first = values;
      continue;
    }
    EXPECT_TRUE(std::ranges::equal(values.values.values(), first->values.values()));
    EXPECT_TRUE(std::ranges::equal(values.pairs.values(), first->pairs.values()));
  }
}

TEST(TreeShap, CountsOnlyTheTreesOfAnOutput) {
  TreeEnsemble ensemble = random_ensemble(4, 4, TreeSplitRule::kXgboost);
  ensemble.base = {1.0, 2.0};
  ensemble.trees[1].output = 1;
  const std::vector<double> rows = random_rows(11, 6);
  const std::vector<std::uint32_t> outputs = {0, 1, 0, 1, 1, 0};
  const TreeShap shap(ensemble, {.player_of_column = {0, 1, 2, 3, 4, 5}, .player_count = 6});
  const TreeValues values = shap.interventional(rows, outputs, random_rows(12, 4));
  std::vector<double> margins(12);
  tree_margins(ensemble, rows, margins);
  for (std::size_t row = 0; row < outputs.size(); ++row) {
    EXPECT_NEAR(values.full[row], margins[2 * row + outputs[row]], 1e-12);
    const std::span<const double> found = values.values.row(row);
    EXPECT_NEAR(std::accumulate(found.begin(), found.end(), 0.0), values.full[row] - values.empty[row], 1e-12);
  }
}

}  // namespace
}  // namespace modattr::tree_shap_test
