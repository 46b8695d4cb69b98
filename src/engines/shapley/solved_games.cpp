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

ModalityCoalitions::ModalityCoalitions(std::size_t player_count, const ShapleyEstimator* chosen,
                                       std::size_t coalition_count, const Rng& rng)
    : modality_count(player_count), estimator(chosen) {
  const ExactShapley exact;
  const ShapleyEstimator* const asking = is_enumerated() ? &exact : estimator;
  if (asking == nullptr) {
    throw ConfigError("shap: expected at most " + std::to_string(kMostEnumeratedModalities) +
                      " modalities to enumerate, got " + std::to_string(modality_count));
  }
  // A game of one modality has no coalition between empty and full.
  if (modality_count > 1) {
    const std::size_t inner = inner_coalition_count(modality_count);
    coalitions = asking->coalitions(modality_count, is_enumerated() ? inner : std::min(inner, coalition_count),
                                    rng.stream(RandomPurpose::kCoalition, 0, 0));
  }
  coalitions.push_back(Coalition::empty(modality_count));
  coalitions.push_back(Coalition::full(modality_count));
}

ModalityValues evaluate_modalities(Problem& problem, const ModalityCoalitions& asked) {
  const std::unique_ptr<ValueFunction> game = problem.removal_game();
  // An estimator may list a coalition twice.
  CoalitionTable table(*game);
  const std::size_t evaluation_count = game->evaluation_count(asked.coalitions);
  problem.progress().begin("shap", evaluation_count);
  ModalityValues result{.number_count = game->width(),
                        .evaluations_per_example = evaluation_count / problem.example_count(),
                        .values = table.evaluate(asked.coalitions)};
  problem.progress().finish();
  return result;
}

SolvedGames::SolvedGames(std::vector<SolvedGame> solved, Matrix ends)
    : values_({.number_count = 1, .values = std::move(ends)}), solved_(1) {
  solved_.front() = std::move(solved);
}

SolvedGames::SolvedGames(ModalityCoalitions asked, ModalityValues values, std::size_t thread_count)
    : asked_(std::move(asked)), values_(std::move(values)), solved_(values_.number_count) {
  const std::size_t example_count = values_.values.column_count() / values_.number_count;
  for (std::vector<SolvedGame>& games : solved_) games.resize(example_count);
  parallel_for(example_count, thread_count, [&](std::size_t example) {
    for (std::size_t number = 0; number < solved_.size(); ++number) {
      solved_[number][example] = is_enumerated() ? enumerate(number, example) : estimate(number, example);
    }
  });
}

SolvedGame SolvedGames::enumerate(std::size_t number, std::size_t example) const {
  std::vector<double> table(std::size_t{1} << asked_->modality_count);
  for (std::size_t row = 0; row < asked_->coalitions.size(); ++row) {
    table[bit_mask(asked_->coalitions[row])] = value(row, number, example);
  }
  SolvedGame game;
  game.method = "exact";
  game.values = shapley_values(table, asked_->modality_count);
  game.std_errors.assign(asked_->modality_count, 0.0);
  const Matrix interactions = shapley_interactions(table, asked_->modality_count);
  for (std::size_t first = 0; first < asked_->modality_count; ++first) {
    game.main_effects.push_back(interactions(first, first));
    for (std::size_t second = first + 1; second < asked_->modality_count; ++second) {
      game.pairs.push_back(interactions(first, second));
    }
  }
  return game;
}

SolvedGame SolvedGames::estimate(std::size_t number, std::size_t example) const {
  std::vector<double> inner(asked_->coalitions.size() - 2);
  for (std::size_t row = 0; row < inner.size(); ++row) inner[row] = value(row, number, example);
  ShapleyEstimate estimate =
      asked_->estimator->estimate({.player_count = asked_->modality_count,
                                   .empty_value = empty_value(number, example),
                                   .full_value = full_value(number, example),
                                   .coalitions = std::span(asked_->coalitions).first(inner.size()),
                                   .values = inner});
  return {.values = std::move(estimate.values),
          .std_errors = std::move(estimate.std_errors),
          .pairs = {},
          .main_effects = {},
          .method = std::string(estimate.method.empty() ? asked_->estimator->name() : estimate.method)};
}

}  // namespace modattr
