#include "modattr/engines/shapley/feature_solver.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <iterator>
#include <numeric>
#include <string>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/core/parallel.h"
#include "modattr/engines/budget_error.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/engines/shapley/estimators/shapley_weight.h"
#include "modattr/engines/shapley/solved_games.h"

namespace modattr {
namespace {

/// Coalitions per player where no budget is given: so many, of very large games less, down to what every method takes.
constexpr std::size_t kCoalitionsPerPlayer = 32;
constexpr std::size_t kFewestCoalitionsPerPlayer = 4;
constexpr std::size_t kLargeCoalitionCount = std::size_t{1} << 16;
/// Of the first round, where there is a tolerance.
constexpr std::size_t kFirstCoalitionsPerPlayer = 4;
/// Games of more players are enumerated only where a budget says so.
constexpr std::size_t kMostEnumeratedSize = 16;
/// So many times the coalitions that a method needs are better than more rows of the background.
constexpr std::size_t kComfort = 3;
/// No game is asked for more.
constexpr std::size_t kMostCoalitions = std::size_t{1} << 40;

/// Coalitions of each game, of `left` in all, in proportion to the players; what a small game does not need goes to the
/// others. `sizes` ascend.
std::vector<std::size_t> divide(const ShapleyEstimator& estimator, std::span<const std::size_t> sizes,
                                std::size_t left) {
  std::size_t players_left = std::accumulate(sizes.begin(), sizes.end(), std::size_t{0});
  std::vector<std::size_t> parts;
  for (const std::size_t size : sizes) {
    const std::size_t part = std::max<std::size_t>(left * size / players_left, 2);
    parts.push_back(std::min(part, estimator.most_coalition_count(size).value_or(inner_coalition_count(size))));
    left -= std::min(left, parts.back());
    players_left -= size;
  }
  return parts;
}

}  // namespace

std::size_t FeatureSolver::queries_per_coalition(const Example& example) const {
  return is_owen() && !example.playing.empty() ? std::size_t{1} << (example.playing.size() - 1) : 1;
}

FeatureSolver::Example FeatureSolver::open(std::uint32_t number) {
  Example example{.number = number};
  for (std::size_t modality = 0; modality < games_.modality_count(); ++modality) {
    example.player_counts.push_back(games_.labels(number, modality).size());
    example.player_count += example.player_counts.back();
    if (example.player_counts.back() > 0) example.playing.push_back(modality);
  }
  if (is_owen() && example.playing.size() > kMostEnumeratedModalities) {
    throw ConfigError(option("index") + " owen: expected at most " + std::to_string(kMostEnumeratedModalities) +
                      " modalities, got " + std::to_string(example.playing.size()) + "; use " + option("index") +
                      " shapley");
  }
  return example;
}

Coalition FeatureSolver::modalities_in_game(const Example& example, std::size_t mask) const {
  Coalition coalition(example.player_count);
  std::size_t player = 0;
  std::size_t place = 0;
  for (const std::size_t count : example.player_counts) {
    if (count == 0) continue;
    const bool is_present = (mask >> place & 1U) != 0;
    for (std::size_t own = 0; own < count; ++own, ++player) {
      if (is_present) coalition.insert(player);
    }
    ++place;
  }
  return coalition;
}

std::size_t FeatureSolver::round_count(const Unit& unit, std::size_t round) const noexcept {
  // Without a tolerance all at once, else twice as many from round to round.
  if (!options_.tolerance || round >= 32) return unit.coalition_count;
  return std::min((kFirstCoalitionsPerPlayer * unit.player_count) << round, unit.coalition_count);
}

Coalition FeatureSolver::in_game(const Example& example, const Unit& unit, const Coalition& own,
                                 std::size_t others) const {
  Coalition coalition = modalities_in_game(example, others);
  for (std::size_t player = 0; player < unit.player_count; ++player) {
    if (own.contains(player)) coalition.insert(unit.first_player + player);
  }
  return coalition;
}

std::vector<FeatureSolver::Surrounding> FeatureSolver::surroundings(const Example& example, const Unit& unit) const {
  if (!unit.modality) return {{0, 1.0}};
  const auto place =
      static_cast<std::size_t>(std::ranges::find(example.playing, *unit.modality) - example.playing.begin());
  std::vector<Surrounding> sets;
  for (std::size_t mask = 0; mask < std::size_t{1} << example.playing.size(); ++mask) {
    if ((mask >> place & 1U) != 0) continue;
    sets.push_back({mask, shapley_weight(static_cast<std::size_t>(std::popcount(mask)), example.playing.size())});
  }
  return sets;
}

std::vector<double> FeatureSolver::evaluate(std::vector<Example>& examples,
                                            std::span<const ExampleGames::Query> queries) {
  std::vector<double> values = games_.evaluate(queries);
  for (std::size_t query = 0; options_.pair_index && query < queries.size(); ++query) {
    const ExampleGames::Query& asked = queries[query];
    examples[asked.example - examples.front().number].evaluated.emplace(asked.coalition, values[query]);
  }
  return values;
}

void FeatureSolver::evaluate_ends(std::vector<Example>& examples) {
  std::vector<ExampleGames::Query> queries;
  for (const Example& example : examples) {
    const std::size_t full = (std::size_t{1} << example.playing.size()) - 1;
    for (std::size_t mask = 0; mask <= full; ++mask) {
      if (!is_owen() && mask != 0 && mask != full) continue;
      queries.push_back({example.number, modalities_in_game(example, mask)});
    }
  }
  const std::vector<double> values = evaluate(examples, queries);
  std::size_t query = 0;
  for (Example& example : examples) {
    const std::size_t count = is_owen() ? std::size_t{1} << example.playing.size() : example.playing.empty() ? 1 : 2;
    example.ends.assign(values.begin() + static_cast<std::ptrdiff_t>(query),
                        values.begin() + static_cast<std::ptrdiff_t>(query + count));
    query += count;
  }
}

void FeatureSolver::add_units(Example& example) const {
  if (example.playing.empty()) return;
  if (!is_owen()) {
    example.units.push_back({.modality = std::nullopt,
                             .player_count = example.player_count,
                             .empty_value = example.ends.front(),
                             .full_value = example.ends.back()});
    return;
  }
  std::size_t first_player = 0;
  for (std::size_t place = 0; place < example.playing.size(); ++place) {
    Unit unit{.modality = example.playing[place],
              .first_player = first_player,
              .player_count = example.player_counts[example.playing[place]]};
    for (const Surrounding& set : surroundings(example, unit)) {
      unit.empty_value += set.weight * example.ends[set.mask];
      unit.full_value += set.weight * example.ends[set.mask | std::size_t{1} << place];
    }
    first_player += unit.player_count;
    example.units.push_back(std::move(unit));
  }
}

std::size_t FeatureSolver::budget(std::uint32_t number) {
  if (options_.budget) return *options_.budget;
  const Example example = open(number);
  const std::size_t ends = is_owen() ? std::size_t{1} << example.playing.size() : 2;
  const std::vector<std::size_t> sizes = unit_sizes(example);
  // Where a method needs more, as enumeration does, it gets that as long as it is bearable.
  const bool is_small = std::ranges::all_of(sizes, [](std::size_t size) { return size <= kMostEnumeratedSize; });
  const std::size_t least = is_small ? least_budget(number) : 0;
  const std::size_t coalition_count =
      std::max(std::min(kCoalitionsPerPlayer * example.player_count, kLargeCoalitionCount),
               kFewestCoalitionsPerPlayer * example.player_count);
  return std::max(least, games_.evaluations_per_query() * (ends + queries_per_coalition(example) * coalition_count));
}

std::vector<std::size_t> FeatureSolver::unit_sizes(const Example& example) const {
  std::vector<std::size_t> sizes;
  if (!is_owen()) {
    sizes.push_back(example.player_count);
  } else {
    for (const std::size_t modality : example.playing) sizes.push_back(example.player_counts[modality]);
  }
  // One player's value is the difference of the ends.
  std::erase_if(sizes, [](std::size_t size) { return size < 2; });
  return sizes;
}

std::size_t FeatureSolver::least_budget(std::uint32_t number) {
  const Example example = open(number);
  std::vector<std::size_t> sizes = unit_sizes(example);
  std::ranges::stable_sort(sizes);
  std::vector<std::size_t> least;
  for (const std::size_t size : sizes) {
    least.push_back(std::max<std::size_t>(options_.estimator->least_coalition_count(size), 2));
    // What nobody can enumerate: the estimator says what to do.
    if (least.back() > kMostCoalitions) choose(example, {.modality = std::nullopt, .player_count = size}, 2);
  }
  const auto is_enough = [&](std::size_t coalition_count) {
    const std::vector<std::size_t> parts = divide(*options_.estimator, sizes, coalition_count);
    return std::ranges::equal(parts, least, std::greater_equal<>());
  };
  // Parts grow with the whole.
  std::size_t high = 2 * sizes.size();
  std::size_t low = high == 0 ? 0 : high - 1;
  while (!is_enough(high)) low = std::exchange(high, 2 * high);
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    (is_enough(middle) ? high : low) = middle;
  }
  const std::size_t ends = is_owen() ? std::size_t{1} << example.playing.size() : 2;
  return games_.evaluations_per_query() * (ends + (sizes.empty() ? 0 : queries_per_coalition(example) * high));
}

