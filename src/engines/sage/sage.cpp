#include "modattr/engines/sage/sage.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/engines/clean_score.h"
#include "modattr/engines/mean_bootstrap.h"
#include "modattr/engines/run_warnings.h"
#include "modattr/engines/sage/mean_games.h"
#include "modattr/engines/shapley/feature_solver.h"
#include "modattr/engines/shapley/solved_games.h"
#include "modattr/engines/subsets.h"
#include "modattr/stats/moments.h"

namespace modattr {
namespace {

/// Of the authors' rule.
constexpr double kLargestRelativeError = 0.025;
constexpr std::size_t kMostBlocks = 100;
/// Coalitions per player where no budget is given, as multiples of what features get for one example.
constexpr std::size_t kMostShare = 16;
/// A first round has a quarter of that.
constexpr std::size_t kFirstDivisor = 4;

/// A subset of the examples, its blocks, and where their games are among the samples.
struct SampledSubset {
  Subset subset;
  std::size_t sample = 0;
  std::vector<std::size_t> block_sizes = {};
};

std::vector<std::vector<std::uint32_t>> cut_into_blocks(std::vector<std::uint32_t> examples, RandomStream stream) {
  for (std::size_t place = examples.size(); place > 1; --place) {
    std::swap(examples[place - 1], examples[stream.below(static_cast<std::uint32_t>(place))]);
  }
  std::vector<std::vector<std::uint32_t>> blocks(std::min(examples.size(), kMostBlocks));
  for (std::size_t place = 0; place < examples.size(); ++place) {
    blocks[place % blocks.size()].push_back(examples[place]);
  }
  // Sums are in the order of the data.
  for (std::vector<std::uint32_t>& block : blocks) std::ranges::sort(block);
  return blocks;
}

std::vector<SampledSubset> sample(std::vector<Subset> subsets, const Rng& rng,
                                  std::vector<std::vector<std::uint32_t>>& samples) {
  std::vector<SampledSubset> sampled;
  for (Subset& subset : subsets) {
    SampledSubset entry{.subset = std::move(subset), .sample = samples.size()};
    samples.push_back(entry.subset.examples);
    const auto number = static_cast<std::uint32_t>(sampled.size());
    for (auto& block : cut_into_blocks(entry.subset.examples, rng.stream(RandomPurpose::kBlock, number, 0))) {
      entry.block_sizes.push_back(block.size());
      samples.push_back(std::move(block));
    }
    sampled.push_back(std::move(entry));
  }
  return sampled;
}

/// The games below the means; owns what MeanGames borrows.
struct Source {
  std::unique_ptr<ValueFunction> modalities;
  std::unique_ptr<ExampleGames> features;
};

MeanGames::Parts modality_parts(Problem& problem, ValueFunction& game) {
  MeanGames::Parts parts{.evaluate =
                             [&game](std::span<const Coalition> coalitions) {
                               const Matrix all = game.evaluate(coalitions);
                               Matrix values(coalitions.size(), game.example_count());
                               for (std::size_t row = 0; row < coalitions.size(); ++row) {
                                 for (std::size_t example = 0; example < game.example_count(); ++example) {
                                   values(row, example) = all(row, example * game.width());
                                 }
                               }
                               return values;
                             },
                         .example_count = problem.example_count(),
                         .labels = {},
                         .samples = {}};
  for (std::size_t modality = 0; modality < problem.players().count(); ++modality) {
    parts.labels.push_back({problem.players().modality_name(modality)});
  }
  return parts;
}

MeanGames::Parts feature_parts(const Problem& problem, ExampleGames& games) {
  MeanGames::Parts parts{.evaluate =
                             [&games](std::span<const Coalition> coalitions) {
                               std::vector<ExampleGames::Query> queries;
                               for (std::uint32_t example = 0; example < games.example_count(); ++example) {
                                 for (const Coalition& coalition : coalitions) queries.push_back({example, coalition});
                               }
                               const std::vector<double> answers = games.evaluate(queries);
                               Matrix values(coalitions.size(), games.example_count());
                               for (std::size_t query = 0; query < queries.size(); ++query) {
                                 values(query % coalitions.size(), query / coalitions.size()) = answers[query];
                               }
                               return values;
                             },
                         .example_count = games.example_count(),
                         .labels = {},
                         .samples = {},
                         .evaluations_per_query = games.evaluations_per_query()};
  for (std::size_t modality = 0; modality < games.modality_count(); ++modality) {
    parts.labels.push_back(games.labels(0, modality));
    for (std::size_t example = 1; example < games.example_count(); ++example) {
      if (games.labels(example, modality) == parts.labels.back()) continue;
      throw ConfigError("--sage: modality '" + problem.players().modality_name(modality) +
                        "': expected the same players for every example, got others; give it the players 'whole'");
    }
  }
  return parts;
}

/// Solves the game of all examples with more and more coalitions, then those of all samples with as many.
class Rounds {
 public:
  Rounds(Problem& problem, MeanGames& games, const SageOptions& options, const Rng& rng)
      : problem_(problem),
        games_(games),
        options_(options),
        rng_(rng),
        feature_options_({.index = options.players == SagePlayers::kModalities ? ShapleyIndex::kShapley : options.index,
                          .estimator = options.estimator}) {}

