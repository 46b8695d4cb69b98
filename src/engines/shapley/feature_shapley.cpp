#include "modattr/engines/shapley/feature_shapley.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

#include "modattr/core/option_name.h"
#include "modattr/engines/attribution_bytes.h"
#include "modattr/engines/clean_score.h"
#include "modattr/engines/example_batches.h"
#include "modattr/engines/open_examples.h"
#include "modattr/engines/run_warnings.h"
#include "modattr/engines/shapley/feature_scores.h"
#include "modattr/engines/shapley/feature_solver.h"
#include "modattr/engines/shapley/pair_solver.h"
#include "modattr/engines/subsets.h"
#include "modattr/stats/moments.h"

namespace modattr {
namespace {

double largest_error(const ExampleAttribution& example) {
  double largest = 0.0;
  for (const PlayerScore& player : example.players) largest = std::max(largest, *player.std_error);
  return largest;
}

bool is_path_dependent(const FeatureShapleyOptions& options) {
  return options.trees && options.trees->method == ContributionMethod::kTreePathDependent;
}

ValueDefinitions value_definitions(const FeatureShapleyOptions& options) {
  if (is_path_dependent(options)) return {"tree.path_mean", "tree.path_mean_abs", "tree.path_share_abs"};
  return {"shapley.mean", "shapley.mean_abs", "share.abs"};
}

std::string pairs_definition(const FeatureShapleyOptions& options) {
  return is_path_dependent(options) ? "tree.path_pairs" : std::string(pair_definition(*options.pair_index));
}

std::vector<ShareDefinition> share_definitions(const FeatureShapleyOptions& options) {
  const ShapleyIndex index = options.index;
  if (is_path_dependent(options)) {
    return {{index == ShapleyIndex::kOwen ? "tree.path_owen" : "tree.path", magnitudes_by_modality}};
  }
  if (index == ShapleyIndex::kOwen) return {{"share.owen", magnitudes_by_modality}};
  const auto average = [](const ExampleAttribution& example) {
    ModalityPlayers players(example);
    for (std::size_t modality = 0; modality < players.counts.size(); ++modality) {
      players.magnitudes[modality] /= static_cast<double>(std::max<std::size_t>(players.counts[modality], 1));
    }
    return players.magnitudes;
  };
  const auto net = [](const ExampleAttribution& example) {
    std::vector<double> parts = example.modalities;
    for (double& part : parts) part = std::abs(part);
    return parts;
  };
  return {{"share.mm_shap", magnitudes_by_modality}, {"share.mm_shap_avg", average}, {"share.net", net}};
}

/// Says where the budget ended before the tolerance was reached.
void warn_about_tolerance(std::span<const ExampleAttribution> solved, const FeatureShapleyOptions& options,
                          std::vector<std::string>& warnings) {
  const double tolerance = *options.tolerance;
  std::size_t count = 0;
  double largest = 0.0;
  std::size_t evaluation_count = 0;
  for (const ExampleAttribution& example : solved) {
    const double error = largest_error(example);
    if (error < tolerance) continue;
    ++count;
    largest = std::max(largest, error);
    evaluation_count = std::max(evaluation_count, example.evaluation_count);
  }
  if (count == 0) return;
  // Rounds that are left out for want of budget are not as long.
  const bool is_at_its_limit = options.budget && 2 * evaluation_count < *options.budget;
  warnings.push_back(option("tolerance") + " " + short_number(tolerance) + " was not reached in " +
                     std::to_string(count) + " of " + std::to_string(solved.size()) +
                     (solved.size() == 1 ? " example" : " examples") + ": the largest standard error is " +
                     short_number(largest) + " after " + std::to_string(evaluation_count) + " evaluations; " +
                     (is_at_its_limit ? "method " + std::string(options.estimator->name()) +
                                            " takes no more of them, try " + option("method") + " leverage"
                                      : "raise " + option("budget")));
}

ExampleAttribution explain(ExampleGames& games, const SolvedExample& solved, std::uint32_t number) {
  ExampleAttribution result;
  result.example = number;
  result.value_full = solved.value_full;
  result.value_empty = solved.value_empty;
  result.efficiency_gap =
      solved.value_full - solved.value_empty - std::accumulate(solved.values.begin(), solved.values.end(), 0.0);
  result.modalities = solved.modalities;
  result.evaluation_count = solved.evaluation_count;
  result.method = solved.method;
  std::size_t player = 0;
  for (std::size_t modality = 0; modality < solved.player_counts.size(); ++modality) {
    const std::vector<std::string>& labels = games.labels(number, modality);
    for (std::size_t own = 0; own < labels.size(); ++own, ++player) {
      result.players.push_back({.modality = modality,
                                .player = own,
                                .label = labels[own],
                                .value = solved.values[player],
                                .std_error = solved.std_errors[player]});
    }
  }
  return result;
}

/// `pairs`: in the order of pair_values(); `players` of the example.
PlayerInteractions interactions_of(const PairEstimate& pairs, const std::string& definition,
                                   std::span<const PlayerScore> players) {
  PlayerInteractions result{.definition = definition, .method = pairs.is_exact ? "exact" : "sampled", .pairs = {}};
  std::size_t pair = 0;
  for (std::uint32_t first = 0; first < players.size(); ++first) {
    for (std::uint32_t second = first + 1; second < players.size(); ++second, ++pair) {
      result.pairs.push_back(
          {.first = first, .second = second, .value = pairs.values[pair], .std_error = pairs.std_errors[pair]});
    }
  }
  std::ranges::stable_sort(result.pairs, [&](const PlayerInteraction& left, const PlayerInteraction& right) {
    const auto is_within = [&](const PlayerInteraction& one) {
      return players[one.first].modality == players[one.second].modality;
    };
    if (is_within(left) != is_within(right)) return is_within(right);
    return std::abs(left.value) > std::abs(right.value);
  });
  return result;
}

std::vector<ExampleAttribution> take_examples(std::size_t modality_count, bool has_pairs,
                                              std::span<ByteReader> readers) {
  std::vector<ExampleAttribution> examples;
  for (ByteReader& reader : readers) {
    examples.push_back(take_attribution(static_cast<std::uint32_t>(examples.size()), modality_count, reader));
    for (const PlayerScore& player : examples.back().players) expect_sizes(player.std_error.has_value());
    expect_sizes(examples.back().player_interactions.has_value() == has_pairs);
  }
  return examples;
}

}  // namespace

EvaluationHeader FeatureShapley::header(const Problem& problem, const Rng& rng) const {
  EvaluationHeader header{.engine = std::string(name())};
  header.add_text("metric", std::string(problem.metric().name()));
  header.add_count("modalities", problem.players().count());
  header.add_text("index", options_.index == ShapleyIndex::kOwen ? "owen" : "shapley");
  const std::string trees = is_path_dependent(options_) ? "tree.path" : "tree";
  header.add_text("method", options_.trees ? trees : std::string(options_.estimator->name()));
  header.add_count("budget", options_.budget);
  header.add_number("tolerance", options_.tolerance);
  header.add_text(
      "pairs", options_.pair_index ? std::optional(std::string(pair_definition(*options_.pair_index))) : std::nullopt);
  header.add_count("seed", rng.seed());
  return header;
}

EvaluatedExamples FeatureShapley::evaluate(Problem& problem, const Rng& rng) const {
  // Throws for an unknown column before the model is asked.
  subsets_of(problem, options_.breakdown);
  if (options_.trees) return evaluate_trees(problem, rng);
  const std::unique_ptr<ExampleGames> games = problem.player_games();
  PairSolver pair_solver(*games, options_, rng, problem.thread_count());
  const FeatureShapleyOptions value_options = options_.pair_index ? pair_solver.options_of_values() : options_;
  FeatureSolver solver(*games, value_options, rng, problem.thread_count());
  if (options_.pair_index) pair_solver.check(solver);
  solver.check_budget();
  std::vector<ByteWriter> writers;
  const auto budget = [&](std::uint32_t example) {
    return solver.budget(example) + (options_.pair_index ? pair_solver.budget(example) : 0);
  };
  solve_in_batches(
      {.phase = "shap", .example_count = games->example_count(), .budget = budget}, problem.progress(),
      [&](std::uint32_t first, std::size_t count) {
        std::vector<SolvedExample> solved = solver.solve(first, count);
        std::vector<PairEstimate> pairs;
        if (options_.pair_index) pairs = pair_solver.solve(first, solved);
        for (std::size_t place = 0; place < count; ++place) {
          ExampleAttribution example = explain(*games, solved[place], static_cast<std::uint32_t>(writers.size()));
          if (options_.pair_index) {
            example.player_interactions = interactions_of(pairs[place], pairs_definition(options_), example.players);
          }
          put_attribution(example, writers.emplace_back());
        }
      });
  return with_clean_outcomes(problem, header(problem, rng), std::move(writers));
}

EvaluatedExamples FeatureShapley::evaluate_trees(Problem& problem, const Rng& rng) const {
  const std::unique_ptr<ExampleGames> games = problem.player_games();
  const std::unique_ptr<Contributions> source = problem.contributions(*options_.trees, rng);
  std::vector<ByteWriter> writers;
  const auto budget = [&](std::uint32_t) { return source->evaluations_per_example(); };
  solve_in_batches(
      {.phase = "shap", .example_count = games->example_count(), .budget = budget}, problem.progress(),
      [&](std::uint32_t first, std::size_t count) {
        for (ExampleContributions& one : source->explain(first, count)) {
          const auto number = static_cast<std::uint32_t>(writers.size());
          SolvedExample solved{.player_counts = {},
                               .value_full = one.value_full,
                               .value_empty = one.value_empty,
                               .modalities = std::move(one.modalities),
                               .values = std::move(one.players),
                               .std_errors = std::move(one.std_errors),
                               .evaluation_count = one.evaluation_count,
                               .method = "tree"};
          for (std::size_t modality = 0; modality < games->modality_count(); ++modality) {
            solved.player_counts.push_back(games->labels(number, modality).size());
          }
          ExampleAttribution example = explain(*games, solved, number);
          if (options_.pair_index) {
            const std::size_t pair_count = one.pairs.size();
            const PairEstimate pairs{
                .values = std::move(one.pairs), .std_errors = std::vector<double>(pair_count, 0.0), .is_exact = true};
            example.player_interactions = interactions_of(pairs, pairs_definition(options_), example.players);
          }
          put_attribution(example, writers.emplace_back());
        }
      });
  return with_clean_outcomes(problem, header(problem, rng), std::move(writers));
}

Attribution FeatureShapley::summarise(const EvaluatedExamples& evaluated, const Problem& problem,
                                      const Rng& rng) const {
  const std::vector<Subset> subsets = subsets_of(problem, options_.breakdown);
  const std::size_t modality_count = problem.players().count();
  std::vector<ByteReader> readers = open_examples(evaluated, header(problem, rng), problem);
  std::vector<ExampleAttribution> solved = take_examples(modality_count, options_.pair_index.has_value(), readers);
  const CleanOutcomes outcomes = CleanOutcomes::take(problem, {}, readers);
  const std::vector<ShareDefinition> shares = share_definitions(options_);
  const FeatureColumns columns(solved, modality_count, shares);

  const bool are_exact = std::ranges::all_of(solved, [](const ExampleAttribution& example) {
    return std::ranges::all_of(example.players, [](const PlayerScore& player) { return player.std_error == 0.0; });
  });
  Attribution result;
  std::vector<FeatureScores> adders;
  for (std::size_t subset = 0; subset < subsets.size(); ++subset) {
    adders.emplace_back(problem, columns, subsets[subset], static_cast<std::uint32_t>(subset), rng, result.rows);
  }
  const auto is_asked = [&](std::size_t modality) {
    return options_.modalities.empty() || std::ranges::find(options_.modalities, modality) != options_.modalities.end();
  };
  for (std::size_t modality = 0; modality < modality_count; ++modality) {
    if (!is_asked(modality)) continue;
    for (FeatureScores& adder : adders) {
      if (options_.index == ShapleyIndex::kOwen) {
        // Owen values are exact modality by modality, whatever the estimator.
        adder.add_values(modality, value_definitions(options_), 0.0);
      }
      for (std::size_t place = 0; place < shares.size(); ++place) {
        adder.add_share(modality, place, shares[place].name, are_exact ? std::optional(0.0) : std::nullopt);
      }
    }
  }
  const bool are_pairs_exact = std::ranges::all_of(solved, [](const ExampleAttribution& example) {
    return example.player_interactions && example.player_interactions->method == "exact";
  });
  for (std::size_t first = 0; options_.pair_index && first < modality_count; ++first) {
    for (std::size_t second = first; second < modality_count; ++second) {
      if (!is_asked(first) && !is_asked(second)) continue;
      for (FeatureScores& adder : adders) {
        adder.add_interplay(first, second, pairs_definition(options_),
                            are_pairs_exact ? std::optional(0.0) : std::nullopt);
      }
    }
  }
  for (std::size_t subset = 0; subset < subsets.size(); ++subset) {
    double gap = 0.0;
    for (const std::uint32_t example : subsets[subset].examples) {
      gap = std::max(gap, std::abs(solved[example].efficiency_gap));
    }
    adders[subset].add_ends(gap);
  }
  warn_about_undefined(result.rows, result.warnings);
  if (options_.tolerance) warn_about_tolerance(solved, options_, result.warnings);
  result.examples = std::move(solved);
  add_scores(outcomes, problem, {.modalities = {}, .subsets = subsets}, rng, result);
  return result;
}

}  // namespace modattr
