#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "modattr/core/example_games.h"
#include "modattr/core/progress.h"
#include "modattr/stats/target.h"
#include "modattr/value/games/player_variants.h"
#include "modattr/value/model_evaluator.h"

namespace modattr {

/// The games of the players inside of modalities: v(S) = value(mean over the draws of the removal of prediction(f(S))),
/// where every modality's data keeps the players of S. Each variant of a modality's data is encoded once per block of
/// queries.
class PlayerGames final : public ExampleGames {
 public:
  struct Parts {
    ModelEvaluator& evaluator;
    const RemovalRows& removal;
    /// The removal's, encoded by the evaluator; variants of examples follow them.
    const EncodedRows& removal_rows;
    const std::vector<std::unique_ptr<Segmentation>>& segmentations;
    const Target& target;
    Progress& progress;
  };
  /// Borrows everything for its lifetime.
  PlayerGames(const Parts& parts, PlayerVariants::Parts rows);

  std::size_t example_count() const noexcept override { return parts_.target.example_count(); }
  std::size_t modality_count() const noexcept override { return parts_.segmentations.size(); }
  const std::vector<std::string>& labels(std::size_t example, std::size_t modality) override;
  std::uint32_t key(std::size_t example) const noexcept override { return keys_[example]; }
  bool are_players_shared() const noexcept override;
  std::vector<double> evaluate(std::span<const Query> queries) override;
  Measurement measure(std::span<const Query> queries, std::optional<Space> space) override;
  std::size_t evaluations_per_query() const noexcept override { return draw_count_; }
  bool is_mean_over_draws() const noexcept override { return parts_.target.is_linear(); }

 private:
  /// Queries that are evaluated while their variants exist.
  struct Block {
    std::size_t first = 0;
    std::span<const Query> queries;
    /// Of all draws of all queries, [rows][modalities].
    std::span<const std::uint32_t> rows;
    /// Number of each row's query in the block, [rows].
    std::span<const std::uint32_t> query_of_row;
    const EncodedRows& encoded;
  };
  struct BlockRows {
    std::vector<std::uint32_t> rows;
    std::vector<std::uint32_t> query_of_row;
  };
  /// Evaluates block by block; `visit` hears of every block while its variants exist.
  using BlockVisitor = std::function<void(const Block& block)>;
  Measurement evaluate_blocks(std::span<const Query> queries, const BlockVisitor& visit);
  std::size_t draw_count(const Query& query) const noexcept {
    return query.draws.empty() ? draw_count_ : query.draws.size();
  }
  /// Makes the variants of as many queries as fit into a block, and the block's rows; returns how many.
  std::size_t add_block(std::span<const Query> queries, BlockRows& rows);
  void evaluate_block(const Block& block, Measurement& result, Progress& progress);

  Parts parts_;
  PlayerVariants rows_;
  std::size_t draw_count_ = 1;
  /// Of a block.
  std::size_t most_variants_ = 0;
  /// Rows of the data file.
  std::vector<std::uint32_t> keys_;
  /// Layouts of the example that was asked for last, per modality.
  std::vector<std::shared_ptr<const PlayerLayout>> layouts_;
  std::size_t layout_example_ = static_cast<std::size_t>(-1);
};

}  // namespace modattr
