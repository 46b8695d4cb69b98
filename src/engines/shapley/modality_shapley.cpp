#include "modattr/engines/shapley/modality_shapley.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "modattr/engines/clean_score.h"
#include "modattr/engines/mean_bootstrap.h"
#include "modattr/engines/open_examples.h"
#include "modattr/engines/run_warnings.h"
#include "modattr/engines/shapley/solved_games.h"
#include "modattr/engines/subsets.h"
#include "modattr/stats/moments.h"
#include "solved_game_bytes.h"

namespace modattr {
namespace {

constexpr const char* kAllModalities = "all";

bool is_path_dependent(const ModalityShapleyOptions& options) {
  return options.trees && options.trees->method == ContributionMethod::kTreePathDependent;
}

/// Names of the scores.
struct ModalityDefinitions {
  explicit ModalityDefinitions(const ModalityShapleyOptions& options) {
    if (!is_path_dependent(options)) return;
    mean = "tree.path_mean";
    mean_abs = "tree.path_mean_abs";
    share = "tree.path_share_abs";
    pair_mean = "tree.path_interaction";
    pair_mean_abs = "tree.path_interaction_abs";
    has_intershap = false;
  }

  std::string mean = "shapley.mean";
  std::string mean_abs = "shapley.mean_abs";
  std::string share = "share.abs";
  std::string pair_mean = "interaction.mean";
  std::string pair_mean_abs = "interaction.mean_abs";
  bool has_intershap = true;
};

/// Where the columns of each kind begin; scores are functions of their means.
struct ModalityColumns {
  explicit ModalityColumns(const SolvedGames& games) {
    const std::size_t modalities = games.modality_count();
    const std::size_t pairs = games.is_enumerated() ? modalities * (modalities - 1) / 2 : 0;
    const auto take = [this](std::size_t columns) { return std::exchange(count, count + columns); };
    values = take(modalities);
    magnitudes = take(modalities);
    ends = take(2);
    pair_values = take(pairs);
    pair_magnitudes = take(pairs);
    main_effects = take(pairs > 0 ? modalities : 0);
    local_ratio = take(2);
    accuracy_values = take(games.knows_accuracy() ? modalities : 0);
    accuracy_pairs = take(games.knows_accuracy() ? pairs : 0);
    accuracy = take(games.knows_accuracy() ? 1 : 0);
    pair_count = pairs;
  }

  std::size_t count = 0;
  std::size_t pair_count = 0;
  std::size_t values = 0;
  std::size_t magnitudes = 0;
  /// v(full), v(empty).
  std::size_t ends = 0;
  std::size_t pair_values = 0;
  std::size_t pair_magnitudes = 0;
  std::size_t main_effects = 0;
  /// The example's share of interactions, and 1 where it is defined.
  std::size_t local_ratio = 0;
  std::size_t accuracy_values = 0;
  std::size_t accuracy_pairs = 0;
  std::size_t accuracy = 0;
};

/// Share of interactions in what a game is made of; nullopt where nothing happens but rounding. `size`: of the values
/// that the effects are differences of; models answer in float32, which has seven digits of them.
std::optional<double> interaction_share(std::span<const double> main_effects, std::span<const double> pairs,
                                        double size) {
  constexpr double kFloatRounding = 1e-7;
  const double interactions = sum_of_magnitudes(pairs);
  const double total = interactions + sum_of_magnitudes(main_effects);
  return total > kFloatRounding * size ? std::optional(interactions / total) : std::nullopt;
}

/// [columns, examples]
Matrix fill_columns(const SolvedGames& games, const ModalityColumns& columns) {
  Matrix table(columns.count, games.example_count());
  for (std::size_t example = 0; example < games.example_count(); ++example) {
    const auto put = [&](std::size_t first, std::span<const double> values) {
      for (std::size_t place = 0; place < values.size(); ++place) table(first + place, example) = values[place];
    };
    const auto magnitudes = [](std::vector<double> values) {
      for (double& value : values) value = std::abs(value);
      return values;
    };
    const SolvedGame& game = games.solved(0, example);
    put(columns.values, game.values);
    put(columns.magnitudes, magnitudes(game.values));
    put(columns.ends, std::vector{games.full_value(0, example), games.empty_value(0, example)});
    if (columns.pair_count > 0) {
      put(columns.pair_values, game.pairs);
      put(columns.pair_magnitudes, magnitudes(game.pairs));
      put(columns.main_effects, game.main_effects);
      const double size = std::abs(games.full_value(0, example)) + std::abs(games.empty_value(0, example)) +
                          sum_of_magnitudes(game.values);
      const std::optional<double> share = interaction_share(game.main_effects, game.pairs, size);
      put(columns.local_ratio, std::vector{share.value_or(0.0), share ? 1.0 : 0.0});
    }
    if (games.knows_accuracy()) {
      put(columns.accuracy_values, games.solved(1, example).values);
      if (columns.pair_count > 0) put(columns.accuracy_pairs, games.solved(1, example).pairs);
      put(columns.accuracy, std::vector{games.full_value(1, example)});
    }
  }
  return table;
}

/// The rows of one subset of the examples.
class SubsetRows {
 public:
  SubsetRows(const Problem& problem, const SolvedGames& games, const ModalityColumns& columns, const Subset& subset,
             const MeanBootstrap& bootstrap, const ModalityDefinitions& definitions)
      : problem_(problem),
        games_(games),
        columns_(columns),
        subset_(subset),
        bootstrap_(bootstrap),
        definitions_(definitions) {}