  std::vector<SolvedExample> solve(std::vector<std::string>& warnings) {
    const std::size_t usual = solve_with(std::nullopt).budget(0);
    const std::size_t most = options_.budget.value_or(largest_budget(usual));
    if (options_.budget) solve_with(most).check_budget();
    std::size_t budget = std::min(std::max(first_budget(usual), solve_with(std::nullopt).least_budget(0)), most);
    SolvedExample all = run(budget, 0);
    while (!is_precise(all) && budget < most) {
      const std::size_t before = std::exchange(budget, std::min(2 * budget, most));
      const std::size_t known = all.evaluation_count;
      all = run(budget, before);
      // Every coalition there is has been asked.
      if (all.evaluation_count == known) break;
    }
    if (!is_precise(all)) warnings.push_back(too_coarse(all));
    return solve_with(budget).solve(0, games_.example_count());
  }

 private:
  bool is_small() const { return player_count() <= kMostEnumeratedModalities; }
  std::size_t player_count() const {
    std::size_t count = 0;
    for (std::size_t modality = 0; modality < games_.modality_count(); ++modality) {
      count += games_.labels(0, modality).size();
    }
    return count;
  }
  /// Few modalities are enumerated, whatever that is per player.
  std::size_t largest_budget(std::size_t usual) const {
    const std::size_t enumerated = is_small() ? games_.evaluations_per_query() << player_count() : 0;
    return std::max(kMostShare * usual, enumerated);
  }
  std::size_t first_budget(std::size_t usual) const {
    const bool is_modality = options_.players == SagePlayers::kModalities;
    return is_modality && is_small() ? largest_budget(usual) : usual / kFirstDivisor;
  }
  FeatureSolver solve_with(std::optional<std::size_t> budget) {
    feature_options_.budget = budget;
    return FeatureSolver(games_, feature_options_, rng_, problem_.thread_count());
  }
  SolvedExample run(std::size_t budget, std::size_t before) {
    problem_.progress().begin("sage", (budget - before) * problem_.example_count());
    SolvedExample all = std::move(solve_with(budget).solve(0, 1).front());
    problem_.progress().finish();
    return all;
  }
  double largest_error(const SolvedExample& all) const { return std::ranges::max(all.std_errors); }
  double error_wanted(const SolvedExample& all) const {
    const auto [least, most] = std::ranges::minmax(all.values);
    return options_.tolerance.value_or(kLargestRelativeError * (most - least));
  }
  bool is_precise(const SolvedExample& all) const {
    return all.values.empty() || largest_error(all) <= error_wanted(all);
  }
  std::string too_coarse(const SolvedExample& all) const {
    return "sage: the largest standard error, " + short_number(largest_error(all)) + ", is above the " +
           short_number(error_wanted(all)) + " that was wanted after " + std::to_string(all.evaluation_count) +
           " evaluations per example; raise --budget";
  }

  Problem& problem_;
  MeanGames& games_;
  const SageOptions& options_;
  const Rng& rng_;
  FeatureShapleyOptions feature_options_;
};

/// Numbers of a solved game in a row: the ends, the modalities, the players.
std::vector<double> numbers_of(const SolvedExample& game) {
  std::vector<double> numbers = {game.value_full, game.value_empty};
  numbers.insert(numbers.end(), game.modalities.begin(), game.modalities.end());
  numbers.insert(numbers.end(), game.values.begin(), game.values.end());
  return numbers;
}

double efficiency_gap(const SolvedExample& game) {
  return game.value_full - game.value_empty - std::accumulate(game.values.begin(), game.values.end(), 0.0);
}

/// A subset's numbers with their intervals.
class SubsetResult {
 public:
  SubsetResult(const Problem& problem, const SampledSubset& sampled, std::span<const SolvedExample> solved,
               std::uint32_t number, const Rng& rng)
      : sampled_(sampled),
        game_(solved[sampled.sample]),
        numbers_(numbers_of(game_)),
        bootstrap_(
            block_table(sampled, solved), all_examples(sampled.block_sizes.size()),
            {.example_count = sampled.block_sizes.size(), .subset = number, .thread_count = problem.thread_count()},
            rng) {}

  const SolvedExample& game() const noexcept { return game_; }
  std::optional<Interval> interval(std::size_t number) const {
    // Estimates need not be linear in v: the blocks tell the spread, the subset's own game the place.
    const Estimate blocks =
        bootstrap_.estimate([&](std::span<const double> means) { return std::optional(means[1 + number] / means[0]); });
    std::optional<Interval> interval = blocks.interval();
    if (!interval) return interval;
    const double shift = numbers_[number] - *blocks.value;
    return Interval{interval->low + shift, interval->high + shift};
  }
  std::size_t modality_number(std::size_t modality) const noexcept { return 2 + modality; }
  std::size_t player_number(std::size_t player) const noexcept { return 2 + game_.modalities.size() + player; }

