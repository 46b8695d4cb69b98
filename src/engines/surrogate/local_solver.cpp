#include "modattr/engines/surrogate/local_solver.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/core/parallel.h"
#include "modattr/engines/budget_error.h"
#include "modattr/engines/surrogate/half_sample_refits.h"
#include "modattr/stats/moments.h"

namespace modattr {
namespace {

constexpr std::size_t kFewestCoalitions = 10;
/// A fit's memory grows with the square of its players.
constexpr std::size_t kMostFittedPlayers = 4096;
/// One coalition in so many is held back.
constexpr std::size_t kHeldOutStride = 5;

/// All but the first and the last.
void shuffle_middle(std::vector<Coalition>& coalitions, RandomStream stream) {
  for (std::size_t place = 1; place + 2 < coalitions.size(); ++place) {
    const auto left = static_cast<std::uint32_t>(coalitions.size() - 1 - place);
    std::swap(coalitions[place], coalitions[place + stream.below(left)]);
  }
}

std::optional<double> r2_of(const Surrogate& surrogate, const SurrogateData& data, std::span<const double> weights,
                            std::span<const double> variances) {
  std::vector<double> predictions;
  for (std::size_t row = 0; row < data.values.size(); ++row) {
    predictions.push_back(surrogate.predict(data.players.row(row)));
  }
  return weighted_r2(data.values, predictions, weights, variances);
}

}  // namespace

LocalSolver::Example LocalSolver::open(std::uint32_t number) {
  Example example{.number = number};
  for (std::size_t modality = 0; modality < games_.modality_count(); ++modality) {
    const std::size_t count = games_.labels(number, modality).size();
    const bool plays =
        options_.modalities.empty() || std::ranges::find(options_.modalities, modality) != options_.modalities.end();
    for (std::size_t own = 0; plays && own < count; ++own) {
      example.players.push_back(example.whole_player_count + own);
      example.modality_of_player.push_back(modality);
    }
    example.whole_player_count += count;
    if (plays) {
      example.parts.push_back(
          {count, options_.draws.empty() ? NeighbourDraw::kFairCoins : options_.draws.at(modality)});
    }
  }
  const std::size_t player_count = example.players.size();
  if (player_count > kMostFittedPlayers) {
    throw ConfigError("lime: expected at most " + std::to_string(kMostFittedPlayers) + " players in an example, got " +
                      std::to_string(player_count) + "; use larger patches or segments, let fewer modalities play (" +
                      option("modality") + "), or use shap with " + option("level") + " feature");
  }
  const bool is_small = player_count <= kMostEnumeratedPlayers;
  if (options_.size == NeighbourhoodSize::kAll && !is_small) {
    throw ConfigError(option("budget") + " all: expected at most " + std::to_string(kMostEnumeratedPlayers) +
                      " players in an example, got " + std::to_string(player_count) + "; use " + option("modality") +
                      " or a number of evaluations");
  }
  choose_coalitions(example);
  return example;
}

void LocalSolver::choose_coalitions(Example& example) const {
  const std::size_t all_rows = games_.evaluations_per_query();
  example.row_count = rows_per_coalition();
  const bool is_small = example.players.size() <= kMostEnumeratedPlayers;
  if (!is_small) return;
  const std::size_t count = std::size_t{1} << example.players.size();
  const std::size_t ends = takes_part_of_rows() ? 1 + all_rows : 2 * all_rows;
  const std::size_t whole = count < 2 ? 1 : ends + (count - 2) * all_rows;
  if (options_.size == NeighbourhoodSize::kAll || count < 2) {
    example.is_whole = true;
  } else {
    example.is_whole = options_.budget ? whole <= *options_.budget : count <= usual_coalitions();
  }
  example.has_every_coalition = example.is_whole || (options_.budget && count <= query_budget());
  if (example.is_whole) {
    example.row_count = all_rows;
  } else if (example.has_every_coalition) {
    // All that the budget has left for each.
    example.row_count = (*options_.budget - ends) / (count - 2);
  }
}

std::size_t LocalSolver::query_budget() const {
  if (!options_.budget) return usual_coalitions();
  const std::size_t ends = evaluations_of(2, games_.evaluations_per_query(), rows_per_coalition());
  return *options_.budget < ends ? 0 : 2 + (*options_.budget - ends) / rows_per_coalition();
}

std::size_t LocalSolver::most_evaluations(const Example& example) const {
  const std::size_t all_rows = games_.evaluations_per_query();
  if (!example.has_every_coalition) return evaluations_of(query_budget(), all_rows, rows_per_coalition());
  const std::size_t count = std::size_t{1} << example.players.size();
  if (!takes_part_of_rows()) return count * all_rows;
  return count < 2 ? 1 : 1 + all_rows + (count - 2) * example.row_count;
}

std::size_t LocalSolver::usual_coalitions() const {
  return rows_per_coalition() <= kRowsPerCoalition ? kUsualCoalitions : kUsualCoalitionsOfAllRows;
}

std::size_t LocalSolver::rows_per_coalition() const {
  const std::size_t all = games_.evaluations_per_query();
  return games_.is_mean_over_draws() ? std::min(kRowsPerCoalition, all) : all;
}

std::size_t LocalSolver::budget(std::uint32_t number) {
  return most_evaluations(open(number));
}

void LocalSolver::refuse_budget() {
  std::size_t least = 0;
  std::size_t player_count = 0;
  for (std::uint32_t number = 0; number < games_.example_count(); ++number) {
    const std::size_t own_count = open(number).players.size();
    if (own_count == 0) continue;
    // Few players have fewer coalitions.
    const std::size_t own = own_count > kMostEnumeratedPlayers
                                ? kFewestCoalitions + 1
                                : std::min(kFewestCoalitions + 1, std::size_t{1} << own_count);
    if (own <= least) continue;
    least = own;
    player_count = own_count;
  }
  throw BudgetError({.least = least,
                     .comfortable = usual_coalitions(),
                     .evaluations_per_coalition = games_.evaluations_per_query(),
                     .sampled_rows = rows_per_coalition(),
                     .budget = options_.budget.value_or(0),
                     .player_count = player_count});
}

void LocalSolver::draw(Example& example) const {
  // The example's own number keeps those around it out of this.
  const auto stream_of = [&](RandomPurpose purpose) { return rng_.stream(purpose, games_.key(example.number), 0); };
  if (example.has_every_coalition) {
    example.neighbourhood = whole_neighbourhood(example.players.size());
    if (!example.is_whole) shuffle_middle(example.neighbourhood.coalitions, stream_of(RandomPurpose::kNeighbourhood));
  } else {
    // One coalition is that of no player at all.
    example.neighbourhood =
        sample_neighbourhood(example.parts, query_budget() - 1, stream_of(RandomPurpose::kNeighbourhood));
  }
  if (!takes_part_of_rows()) return;
  example.draws = deal_draws(example.neighbourhood.counts, example.row_count, games_.evaluations_per_query(),
                             stream_of(RandomPurpose::kDrawSubset));
  // The empty coalition, which ends every neighbourhood that is not sampled, takes all.
  if (example.has_every_coalition && example.draws.size() > 1) example.draws.back().clear();
}

Coalition LocalSolver::in_game(const Example& example, const Coalition& own) {
  if (example.players.size() == example.whole_player_count) return own;
  Coalition coalition = Coalition::full(example.whole_player_count);
  for (std::size_t player = 0; player < example.players.size(); ++player) {
    if (!own.contains(player)) coalition.erase(example.players[player]);
  }
  return coalition;
}

void LocalSolver::weigh(Example& example, std::span<const double> measured) const {
  const double width =
      options_.kernel_width.value_or(default_kernel_width(options_.similarity, example.players.size()));
  for (std::size_t row = 0; row < example.neighbourhood.coalitions.size(); ++row) {
    const double distance = is_measured(options_.similarity)
                                ? measured[row]
                                : coalition_distance(example.neighbourhood.coalitions[row], options_.similarity);
    example.weights.push_back(example.neighbourhood.counts[row] * kernel_weight(distance, width));
  }
}

std::vector<ExampleGames::Query> LocalSolver::queries_of(const Example& example) {
  std::vector<ExampleGames::Query> queries;
  for (std::size_t row = 0; row < example.neighbourhood.coalitions.size(); ++row) {
    queries.push_back({example.number, in_game(example, example.neighbourhood.coalitions[row])});
    if (!example.draws.empty()) queries.back().draws = example.draws[row];
  }
  // That of every coalition ends with the empty one.
  if (!example.has_every_coalition) {
    queries.push_back({example.number, in_game(example, Coalition::empty(example.players.size()))});
  }
  return queries;
}

void LocalSolver::evaluate(std::vector<Example>& examples, std::span<const ExampleGames::Query> queries) {
  std::optional<ExampleGames::Space> space;
  if (options_.similarity == Similarity::kInputCosine) space = ExampleGames::Space::kInputs;
  if (options_.similarity == Similarity::kEncoder) space = ExampleGames::Space::kEncoders;
  const ExampleGames::Measurement found = games_.measure(queries, space);
  std::size_t query = 0;
  for (Example& example : examples) {
    const std::size_t count = example.neighbourhood.coalitions.size() + (example.has_every_coalition ? 0 : 1);
    const auto part_of = [&](std::span<const double> numbers) { return numbers.subspan(query, count); };
    const std::span<const double> values = part_of(found.values);
    const std::span<const double> variances = part_of(found.variances);
    example.values.assign(values.begin(), values.end());
    example.variances.assign(variances.begin(), variances.end());
    weigh(example, space ? part_of(found.distances) : std::span<const double>{});
    for (const ExampleGames::Query& own : queries.subspan(query, count)) {
      example.evaluation_count += own.draws.empty() ? games_.evaluations_per_query() : own.draws.size();
    }
    query += count;
  }
}

std::vector<LocalExplanation> LocalSolver::solve(std::uint32_t first, std::size_t count) {
  std::vector<Example> examples;
  for (std::uint32_t number = first; number < first + count; ++number) {
    examples.push_back(open(number));
    if (!examples.back().has_every_coalition && query_budget() < kFewestCoalitions + 1) refuse_budget();
  }
  std::vector<std::vector<ExampleGames::Query>> queries(count);
  parallel_for(count, thread_count_, [&](std::size_t example) {
    draw(examples[example]);
    queries[example] = queries_of(examples[example]);
  });
  std::vector<ExampleGames::Query> all;
  for (std::vector<ExampleGames::Query>& own : queries) std::ranges::move(own, std::back_inserter(all));
  evaluate(examples, all);
  std::vector<LocalExplanation> results(examples.size());
  parallel_for(examples.size(), thread_count_,
               [&](std::size_t example) { results[example] = explain(examples[example]); });
  return results;
}

LocalExplanation LocalSolver::explain(const Example& example) const {
  const std::size_t row_count = example.neighbourhood.coalitions.size();
  const std::size_t player_count = example.players.size();
  const std::size_t modality_count = games_.modality_count();
  const SurrogateOptions& options = options_.surrogate;
  SurrogateData data{Matrix(row_count, player_count), example.values, example.modality_of_player};
  // A surrogate would explain rounding.
  if (are_same_answers(example.values)) std::ranges::fill(data.values, example.values.front());
  data.values.resize(row_count);
  const std::span<const double> variances = std::span(example.variances).first(row_count);
  std::vector<double> fitted = example.weights;
  std::vector<double> held_out = example.is_whole ? example.weights : std::vector<double>(row_count, 0.0);
  for (std::size_t row = 0; row < row_count; ++row) {
    for (std::size_t player = 0; player < player_count; ++player) {
      data.players(row, player) = example.neighbourhood.coalitions[row].contains(player) ? 1.0 : 0.0;
    }
    if (example.is_whole || row == 0 || row % kHeldOutStride != 0) continue;
    std::swap(fitted[row], held_out[row]);
  }

  LocalExplanation result;
  result.players = example.players;
  result.modality_of_player = example.modality_of_player;
  result.value_full = data.values.front();
  result.value_empty = example.values.back();
  result.evaluation_count = example.evaluation_count;
  result.is_whole = example.is_whole;
  result.held_out_count = example.is_whole ? 0 : (row_count - 1) / kHeldOutStride;
  const std::vector<SurrogateFactor> factors = choose_factors(data, fitted, options);
  result.surrogate = fit_surrogate(data, factors, fitted, options);
  result.local_prediction = result.surrogate.predict(data.players.row(0));
  const std::optional<double> r2 = r2_of(result.surrogate, data, held_out, variances);
  // Beyond 1 by chance only.
  if (r2) result.r2 = std::min(*r2, 1.0);
  result.shares = modality_shares(result.surrogate, data.modality_of_player, modality_count);
  add_std_errors(result.surrogate, data, fitted, options);

  result.fidelity_lost.resize(modality_count);
  for (std::size_t modality = 0; r2 && modality < modality_count; ++modality) {
    std::vector<SurrogateFactor> others;
    for (const SurrogateFactor& factor : factors) {
      const bool is_in = data.modality_of_player[factor.player] == modality ||
                         (factor.partner && data.modality_of_player[*factor.partner] == modality);
      if (!is_in) others.push_back(factor);
    }
    const auto without = r2_of(fit_surrogate(data, others, fitted, options), data, held_out, variances);
    if (without) result.fidelity_lost[modality] = *r2 - *without;
  }

  if (example.is_whole) {
    // Nothing was drawn: another seed changes nothing.
    if (!result.shares.empty()) result.stability = 1.0;
    result.share_errors.assign(result.shares.size(), 0.0);
    for (SurrogateTerm& term : result.surrogate.terms) term.std_error = 0.0;
    return result;
  }
  const HalfSampleRefits halves(data, fitted, options, modality_count,
                                rng_.stream(RandomPurpose::kHalfSample, games_.key(example.number), 0));
  result.stability = halves.stability();
  if (!result.shares.empty()) result.share_errors = halves.share_errors();
  for (SurrogateTerm& term : result.surrogate.terms) {
    if (options.kind != SurrogateKind::kRidge) term.std_error = halves.factor_error(term.factor);
  }
  return result;
}

}  // namespace modattr