void FeatureSolver::check_budget() {
  if (!options_.budget) return;
  for (std::uint32_t number = 0; number < games_.example_count(); ++number) {
    if (*options_.budget < least_budget(number)) refuse_budget();
  }
}

void FeatureSolver::refuse_budget() {
  std::size_t least = 0;
  std::size_t player_count = 0;
  std::size_t given = 0;
  for (std::uint32_t number = 0; number < games_.example_count(); ++number) {
    const std::size_t own = least_budget(number);
    if (own <= least) continue;
    least = own;
    player_count = open(number).player_count;
    given = budget(number);
  }
  const std::size_t rows = games_.evaluations_per_query();
  throw BudgetError({.least = least / rows,
                     .comfortable = kComfort * (least / rows),
                     .evaluations_per_coalition = rows,
                     .budget = given,
                     .player_count = player_count});
}

void FeatureSolver::share_budget(Example& example) {
  const std::size_t queries = budget(example.number) / games_.evaluations_per_query();
  const std::size_t per_coalition = queries_per_coalition(example);
  std::vector<Unit*> units;
  for (Unit& unit : example.units) {
    // One player's value is the difference of the ends.
    if (unit.player_count > 1) units.push_back(&unit);
  }
  if (queries < example.ends.size() + 2 * per_coalition * units.size()) refuse_budget();
  std::ranges::stable_sort(units, {}, [](const Unit* unit) { return unit->player_count; });
  std::vector<std::size_t> sizes;
  for (const Unit* unit : units) sizes.push_back(unit->player_count);
  const std::vector<std::size_t> parts =
      divide(*options_.estimator, sizes, (queries - example.ends.size()) / per_coalition);
  for (std::size_t place = 0; place < units.size(); ++place) {
    units[place]->coalition_count = parts[place];
    if (parts[place] < options_.estimator->least_coalition_count(sizes[place])) refuse_budget();
  }
}

