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
#include "modattr/engines/mean_bootstrap.h"
#include "modattr/engines/open_examples.h"
#include "modattr/engines/run_warnings.h"
#include "modattr/engines/shapley/feature_solver.h"
#include "modattr/engines/shapley/pair_solver.h"
#include "modattr/engines/subsets.h"
#include "modattr/stats/moments.h"

namespace modattr {
namespace {

/// Players of each modality, and the sum of their magnitudes, [modalities].
struct ModalityPlayers {
  explicit ModalityPlayers(const ExampleAttribution& example)
      : counts(example.modalities.size(), 0), magnitudes(example.modalities.size(), 0.0) {
    for (const PlayerScore& player : example.players) {
      ++counts[player.modality];
      magnitudes[player.modality] += std::abs(player.value);
    }
  }

  std::vector<std::size_t> counts;
  std::vector<double> magnitudes;
};

std::vector<double> magnitudes_by_modality(const ExampleAttribution& example) {
  return ModalityPlayers(example).magnitudes;
}

double sum_of_player_magnitudes(const ExampleAttribution& example) {
  double sum = 0.0;
  for (const PlayerScore& player : example.players) sum += std::abs(player.value);
  return sum;
}

double largest_error(const ExampleAttribution& example) {
  double largest = 0.0;
  for (const PlayerScore& player : example.players) largest = std::max(largest, *player.std_error);
  return largest;
}

/// One share per modality, a mean over the examples in which it is defined.
struct ShareDefinition {
  std::string name;
  /// The parts of an example, [modalities]; its shares are these over their sum.
  std::function<std::vector<double>(const ExampleAttribution&)> parts;
};

std::vector<ShareDefinition> share_definitions(ShapleyIndex index) {
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

/// Columns over examples, scores being functions of their means: the ends, then per modality its value and magnitude,
/// then per share and modality the example's share, and 1 where it is defined, then per pair of modalities, one with
/// itself included, the sum of the interactions of their players.
class FeatureColumns {
 public:
  FeatureColumns(std::span<const ExampleAttribution> solved, std::size_t modality_count,
                 std::span<const ShareDefinition> shares)
      : modality_count_(modality_count),
        share_count_(shares.size()),
        table_(
            2 + 2 * modality_count + shares.size() * (modality_count + 1) + modality_count * (modality_count + 1) / 2,
            solved.size()) {
    for (std::size_t example = 0; example < solved.size(); ++example) {
      table_(0, example) = solved[example].value_full;
      table_(1, example) = solved[example].value_empty;
      for (std::size_t modality = 0; modality < modality_count; ++modality) {
        table_(value(modality), example) = solved[example].modalities[modality];
        table_(magnitude(modality), example) = std::abs(solved[example].modalities[modality]);
      }
      // Players without an effect have values of rounding, and values that cancel leave such a sum: no shares of those.
      const double scale = std::max({std::abs(solved[example].value_full), std::abs(solved[example].value_empty),
                                     sum_of_player_magnitudes(solved[example])});
      for (std::size_t place = 0; place < shares.size(); ++place) {
        const std::vector<double> parts = shares[place].parts(solved[example]);
        const double sum = std::accumulate(parts.begin(), parts.end(), 0.0);
        const bool is_defined = sum > kAnswerRounding * scale;
        table_(defined(place), example) = is_defined ? 1.0 : 0.0;
        for (std::size_t modality = 0; modality < modality_count; ++modality) {
          table_(share(place, modality), example) = is_defined ? parts[modality] / sum : 0.0;
        }
      }
      if (!solved[example].player_interactions) continue;
      for (const PlayerInteraction& pair : solved[example].player_interactions->pairs) {
        // Players are in the order of their modalities.
        table_(interplay(solved[example].players[pair.first].modality, solved[example].players[pair.second].modality),
               example) += pair.value;
      }
    }
  }

  const Matrix& table() const noexcept { return table_; }
  std::size_t value(std::size_t modality) const noexcept { return 2 + modality; }
  std::size_t magnitude(std::size_t modality) const noexcept { return 2 + modality_count_ + modality; }
  std::size_t defined(std::size_t place) const noexcept {
    return 2 + 2 * modality_count_ + place * (modality_count_ + 1);
  }
  std::size_t share(std::size_t place, std::size_t modality) const noexcept { return defined(place) + 1 + modality; }
  /// `first` is at most `second`.
  std::size_t interplay(std::size_t first, std::size_t second) const noexcept {
    return defined(share_count_) + second * (second + 1) / 2 + first;
  }

 private:
  std::size_t modality_count_;
  std::size_t share_count_;
  Matrix table_;
};

/// Adds the rows of a subset about a modality, or about the games.
class RowAdder {
 public:
  RowAdder(const Problem& problem, const FeatureColumns& columns, const Subset& subset, std::uint32_t number,
           const Rng& rng, std::vector<Score>& rows)
      : problem_(problem),
        columns_(columns),
        subset_(subset),
        bootstrap_(columns.table(), subset.examples,
                   {.example_count = subset.examples.size(), .subset = number, .thread_count = problem.thread_count()},
                   rng),
        rows_(rows) {}

  void add_values(std::size_t modality) {
    const std::size_t modality_count = problem_.players().count();
    const std::string& name = problem_.players().modality_name(modality);
    // Owen values are exact modality by modality, whatever the estimator.
    add(name, "shapley.mean", mean_of(columns_.value(modality)), 0.0);
    add(name, "shapley.mean_abs", mean_of(columns_.magnitude(modality)), 0.0);
    add(name, "share.abs", bootstrap_.estimate([&](std::span<const double> means) {
      return ratio(means[columns_.magnitude(modality)],
                   sum_of_magnitudes(means.subspan(columns_.magnitude(0), modality_count)));
    }),
        0.0);
  }
  /// `std_error`: 0 where every example's values are exact.
  void add_share(std::size_t modality, std::size_t place, const std::string& definition,
                 std::optional<double> std_error) {
    add(problem_.players().modality_name(modality), definition, bootstrap_.estimate([&](std::span<const double> means) {
      return ratio(means[columns_.share(place, modality)], means[columns_.defined(place)]);
    }),
        std_error);
  }
  void add_interplay(std::size_t first, std::size_t second, PairIndex index, std::optional<double> std_error) {
    const std::string& name = problem_.players().modality_name(first);
    add(first == second ? name : name + "|" + problem_.players().modality_name(second),
        std::string(pair_definition(index)), mean_of(columns_.interplay(first, second)), std_error);
  }
  void add_ends(double largest_gap) {
    add("all", "shapley.full", mean_of(0), 0.0);
    add("all", "shapley.empty", mean_of(1), 0.0);
    add("all", "shapley.efficiency_gap", {largest_gap, {}}, 0.0);
  }

 private:
  Estimate mean_of(std::size_t column) const {
    return bootstrap_.estimate([&](std::span<const double> means) { return std::optional(means[column]); });
  }
  void add(const std::string& name, std::string definition, const Estimate& estimate, std::optional<double> std_error) {
    rows_.push_back({.modality = name,
                     .definition = std::move(definition),
                     .group = subset_.group,
                     .value = estimate.value,
                     .std_error = estimate.value ? std_error : std::nullopt,
                     .ci95 = estimate.value ? estimate.interval() : std::nullopt,
                     .examples = subset_.examples.size(),
                     .p_value = std::nullopt});
  }

  const Problem& problem_;
  const FeatureColumns& columns_;
  const Subset& subset_;
  MeanBootstrap bootstrap_;
  std::vector<Score>& rows_;
};

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
PlayerInteractions interactions_of(const PairEstimate& pairs, PairIndex index, std::span<const PlayerScore> players) {
  PlayerInteractions result{
      .definition = std::string(pair_definition(index)), .method = pairs.is_exact ? "exact" : "sampled", .pairs = {}};
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
  header.add_text("method", std::string(options_.estimator->name()));
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
            example.player_interactions = interactions_of(pairs[place], *options_.pair_index, example.players);
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
  const std::vector<ShareDefinition> shares = share_definitions(options_.index);
  const FeatureColumns columns(solved, modality_count, shares);

  const bool are_exact = std::ranges::all_of(solved, [](const ExampleAttribution& example) {
    return std::ranges::all_of(example.players, [](const PlayerScore& player) { return player.std_error == 0.0; });
  });
  Attribution result;
  std::vector<RowAdder> adders;
  for (std::size_t subset = 0; subset < subsets.size(); ++subset) {
    adders.emplace_back(problem, columns, subsets[subset], static_cast<std::uint32_t>(subset), rng, result.rows);
  }
  const auto is_asked = [&](std::size_t modality) {
    return options_.modalities.empty() || std::ranges::find(options_.modalities, modality) != options_.modalities.end();
  };
  for (std::size_t modality = 0; modality < modality_count; ++modality) {
    if (!is_asked(modality)) continue;
    for (RowAdder& adder : adders) {
      if (options_.index == ShapleyIndex::kOwen) adder.add_values(modality);
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
      for (RowAdder& adder : adders) {
        adder.add_interplay(first, second, *options_.pair_index, are_pairs_exact ? std::optional(0.0) : std::nullopt);
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
