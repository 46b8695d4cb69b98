#include "modattr/engines/shapley/pair_solver.h"

#include <algorithm>
#include <string>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/core/parallel.h"
#include "modattr/engines/budget_error.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/engines/shapley/estimators/paired_coalitions.h"
#include "modattr/engines/shapley/estimators/sampled_pairs.h"

namespace modattr {
namespace {

/// Games of more players are enumerated only where a budget says so.
constexpr std::size_t kMostPlayersOfExactPairs = 16;
/// So many times the coalitions that a method needs are better than more rows of the background.
constexpr std::size_t kPairComfort = 3;

/// Whether the values take coalitions of the pairs' own kind.
bool are_coalitions_shared(const FeatureShapleyOptions& options) {
  return options.index == ShapleyIndex::kShapley && options.estimator->name() != "permutation";
}

}  // namespace

struct PairSolver::Example {
  std::uint32_t number = 0;
  std::size_t player_count = 0;
  /// New coalitions that it may ask for.
  std::size_t left = 0;
  SolvedExample* solved = nullptr;
  std::vector<Coalition> coalitions = {};
  std::vector<ExampleGames::Query> queries = {};
};

FeatureShapleyOptions PairSolver::options_of_values() const {
  FeatureShapleyOptions options = options_;
  if (options.budget && !are_coalitions_shared(options)) options.budget = *options.budget / 2;
  return options;
}

std::size_t PairSolver::player_count(std::uint32_t example) {
  std::size_t count = 0;
  for (std::size_t modality = 0; modality < games_.modality_count(); ++modality) {
    count += games_.labels(example, modality).size();
  }
  return count;
}

std::size_t PairSolver::usual_count(std::size_t player_count) const {
  const std::size_t all = inner_coalition_count(player_count);
  if (options_.estimator->name() == "exact" && player_count <= kMostPlayersOfExactPairs) return all;
  return std::min(kPairCoalitionsPerPlayer * player_count, all);
}

std::size_t PairSolver::budget(std::uint32_t example) {
  if (options_.budget) return are_coalitions_shared(options_) ? 0 : *options_.budget - *options_.budget / 2;
  return usual_count(player_count(example)) * games_.evaluations_per_query();
}

void PairSolver::check(FeatureSolver& solver) {
  for (std::uint32_t number = 0; number < games_.example_count(); ++number) {
    const std::size_t count = player_count(number);
    if (count > kMostPlayersInPairs) {
      throw ConfigError(option("interactions") + ": expected at most " + std::to_string(kMostPlayersInPairs) +
                        " features in an example, as pairs grow with their square, got " + std::to_string(count) +
                        "; cut them coarser with \"players\" in the configuration, or leave " + option("interactions") +
                        " out");
    }
  }
  if (!options_.budget) return;
  const std::size_t rows = games_.evaluations_per_query();
  BudgetNeed need{.evaluations_per_coalition = rows, .budget = *options_.budget};
  for (std::uint32_t number = 0; number < games_.example_count(); ++number) {
    const std::size_t count = player_count(number);
    const std::size_t of_values = solver.least_budget(number) / rows;
    const std::size_t of_pairs = count < 2 ? 0 : least_paired_coalition_count(count);
    // The empty and the full coalition are known from the values.
    const std::size_t least =
        are_coalitions_shared(options_) ? std::max(of_values, of_pairs + 2) : 2 * std::max(of_values, of_pairs);
    if (least <= need.least) continue;
    need.least = least;
    need.player_count = count;
  }
  need.comfortable = kPairComfort * need.least;
  if (*options_.budget < need.least * rows) throw BudgetError(need);
}

void PairSolver::choose(Example& example) const {
  const std::size_t count = example.player_count;
  if (count < 2) return;
  const std::size_t most = options_.budget
                               ? std::min(inner_coalition_count(count), example.left + example.solved->evaluated.size())
                               : usual_count(count);
  // By the example alone; the plain game's values begin with the same coalitions.
  const std::vector<Coalition> list = paired_leverage_coalitions(
      count, most, rng_.stream(RandomPurpose::kCoalition, games_.key(example.number), 0), "interactions");
  for (std::size_t place = 0; place + 1 < list.size(); place += 2) {
    std::size_t new_count = 0;
    for (const std::size_t at : {place, place + 1}) new_count += example.solved->evaluated.contains(list[at]) ? 0U : 1U;
    if (options_.budget && example.queries.size() + new_count > example.left) break;
    for (const std::size_t at : {place, place + 1}) {
      example.coalitions.push_back(list[at]);
      if (!example.solved->evaluated.contains(list[at])) example.queries.push_back({example.number, list[at]});
    }
  }
}

std::vector<PairEstimate> PairSolver::solve(std::uint32_t first, std::span<SolvedExample> solved) {
  const std::size_t rows = games_.evaluations_per_query();
  std::vector<Example> examples;
  for (SolvedExample& one : solved) {
    Example example{.number = first + static_cast<std::uint32_t>(examples.size()), .solved = &one};
    example.player_count = player_count(example.number);
    if (options_.budget) example.left = (*options_.budget - one.evaluation_count) / rows;
    examples.push_back(std::move(example));
  }
  parallel_for(examples.size(), thread_count_, [&](std::size_t index) { choose(examples[index]); });
  std::vector<ExampleGames::Query> queries;
  for (const Example& example : examples) {
    queries.insert(queries.end(), example.queries.begin(), example.queries.end());
  }
  const std::vector<double> values = games_.evaluate(queries);
  std::size_t query = 0;
  for (Example& example : examples) {
    for (const ExampleGames::Query& asked : example.queries) {
      example.solved->evaluated.emplace(asked.coalition, values[query++]);
    }
    example.solved->evaluation_count += example.queries.size() * rows;
  }
  std::vector<PairEstimate> estimates(examples.size());
  parallel_for(examples.size(), thread_count_, [&](std::size_t index) {
    const Example& example = examples[index];
    std::vector<double> of_coalitions;
    for (const Coalition& coalition : example.coalitions) {
      of_coalitions.push_back(example.solved->evaluated.at(coalition));
    }
    estimates[index] = estimate_pairs(*options_.pair_index, {.player_count = example.player_count,
                                                             .empty_value = example.solved->value_empty,
                                                             .full_value = example.solved->value_full,
                                                             .coalitions = example.coalitions,
                                                             .values = of_coalitions});
  });
  return estimates;
}

}  // namespace modattr
