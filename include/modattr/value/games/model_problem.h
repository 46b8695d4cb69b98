#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "modattr/core/contributions/contributions.h"
#include "modattr/core/problem.h"
#include "modattr/core/shards/shard.h"
#include "modattr/data/dataset.h"
#include "modattr/masking/segmentation.h"
#include "modattr/stats/target.h"
#include "modattr/value/games/case_games.h"
#include "modattr/value/games/removal_rows.h"
#include "modattr/value/model_evaluator.h"

namespace modattr {

/// A model on a validation set, as engines see it.
class ModelProblem final : public Problem {
 public:
  /// Borrows everything for its lifetime.
  ModelProblem(const Dataset& dataset, const InputLayout& layout, const Metric& metric, ModelEvaluator& evaluator,
               Progress& progress);

  const Players& players() const noexcept override { return layout_.modalities; }
  std::size_t example_count() const noexcept override { return dataset_.example_count(); }
  std::uint32_t example_key(std::size_t example) const noexcept override { return dataset_.row(example); }
  bool is_evaluated(std::size_t example) const noexcept override {
    return !evaluated_ || evaluated_->contains(example);
  }
  std::size_t place_in_run(std::size_t example) const noexcept override { return first_place_ + example; }
  const Metric& metric() const noexcept override { return metric_; }
  /// Of a shard: the examples that are to be evaluated; by default all.
  void set_evaluated(ExampleRange examples) { evaluated_ = examples; }
  /// Of a shard whose set holds its own examples only: the place of the first one in the run.
  void set_first_place(std::size_t place) { first_place_ = place; }
  /// Sets up removal_game() and encodes the removal's rows, once for all games; borrows both.
  void set_removal(const RemovalRows& removal, std::span<const Target> targets);

  /// Sets up player_games() after set_removal(); borrows the segmentations, one per modality. `inputs`: the dataset's
  /// inputs of each modality, in the order of its segmentation.
  void set_players(const std::vector<std::unique_ptr<Segmentation>>& segmentations,
                   std::vector<std::vector<std::size_t>> inputs) {
    segmentations_ = &segmentations;
    segmented_inputs_ = std::move(inputs);
  }

  /// Sets up case_game(); borrows the modalities, one per modality, and the judge.
  void set_cases(std::span<const TracedModality> modalities, const AnswerJudge& judge) {
    traced_modalities_ = modalities;
    judge_ = &judge;
  }

  /// Makes contributions() from the inside of the model.
  using ContributionsMaker = std::function<std::unique_ptr<Contributions>(const ContributionRequest&, const Rng&)>;
  /// Sets up contributions().
  void set_contributions(ContributionsMaker maker) { make_contributions_ = std::move(maker); }

  std::unique_ptr<ValueFunction> permuted_game(RowMap donors) override;
  std::unique_ptr<ValueFunction> removal_game() override;
  std::unique_ptr<ExampleGames> player_games() override;
  std::unique_ptr<Contributions> contributions(const ContributionRequest& request, const Rng& rng) override;
  std::unique_ptr<CaseGame> case_game() override;
  std::vector<Matrix> permuted_outcomes(std::span<const PermutedCoalitions> games) override;
  PairOutcomes all_pairs(std::size_t modality, std::span<const Stratum> strata, std::span<const double> clean) override;
  std::span<const Stratum> groups() const noexcept override { return groups_; }
  std::vector<Stratum> strata(std::string_view column) const override { return dataset_.strata(column); }
  Progress& progress() const noexcept override { return progress_; }
  std::size_t thread_count() const noexcept override { return evaluator_.thread_count(); }

 private:
  const Dataset& dataset_;
  const InputLayout& layout_;
  const Metric& metric_;
  ModelEvaluator& evaluator_;
  Progress& progress_;
  std::vector<Stratum> groups_;
  std::optional<ExampleRange> evaluated_;
  std::size_t first_place_ = 0;
  const RemovalRows* removal_ = nullptr;
  std::optional<EncodedRows> removal_rows_;
  std::span<const Target> targets_;
  const std::vector<std::unique_ptr<Segmentation>>* segmentations_ = nullptr;
  std::vector<std::vector<std::size_t>> segmented_inputs_;
  ContributionsMaker make_contributions_;
  std::span<const TracedModality> traced_modalities_;
  const AnswerJudge* judge_ = nullptr;
};

}  // namespace modattr
