#include "modattr/engines/shapley/solved_games.h"

#include <algorithm>
#include <utility>

#include "modattr/core/coalition_table.h"
#include "modattr/core/error.h"
#include "modattr/core/parallel.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"

namespace modattr {
namespace {

std::size_t bit_mask(const Coalition& coalition) {
  std::size_t mask = 0;
  for (std::size_t player = 0; player < coalition.player_count(); ++player) {
    if (coalition.contains(player)) mask |= std::size_t{1} << player;
  }
  return mask;
}

}  // namespace

SolvedGames::SolvedGames(Problem& problem, const ShapleyEstimator* estimator, std::size_t coalition_count,
                         const Rng& rng)
    : modality_count_(problem.players().count()), example_count_(problem.example_count()) {
  const ExactShapley exact;
  if (is_enumerated()) estimator = &exact;
  if (estimator == nullptr) {
    throw ConfigError("shap: expected at most " + std::to_string(kMostEnumeratedModalities) +
                      " modalities to enumerate, got " + std::to_string(modality_count_));
  }
  // A game of one modality has no coalition between empty and full.
  if (modality_count_ > 1) {
    const std::size_t inner = inner_coalition_count(modality_count_);
    coalitions_ = estimator->coalitions(modality_count_, is_enumerated() ? inner : std::min(inner, coalition_count),
                                        rng.stream(RandomPurpose::kCoalition, 0, 0));
  }
  coalitions_.push_back(Coalition::empty(modality_count_));
  coalitions_.push_back(Coalition::full(modality_count_));

  const std::unique_ptr<ValueFunction> game = problem.removal_game();
  // An estimator may list a coalition twice.
  CoalitionTable table(*game);
  const std::size_t evaluation_count = game->evaluation_count(coalitions_);
  evaluations_per_example_ = evaluation_count / example_count_;
  problem.progress().begin("shap", evaluation_count);
  values_ = table.evaluate(coalitions_);
  problem.progress().finish();

  solved_.resize(game->width());
  for (std::size_t number = 0; number < solved_.size(); ++number) solved_[number].resize(example_count_);
  parallel_for(example_count_, problem.thread_count(), [&](std::size_t example) {
    for (std::size_t number = 0; number < solved_.size(); ++number) {
      solved_[number][example] =
          is_enumerated() ? enumerate(number, example) : this->estimate(*estimator, number, example);
    }
  });
}

SolvedGame SolvedGames::enumerate(std::size_t number, std::size_t example) const {
  std::vector<double> table(std::size_t{1} << modality_count_);
  for (std::size_t row = 0; row < coalitions_.size(); ++row) {
    table[bit_mask(coalitions_[row])] = value(row, number, example);
  }
  SolvedGame game;
  game.method = "exact";
  game.values = shapley_values(table, modality_count_);
  game.std_errors.assign(modality_count_, 0.0);
  const Matrix interactions = shapley_interactions(table, modality_count_);
  for (std::size_t first = 0; first < modality_count_; ++first) {
    game.main_effects.push_back(interactions(first, first));
    for (std::size_t second = first + 1; second < modality_count_; ++second) {
      game.pairs.push_back(interactions(first, second));
    }
  }
  return game;
}

SolvedGame SolvedGames::estimate(const ShapleyEstimator& estimator, std::size_t number, std::size_t example) const {
  std::vector<double> inner(coalitions_.size() - 2);
  for (std::size_t row = 0; row < inner.size(); ++row) inner[row] = value(row, number, example);
  ShapleyEstimate estimate = estimator.estimate({.player_count = modality_count_,
                                                 .empty_value = empty_value(number, example),
                                                 .full_value = full_value(number, example),
                                                 .coalitions = std::span(coalitions_).first(inner.size()),
                                                 .values = inner});
  return {.values = std::move(estimate.values),
          .std_errors = std::move(estimate.std_errors),
          .pairs = {},
          .main_effects = {},
          .method = std::string(estimate.method.empty() ? estimator.name() : estimate.method)};
}

}  // namespace modattr
