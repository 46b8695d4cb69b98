#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "modattr/core/contributions/contributions.h"
#include "modattr/data/dataset.h"
#include "modattr/masking/segmentation.h"
#include "modattr/stats/target.h"
#include "modattr/trees/tree_shap.h"
#include "modattr/value/games/removal_rows.h"
#include "modattr/value/input_layout.h"

namespace modattr {

/// Exact Shapley or Owen values, and interactions, of the margins of an ensemble of decision trees: those of the games
/// of modalities or features over the removal's rows, or path-dependent ones. No row is run through the model.
class TreeContributions final : public Contributions {
 public:
  /// Borrows what the parts refer to.
  struct Parts {
    const TreeEnsemble& ensemble;
    const Dataset& dataset;
    const InputLayout& layout;
    const RemovalRows& removal;
    /// Of a margin: logit, or output of a regression that gives margins.
    const Target& target;
    ValueKind value = ValueKind::kLogit;
    OutputKind kind = OutputKind::kLogits;
    /// One per modality, and the dataset's inputs of each, in its order; empty where modalities are the players.
    std::span<const std::unique_ptr<Segmentation>> segmentations = {};
    std::vector<std::vector<std::size_t>> inputs = {};
    std::size_t thread_count = 1;
  };
  /// Throws ConfigError for path-dependent values of trees without covers.
  TreeContributions(Parts parts, const ContributionRequest& request);

  std::vector<ExampleContributions> explain(std::uint32_t first, std::size_t count) override;
  std::size_t evaluations_per_example() const noexcept override { return 1; }

 private:
  /// The players of some examples.
  struct Game {
    TreeShapOptions options;
    /// [players]
    std::vector<std::uint32_t> modality_of_player;
  };
  Game modality_game() const;
  Game feature_game(std::uint32_t example) const;
  Game empty_game() const;
  /// Solves the examples that follow, as rows are solved best in large numbers.
  void solve_from(std::uint32_t first);
  void solve(const Game& game, std::span<const std::uint32_t> examples);
  /// Rows of examples, [examples, columns].
  std::vector<double> rows_of(std::span<const std::uint32_t> examples) const;
  /// The removal's rows that do not depend on draws, of an example; equal ones have the same background.
  std::vector<std::uint32_t> baseline_rows(std::uint32_t example) const;
  /// What stands for removed data of an example, [draws, columns].
  std::vector<double> background_of(std::uint32_t example) const;
  ExampleContributions contributions_of(const Game& game, const TreeValues& values, std::size_t row, double sign) const;

  Parts parts_;
  ContributionRequest request_;
  /// First column of each input.
  std::vector<std::size_t> first_columns_;
  std::size_t modality_count_;
  std::uint32_t solved_first_ = 0;
  std::vector<ExampleContributions> solved_;
};

}  // namespace modattr
