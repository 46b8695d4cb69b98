#include "modattr/engines/surrogate/local_surrogate.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <string>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/clean_score.h"
#include "modattr/engines/example_batches.h"
#include "modattr/engines/mean_bootstrap.h"
#include "modattr/engines/open_examples.h"
#include "modattr/engines/subsets.h"
#include "modattr/engines/surrogate/local_solver.h"
#include "modattr/engines/surrogate/surrogate_example.h"
#include "modattr/engines/surrogate/surrogate_warnings.h"
#include "modattr/stats/moments.h"

namespace modattr {
namespace {

/// Columns over examples, each number followed by 1 where it is defined: r2, then per modality share and fidelity lost.
class Columns {
 public:
  Columns(std::span<const SurrogateExample> solved, std::size_t modality_count)
      : table_(2 + 4 * modality_count, solved.size()) {
    for (std::size_t example = 0; example < solved.size(); ++example) {
      const SurrogateExample& one = solved[example];
      set(kR2, example, one.surrogate().r2);
      for (std::size_t modality = 0; modality < modality_count; ++modality) {
        set(share(modality), example, one.shares.empty() ? std::nullopt : std::optional(one.shares[modality]));
        set(fidelity_lost(modality), example, one.fidelity_lost[modality]);
      }
    }
  }

  static constexpr std::size_t kR2 = 0;
  static std::size_t share(std::size_t modality) noexcept { return 2 + 4 * modality; }
  static std::size_t fidelity_lost(std::size_t modality) noexcept { return 4 + 4 * modality; }
  const Matrix& table() const noexcept { return table_; }

 private:
  void set(std::size_t column, std::size_t example, std::optional<double> value) {
    table_(column, example) = value.value_or(0.0);
    table_(column + 1, example) = value ? 1.0 : 0.0;
  }

  Matrix table_;
};

/// Error over draws of the coalitions of a modality's mean share; nullopt where an example's is not known.
std::optional<double> share_error(std::span<const SurrogateExample> solved, const Subset& subset,
                                  std::size_t modality) {
  double sum = 0.0;
  std::size_t count = 0;
  for (const std::uint32_t example : subset.examples) {
    const SurrogateExample& one = solved[example];
    if (one.shares.empty()) continue;
    if (one.share_errors.empty()) return std::nullopt;
    sum += one.share_errors[modality] * one.share_errors[modality];
    ++count;
  }
  if (count == 0) return std::nullopt;
  return std::sqrt(sum) / static_cast<double>(count);
}

/// Adds the rows of a subset.
class RowAdder {
 public:
  RowAdder(const Problem& problem, const Columns& columns, const Subset& subset, std::uint32_t number, const Rng& rng,
           std::vector<Score>& rows)
      : subset_(subset),
        bootstrap_(columns.table(), subset.examples,
                   {.example_count = subset.examples.size(), .subset = number, .thread_count = problem.thread_count()},
                   rng),
        rows_(rows) {}

  /// The mean of a column over the examples in which it is defined.
  void add(const std::string& name, std::string definition, std::size_t column, std::optional<double> std_error) {
    const Estimate estimate =
        bootstrap_.estimate([&](std::span<const double> means) { return ratio(means[column], means[column + 1]); });
    rows_.push_back({.modality = name,
                     .definition = std::move(definition),
                     .group = subset_.group,
                     .value = estimate.value,
                     .std_error = estimate.value ? std_error : std::nullopt,
                     .ci95 = estimate.value ? estimate.interval() : std::nullopt,
                     .examples = subset_.examples.size(),
                     .p_value = std::nullopt});
  }