  void add_modality(std::size_t modality, std::vector<Score>& rows) const {
    const std::string& name = problem_.players().modality_name(modality);
    const std::optional<double> error = mean_error(modality);
    add(rows, name, definitions_.mean, mean_of(columns_.values + modality), error);
    // |phi| and shares of it have no unbiased error from the errors of phi.
    const std::optional<double> exact = games_.is_enumerated() ? std::optional(0.0) : std::nullopt;
    add(rows, name, definitions_.mean_abs, mean_of(columns_.magnitudes + modality), exact);
    add(rows, name, definitions_.share, bootstrap_.estimate([&](std::span<const double> means) {
      return ratio(means[columns_.magnitudes + modality],
                   sum_of_magnitudes(means.subspan(columns_.magnitudes, games_.modality_count())));
    }),
        exact);
    if (games_.knows_accuracy()) {
      add(rows, name, "shape.S", over_accuracy(columns_.accuracy_values + modality), exact);
    }
  }

  void add_pair(std::size_t pair, const std::string& name, std::vector<Score>& rows) const {
    add(rows, name, definitions_.pair_mean, mean_of(columns_.pair_values + pair), 0.0);
    add(rows, name, definitions_.pair_mean_abs, mean_of(columns_.pair_magnitudes + pair), 0.0);
    if (games_.knows_accuracy()) add(rows, name, "shape.C", over_accuracy(columns_.accuracy_pairs + pair), 0.0);
  }

  void add_game(std::vector<Score>& rows) const {
    add(rows, kAllModalities, "shapley.full", mean_of(columns_.ends), 0.0);
    add(rows, kAllModalities, "shapley.empty", mean_of(columns_.ends + 1), 0.0);
    add(rows, kAllModalities, "shapley.efficiency_gap", {largest_gap(), {}}, 0.0);
    if (columns_.pair_count == 0 || !definitions_.has_intershap) return;
    add(rows, kAllModalities, "interaction.intershap", bootstrap_.estimate([&](std::span<const double> means) {
      const double size = sum_of_magnitudes(means.subspan(columns_.ends, 2)) +
                          sum_of_magnitudes(means.subspan(columns_.magnitudes, games_.modality_count()));
      return interaction_share(means.subspan(columns_.main_effects, games_.modality_count()),
                               means.subspan(columns_.pair_values, columns_.pair_count), size);
    }),
        0.0);
    add(rows, kAllModalities, "interaction.intershap_local", bootstrap_.estimate([&](std::span<const double> means) {
      return ratio(means[columns_.local_ratio], means[columns_.local_ratio + 1]);
    }),
        0.0);
    const double with_ratio = bootstrap_.means()[columns_.local_ratio + 1];
    rows.back().examples =
        static_cast<std::size_t>(std::lround(with_ratio * static_cast<double>(subset_.examples.size())));
  }