std::vector<Coalition> FeatureSolver::choose(const Example& example, const Unit& unit,
                                             std::size_t coalition_count) const {
  // By the example alone, so that those around it change nothing.
  const RandomStream stream = rng_.stream(RandomPurpose::kCoalition, games_.key(example.number),
                                          static_cast<std::uint32_t>(unit.modality ? *unit.modality + 1 : 0));
  try {
    return options_.estimator->coalitions(unit.player_count, coalition_count, stream);
  } catch (const ConfigError& error) {
    throw ConfigError(option("method") + " " + error.what());
  }
}

bool FeatureSolver::is_precise(const Unit& unit, double tolerance) {
  const double error = std::ranges::max(unit.estimate.std_errors);
  // Answers of a few values, such as 0 and 1, may look exactly like those of a simpler game until rarer
  // coalitions come: an error of nothing says nothing.
  constexpr double kDoubleRounding = 1e-13;
  const double scale = std::max(std::abs(unit.full_value), std::abs(unit.empty_value));
  return error < tolerance && error > kDoubleRounding * scale;
}

void FeatureSolver::run_round(std::vector<Example>& examples, std::size_t round) {
  struct Asked {
    const Example* example;
    Unit* unit;
    std::vector<Coalition> coalitions;
    /// Those that no earlier round asked for.
    std::vector<Coalition> added;
    std::vector<ExampleGames::Query> queries;
  };
  std::vector<Asked> asked;
  for (Example& example : examples) {
    for (Unit& unit : example.units) {
      if (!unit.is_solved) asked.push_back({&example, &unit, {}, {}, {}});
    }
  }
  parallel_for(asked.size(), thread_count_, [&](std::size_t index) {
    auto& [example, unit, coalitions, added, queries] = asked[index];
    const std::vector<Surrounding> sets = surroundings(*example, *unit);
    coalitions = choose(*example, *unit, round_count(*unit, round));
    for (const Coalition& coalition : coalitions) {
      if (!unit->known.try_emplace(coalition, 0.0).second) continue;
      added.push_back(coalition);
      for (const Surrounding& set : sets) {
        queries.push_back({example->number, in_game(*example, *unit, coalition, set.mask)});
      }
    }
  });
  std::vector<ExampleGames::Query> queries;
  for (Asked& one : asked) std::ranges::move(one.queries, std::back_inserter(queries));
  const std::vector<double> values = evaluate(examples, queries);
  std::size_t query = 0;
  for (const auto& [example, unit, coalitions, added, of_unit] : asked) {
    const std::vector<Surrounding> sets = surroundings(*example, *unit);
    for (const Coalition& coalition : added) {
      double& value = unit->known.at(coalition);
      for (const Surrounding& set : sets) value += set.weight * values[query++];
    }
  }
  parallel_for(asked.size(), thread_count_, [&](std::size_t index) {
    const auto& [example, unit, coalitions, added, of_unit] = asked[index];
    std::vector<double> of_coalitions;
    for (const Coalition& coalition : coalitions) of_coalitions.push_back(unit->known.at(coalition));
    unit->estimate = options_.estimator->estimate({.player_count = unit->player_count,
                                                   .empty_value = unit->empty_value,
                                                   .full_value = unit->full_value,
                                                   .coalitions = coalitions,
                                                   .values = of_coalitions});
    unit->is_solved = round_count(*unit, round) == unit->coalition_count ||
                      (options_.tolerance && is_precise(*unit, *options_.tolerance));
  });
}