 private:
  const Subset& subset_;
  MeanBootstrap bootstrap_;
  std::vector<Score>& rows_;
};

void check(const LocalSurrogateOptions& options, std::size_t modality_count) {
  if (options.surrogate.pairs == PairSearch::kNone) return;
  if (options.surrogate.kind == SurrogateKind::kTree) {
    throw ConfigError(option("pairs") + ": expected " + option("surrogate") +
                      " ridge or lasso, got tree, whose rules name pairs themselves");
  }
  const std::size_t playing = options.modalities.empty() ? modality_count : options.modalities.size();
  if (playing < 2) throw ConfigError(option("pairs") + ": expected players of at least 2 modalities, got 1");
}

}  // namespace

Guarantees LocalSurrogate::guarantees() const noexcept {
  const bool is_linear = options_.surrogate.kind != SurrogateKind::kTree;
  return {.symmetry = options_.size == NeighbourhoodSize::kAll && is_linear &&
                      options_.surrogate.selection == ColumnSelection::kNone &&
                      options_.surrogate.pairs == PairSearch::kNone};
}

EvaluationHeader LocalSurrogate::header(const Problem& problem, const Rng& rng) const {
  const SurrogateOptions& surrogate = options_.surrogate;
  std::vector<std::size_t> draws;
  for (const NeighbourDraw draw : options_.draws) draws.push_back(static_cast<std::size_t>(draw));
  EvaluationHeader header{.engine = std::string(name())};
  header.add_text("metric", std::string(problem.metric().name()));
  header.add_count("modalities", problem.players().count());
  header.add_counts("playing modalities", options_.modalities);
  header.add_counts("draws", draws);
  if (options_.size == NeighbourhoodSize::kAll) {
    header.add_text("budget", "all");
  } else {
    header.add_count("budget", options_.budget);
  }
  header.add_text("similarity", similarity_names()[static_cast<std::size_t>(options_.similarity)]);
  header.add_number("kernel_width", options_.kernel_width);
  header.add_text("surrogate", surrogate_names()[static_cast<std::size_t>(surrogate.kind)]);
  header.add_number("alpha", surrogate.alpha);
  header.add_text("selection", column_selection_names()[static_cast<std::size_t>(surrogate.selection)]);
  header.add_count("top_k", surrogate.top_k);
  header.add_text("pairs", surrogate.pairs == PairSearch::kNone ? "no" : "yes");
  header.add_count("depth", surrogate.depth);
  header.add_count("seed", rng.seed());
  return header;
}

EvaluatedExamples LocalSurrogate::evaluate(Problem& problem, const Rng& rng) const {
  check(options_, problem.players().count());
  // Throws for an unknown column before the model is asked.
  subsets_of(problem, options_.breakdown);
  const std::unique_ptr<ExampleGames> games = problem.player_games();
  LocalSolver solver(*games, options_, rng, problem.thread_count());
  std::vector<ByteWriter> writers;
  solve_in_batches({.phase = "lime",
                    .example_count = games->example_count(),
                    .budget = [&](std::uint32_t example) { return solver.budget(example); }},
                   problem.progress(), [&](std::uint32_t first, std::size_t count) {
                     for (LocalExplanation& solved : solver.solve(first, count)) {
                       const auto number = static_cast<std::uint32_t>(writers.size());
                       put_surrogate_example(
                           describe(*games, problem.players(), number, std::move(solved), options_.surrogate.kind),
                           writers.emplace_back());
                     }
                   });
  return with_clean_outcomes(problem, header(problem, rng), std::move(writers));
}

Attribution LocalSurrogate::summarise(const EvaluatedExamples& evaluated, const Problem& problem,
                                      const Rng& rng) const {
  const std::size_t modality_count = problem.players().count();
  const std::vector<Subset> subsets = subsets_of(problem, options_.breakdown);
  std::vector<ByteReader> readers = open_examples(evaluated, header(problem, rng), problem);
  std::vector<SurrogateExample> solved = take_surrogate_examples(modality_count, readers);
  const CleanOutcomes outcomes = CleanOutcomes::take(problem, {}, readers);
  const Columns columns(solved, modality_count);
  // Nothing is left to chance where every coalition is evaluated.
  const bool are_whole = std::ranges::none_of(solved, &SurrogateExample::is_sampled);
  const std::optional<double> error_of_whole = are_whole ? std::optional(0.0) : std::nullopt;

  Attribution result;
  std::vector<RowAdder> adders;
  for (std::size_t subset = 0; subset < subsets.size(); ++subset) {
    adders.emplace_back(problem, columns, subsets[subset], static_cast<std::uint32_t>(subset), rng, result.rows);
  }
  for (std::size_t modality = 0; modality < modality_count; ++modality) {
    const bool plays = std::ranges::find(options_.modalities, modality) != options_.modalities.end();
    if (!options_.modalities.empty() && !plays) continue;
    const std::string& name = problem.players().modality_name(modality);
    for (std::size_t subset = 0; subset < subsets.size(); ++subset) {
      adders[subset].add(name, "lime.share", Columns::share(modality), share_error(solved, subsets[subset], modality));
      adders[subset].add(name, "lime.fidelity_lost", Columns::fidelity_lost(modality), error_of_whole);
    }
  }
  for (RowAdder& adder : adders) adder.add("all", "lime.r2", Columns::kR2, error_of_whole);
  warn_about_surrogates(solved, options_, modality_count, result.warnings);
  for (SurrogateExample& one : solved) result.examples.push_back(std::move(one.attribution));
  add_scores(outcomes, problem, {.modalities = {}, .subsets = subsets}, rng, result);
  return result;
}

}  // namespace modattr