 private:
  Estimate mean_of(std::size_t column) const {
    return bootstrap_.estimate([&](std::span<const double> means) { return std::optional(means[column]); });
  }
  Estimate over_accuracy(std::size_t column) const {
    return bootstrap_.estimate(
        [&](std::span<const double> means) { return ratio(means[column], means[columns_.accuracy]); });
  }

  /// All examples are asked the same coalitions, so their errors need not be independent: the mean of them is an upper
  /// bound.
  double mean_error(std::size_t modality) const {
    double sum = 0.0;
    for (const std::uint32_t example : subset_.examples) sum += games_.solved(0, example).std_errors[modality];
    return sum / static_cast<double>(subset_.examples.size());
  }

  double largest_gap() const {
    double largest = 0.0;
    for (const std::uint32_t example : subset_.examples) {
      const std::vector<double>& values = games_.solved(0, example).values;
      const double gap = games_.full_value(0, example) - games_.empty_value(0, example) -
                         std::accumulate(values.begin(), values.end(), 0.0);
      largest = std::max(largest, std::abs(gap));
    }
    return largest;
  }

  void add(std::vector<Score>& rows, const std::string& name, std::string definition, const Estimate& estimate,
           std::optional<double> std_error) const {
    rows.push_back({.modality = name,
                    .definition = std::move(definition),
                    .group = subset_.group,
                    .value = estimate.value,
                    .std_error = estimate.value ? std_error : std::nullopt,
                    .ci95 = estimate.value ? estimate.interval() : std::nullopt,
                    .examples = subset_.examples.size(),
                    .p_value = std::nullopt});
  }