std::vector<SolvedExample> FeatureSolver::solve(std::uint32_t first, std::size_t count) {
  std::vector<Example> examples;
  for (std::uint32_t number = first; number < first + count; ++number) examples.push_back(open(number));
  evaluate_ends(examples);
  for (Example& example : examples) {
    add_units(example);
    share_budget(example);
    for (Unit& unit : example.units) {
      if (unit.player_count > 1) continue;
      unit.estimate = {{unit.full_value - unit.empty_value}, {0.0}, "exact"};
      unit.is_solved = true;
    }
  }
  for (std::size_t round = 0; std::ranges::any_of(examples,
                                                  [](const Example& example) {
                                                    return std::ranges::any_of(example.units, [](const Unit& unit) {
                                                      return !unit.is_solved;
                                                    });
                                                  });
       ++round) {
    run_round(examples, round);
  }
  std::vector<SolvedExample> results;
  for (Example& example : examples) results.push_back(result(example));
  return results;
}

SolvedExample FeatureSolver::result(Example& example) const {
  SolvedExample solved;
  solved.evaluated = std::move(example.evaluated);
  solved.player_counts = example.player_counts;
  solved.value_empty = example.ends.front();
  solved.value_full = example.ends.back();
  solved.modalities.assign(example.player_counts.size(), 0.0);
  std::size_t queries = example.ends.size();
  std::vector<std::string_view> methods;
  for (const Unit& unit : example.units) {
    const std::string_view method = unit.estimate.method.empty() ? options_.estimator->name() : unit.estimate.method;
    if (std::ranges::find(methods, method) == methods.end()) {
      methods.push_back(method);
      solved.method += (solved.method.empty() ? "" : "+") + std::string(method);
    }
    solved.values.insert(solved.values.end(), unit.estimate.values.begin(), unit.estimate.values.end());
    solved.std_errors.insert(solved.std_errors.end(), unit.estimate.std_errors.begin(), unit.estimate.std_errors.end());
    queries += unit.known.size() * queries_per_coalition(example);
    if (unit.modality) solved.modalities[*unit.modality] = unit.full_value - unit.empty_value;
  }
  if (!is_owen()) {
    auto value = solved.values.begin();
    for (std::size_t modality = 0; modality < solved.modalities.size(); ++modality) {
      const auto end = value + static_cast<std::ptrdiff_t>(example.player_counts[modality]);
      solved.modalities[modality] = std::accumulate(value, end, 0.0);
      value = end;
    }
  }
  if (methods.empty()) solved.method = "exact";
  solved.evaluation_count = queries * games_.evaluations_per_query();
  return solved;
}

}  // namespace modattr
