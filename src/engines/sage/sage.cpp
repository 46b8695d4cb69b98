#include "modattr/engines/sage/sage.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "modattr/core/option_name.h"
#include "modattr/engines/clean_score.h"
#include "modattr/engines/mean_bootstrap.h"
#include "modattr/engines/open_examples.h"
#include "modattr/engines/run_warnings.h"
#include "modattr/engines/sage/mean_games.h"
#include "modattr/engines/sage/sage_evaluation.h"
#include "modattr/engines/shapley/feature_solver.h"
#include "modattr/engines/subsets.h"
#include "modattr/stats/moments.h"

namespace modattr {
namespace {

constexpr std::size_t kMostBlocks = 100;
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

/// Says that the budget ended before the errors were as small as they were to be.
std::string too_coarse(const SolvedExample& all, const SageOptions& options) {
  return "sage: the largest standard error, " + short_number(largest_error(all)) + ", is above the " +
         short_number(wanted_error(all, options)) + " that was wanted after " + std::to_string(all.evaluation_count) +
         " evaluations per example; raise " + option("budget");
}

/// The games of samples, from what is known of the examples. `values`: [examples] of [coalitions].
MeanGames known_games(const SageQuestions& questions, std::vector<NumbersView> values,
                      std::vector<std::vector<std::uint32_t>> samples) {
  std::unordered_map<Coalition, std::size_t> places;
  for (std::size_t place = 0; place < questions.coalitions.size(); ++place) {
    places.emplace(questions.coalitions[place], place);
  }
  const std::size_t example_count = values.size();
  return MeanGames({.evaluate =
                        [places = std::move(places), values = std::move(values)](std::span<const Coalition> asked) {
                          Matrix table(asked.size(), values.size());
                          for (std::size_t row = 0; row < asked.size(); ++row) {
                            const auto found = places.find(asked[row]);
                            expect_sizes(found != places.end());
                            for (std::size_t example = 0; example < values.size(); ++example) {
                              table(row, example) = values[example][found->second];
                            }
                          }
                          return table;
                        },
                    .example_count = example_count,
                    .labels = questions.labels,
                    .samples = std::move(samples),
                    .evaluations_per_query = questions.evaluations_per_query});
}

}  // namespace

EvaluationHeader Sage::header(const Problem& problem, const Rng& rng) const {
  const bool are_modalities = options_.players == SagePlayers::kModalities;
  EvaluationHeader header{.engine = std::string(name())};
  header.add_text("metric", std::string(problem.metric().name()));
  header.add_text("players", are_modalities ? "modalities" : "features");
  header.add_text("index", game_options(options_, std::nullopt).index == ShapleyIndex::kOwen ? "owen" : "shapley");
  header.add_text("method", std::string(options_.estimator->name()));
  header.add_count("budget", options_.budget);
  header.add_number("tolerance", options_.tolerance);
  header.add_count("seed", rng.seed());
  return header;
}

EvaluatedExamples Sage::evaluate(Problem& problem, const Rng& rng) const {
  // Throws for an unknown column before the model is asked.
  subsets_of(problem, options_.breakdown);
  SageAnswers answers = ask_in_rounds(problem, options_, rng);
  EvaluationHeader whole = header(problem, rng);
  whole.shared = answers.questions.to_bytes();
  std::vector<ByteWriter> writers;
  for (std::vector<double>& values : answers.values) {
    writers.emplace_back().put_numbers(values);
    values = {};
  }
  return with_clean_outcomes(problem, std::move(whole), std::move(writers));
}

Attribution Sage::summarise(const EvaluatedExamples& evaluated, const Problem& problem, const Rng& rng) const {
  const std::vector<Subset> subsets = subsets_of(problem, options_.breakdown);
  std::vector<std::vector<std::uint32_t>> samples;
  const std::vector<SampledSubset> sampled = sample(subsets, rng, samples);

  EvaluationHeader expected = header(problem, rng);
  expected.shared = evaluated.header().shared;
  std::vector<ByteReader> readers = open_examples(evaluated, expected, problem);
  const SageQuestions questions = SageQuestions::from_bytes(expected.shared);
  expect_sizes(questions.labels.size() == problem.players().count() && questions.evaluations_per_query > 0);
  std::vector<NumbersView> values;
  for (ByteReader& reader : readers) {
    values.push_back(reader.take_numbers());
    expect_sizes(values.back().size() == questions.coalitions.size());
  }
  const CleanOutcomes outcomes = CleanOutcomes::take(problem, {}, readers);

  MeanGames games = known_games(questions, std::move(values), std::move(samples));
  const FeatureShapleyOptions of_games = game_options(options_, questions.budget);
  const std::vector<SolvedExample> solved =
      FeatureSolver(games, of_games, rng, problem.thread_count()).solve(0, games.example_count());
  Attribution result;
  if (!is_precise(solved.front(), options_)) result.warnings.push_back(too_coarse(solved.front(), options_));
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
  add_scores(outcomes, problem, {.modalities = {}, .subsets = subsets}, rng, result);
  return result;
}

}  // namespace modattr