  const Problem& problem_;
  const SolvedGames& games_;
  const ModalityColumns& columns_;
  const Subset& subset_;
  const MeanBootstrap& bootstrap_;
  const ModalityDefinitions& definitions_;
};

ExampleAttribution explain(const SolvedGames& games, std::uint32_t example) {
  const SolvedGame& game = games.solved(0, example);
  ExampleAttribution result;
  result.example = example;
  result.value_full = games.full_value(0, example);
  result.value_empty = games.empty_value(0, example);
  result.efficiency_gap =
      result.value_full - result.value_empty - std::accumulate(game.values.begin(), game.values.end(), 0.0);
  result.modalities = game.values;
  result.interactions = game.pairs;
  result.evaluation_count = games.evaluations_per_example();
  result.method = game.method;
  return result;
}

std::vector<std::size_t> reported_modalities(const ModalityShapleyOptions& options, std::size_t modality_count) {
  if (!options.modalities.empty()) return options.modalities;
  std::vector<std::size_t> modalities(modality_count);
  std::iota(modalities.begin(), modalities.end(), std::size_t{0});
  return modalities;
}

}  // namespace

SolvedGames ModalityShapley::take_games(const Problem& problem, const Rng& rng, std::span<ByteReader> readers) const {
  if (options_.trees) return take_solved(problem.players().count(), readers);
  ModalityCoalitions asked(problem.players().count(), options_.estimator.get(), options_.coalition_count, rng);
  ModalityValues values = take_values(asked, readers);
  return {std::move(asked), std::move(values), problem.thread_count()};
}

EvaluationHeader ModalityShapley::header(const Problem& problem, const Rng& rng) const {
  const std::size_t modality_count = problem.players().count();
  EvaluationHeader header{.engine = std::string(name())};
  header.add_text("metric", std::string(problem.metric().name()));
  header.add_count("modalities", modality_count);
  header.add_counts("additive projections", projected(problem));
  if (options_.trees) {
    header.add_text("method", is_path_dependent(options_) ? "tree.path" : "tree");
    return header;
  }
  // Enumerated games have no random coalitions.
  if (modality_count <= kMostEnumeratedModalities) return header;
  header.add_text("method", options_.estimator ? std::optional(std::string(options_.estimator->name())) : std::nullopt);
  header.add_count("coalitions", options_.coalition_count);
  header.add_count("seed", rng.seed());
  return header;
}

std::vector<std::size_t> ModalityShapley::projected(const Problem& problem) const {
  if (options_.projection == AdditiveProjection::kLeftOut) return {};
  return reported_modalities(options_, problem.players().count());
}

EvaluatedExamples ModalityShapley::evaluate(Problem& problem, const Rng& rng) const {
  // Throws for an unknown column before the model is asked.
  subsets_of(problem, options_.breakdown);
  if (options_.trees) return evaluate_trees(problem, rng);
  const ModalityCoalitions asked(problem.players().count(), options_.estimator.get(), options_.coalition_count, rng);
  const ModalityValues values = evaluate_modalities(problem, asked);
  std::vector<ByteWriter> writers(problem.example_count());
  for (std::size_t example = 0; example < writers.size(); ++example) put_values(values, example, writers[example]);
  return with_clean_outcomes(problem, header(problem, rng), std::move(writers), projected(problem));
}

EvaluatedExamples ModalityShapley::evaluate_trees(Problem& problem, const Rng& rng) const {
  const std::unique_ptr<Contributions> source = problem.contributions(*options_.trees, rng);
  const std::size_t example_count = problem.example_count();
  problem.progress().begin("shap", example_count);
  std::vector<ByteWriter> writers(example_count);
  constexpr std::size_t kExamplesAtOnce = 1024;
  for (std::size_t first = 0; first < example_count; first += kExamplesAtOnce) {
    const std::size_t count = std::min(kExamplesAtOnce, example_count - first);
    const std::vector<ExampleContributions> found = source->explain(static_cast<std::uint32_t>(first), count);
    for (std::size_t place = 0; place < count; ++place) put_solved(found[place], writers[first + place]);
    problem.progress().advance(count);
  }
  problem.progress().finish();
  return with_clean_outcomes(problem, header(problem, rng), std::move(writers), projected(problem));
}

Attribution ModalityShapley::summarise(const EvaluatedExamples& evaluated, const Problem& problem,
                                       const Rng& rng) const {
  const std::vector<Subset> subsets = subsets_of(problem, options_.breakdown);
  std::vector<ByteReader> readers = open_examples(evaluated, header(problem, rng), problem);
  const SolvedGames games = take_games(problem, rng, readers);
  const CleanOutcomes outcomes = CleanOutcomes::take(problem, projected(problem), readers);
  const ModalityColumns columns(games);
  const Matrix table = fill_columns(games, columns);
  Attribution result;
  std::vector<MeanBootstrap> bootstraps;
  for (std::size_t subset = 0; subset < subsets.size(); ++subset) {
    bootstraps.emplace_back(table, subsets[subset].examples,
                            Sample{.example_count = subsets[subset].examples.size(),
                                   .subset = static_cast<std::uint32_t>(subset),
                                   .thread_count = problem.thread_count()},
                            rng);
  }
  const ModalityDefinitions definitions(options_);
  const auto for_each_subset = [&](const auto& add) {
    for (std::size_t subset = 0; subset < subsets.size(); ++subset) {
      add(SubsetRows(problem, games, columns, subsets[subset], bootstraps[subset], definitions));
    }
  };
  const std::vector<std::size_t> modalities = reported_modalities(options_, games.modality_count());
  for (const std::size_t modality : modalities) {
    for_each_subset([&](const SubsetRows& rows) { rows.add_modality(modality, result.rows); });
  }
  std::size_t pair = 0;
  for (std::size_t first = 0; columns.pair_count > 0 && first < games.modality_count(); ++first) {
    for (std::size_t second = first + 1; second < games.modality_count(); ++second, ++pair) {
      const std::string name = problem.players().modality_name(first) + "|" + problem.players().modality_name(second);
      for_each_subset([&](const SubsetRows& rows) { rows.add_pair(pair, name, result.rows); });
    }
  }
  for_each_subset([&](const SubsetRows& rows) { rows.add_game(result.rows); });
  warn_about_undefined(result.rows, result.warnings);
  for (std::uint32_t example = 0; example < games.example_count(); ++example) {
    result.examples.push_back(explain(games, example));
  }
  add_scores(outcomes, problem, {.modalities = projected(problem), .subsets = subsets}, rng, result);
  return result;
}

}  // namespace modattr