  Score row(std::string modality, std::string definition, std::size_t number, std::optional<double> std_error) const {
    return {.modality = std::move(modality),
            .definition = std::move(definition),
            .group = sampled_.subset.group,
            .value = numbers_[number],
            .std_error = std_error,
            .ci95 = interval(number),
            .examples = sampled_.subset.examples.size(),
            .p_value = std::nullopt};
  }
  Score gap_row() const {
    return {.modality = "all",
            .definition = "shapley.efficiency_gap",
            .group = sampled_.subset.group,
            .value = std::abs(efficiency_gap(game_)),
            .std_error = 0.0,
            .ci95 = std::nullopt,
            .examples = sampled_.subset.examples.size(),
            .p_value = std::nullopt};
  }

 private:
  /// The block's size, then its numbers times that, [1 + numbers, blocks].
  static Matrix block_table(const SampledSubset& sampled, std::span<const SolvedExample> solved) {
    Matrix table(1 + numbers_of(solved[sampled.sample]).size(), sampled.block_sizes.size());
    for (std::size_t block = 0; block < sampled.block_sizes.size(); ++block) {
      const auto size = static_cast<double>(sampled.block_sizes[block]);
      const std::vector<double> numbers = numbers_of(solved[sampled.sample + 1 + block]);
      table(0, block) = size;
      for (std::size_t number = 0; number < numbers.size(); ++number) table(1 + number, block) = size * numbers[number];
    }
    return table;
  }

  const SampledSubset& sampled_;
  const SolvedExample& game_;
  std::vector<double> numbers_;
  MeanBootstrap bootstrap_;
};

ExampleAttribution explain(const SubsetResult& result, MeanGames& games, SagePlayers players) {
  const SolvedExample& game = result.game();
  ExampleAttribution attribution;
  attribution.value_full = game.value_full;
  attribution.value_empty = game.value_empty;
  attribution.efficiency_gap = efficiency_gap(game);
  attribution.modalities = game.modalities;
  attribution.evaluation_count = game.evaluation_count;
  attribution.method = game.method;
  // Modalities that play themselves have their numbers above, and their errors in the rows.
  if (players == SagePlayers::kModalities) return attribution;
  std::size_t player = 0;
  for (std::size_t modality = 0; modality < games.modality_count(); ++modality) {
    const std::vector<std::string>& labels = games.labels(0, modality);
    for (std::size_t own = 0; own < labels.size(); ++own, ++player) {
      attribution.players.push_back({.modality = modality,
                                     .player = own,
                                     .label = labels[own],
                                     .value = game.values[player],
                                     .std_error = game.std_errors[player],
                                     .ci95 = result.interval(result.player_number(player))});
    }
  }
  return attribution;
}

/// Monte Carlo error of a modality's value; nullopt for a sum of players, whose errors depend on each other.
std::optional<double> modality_error(const SageOptions& options, const SolvedExample& game, std::size_t modality) {
  if (options.players == SagePlayers::kModalities) return game.std_errors[modality];
  return options.index == ShapleyIndex::kOwen ? std::optional(0.0) : std::nullopt;
}

}  // namespace

Attribution Sage::attribute(Problem& problem, const Rng& rng) const {
  std::vector<std::vector<std::uint32_t>> samples;
  const std::vector<Subset> subsets = subsets_of(problem, options_.breakdown);
  const std::vector<SampledSubset> sampled = sample(subsets, rng, samples);
  Source source;
  MeanGames::Parts parts;
  if (options_.players == SagePlayers::kModalities) {
    source.modalities = problem.removal_game();
    parts = modality_parts(problem, *source.modalities);
  } else {
    source.features = problem.player_games();
    parts = feature_parts(problem, *source.features);
  }
  parts.samples = std::move(samples);
  MeanGames games(std::move(parts));

  Attribution result;
  const std::vector<SolvedExample> solved = Rounds(problem, games, options_, rng).solve(result.warnings);
  std::vector<SubsetResult> results;
  for (std::size_t subset = 0; subset < sampled.size(); ++subset) {
    results.emplace_back(problem, sampled[subset], solved, static_cast<std::uint32_t>(subset), rng);
  }
  for (std::size_t modality = 0; modality < problem.players().count(); ++modality) {
    const bool is_asked = std::ranges::find(options_.modalities, modality) != options_.modalities.end();
    if (!options_.modalities.empty() && !is_asked) continue;
    for (const SubsetResult& subset : results) {
      result.rows.push_back(subset.row(problem.players().modality_name(modality), "sage",
                                       subset.modality_number(modality),
                                       modality_error(options_, subset.game(), modality)));
    }
  }
  for (const SubsetResult& subset : results) {
    result.rows.push_back(subset.row("all", "shapley.full", 0, 0.0));
    result.rows.push_back(subset.row("all", "shapley.empty", 1, 0.0));
    result.rows.push_back(subset.gap_row());
  }
  result.whole_set = explain(results.front(), games, options_.players);
  add_scores(problem, {.modalities = {}, .subsets = subsets}, rng, result);
  return result;
}

}  // namespace modattr
