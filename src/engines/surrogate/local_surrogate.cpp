#include "modattr/engines/surrogate/local_surrogate.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <string>

#include "modattr/core/error.h"
#include "modattr/engines/clean_score.h"
#include "modattr/engines/mean_bootstrap.h"
#include "modattr/engines/subsets.h"
#include "modattr/engines/surrogate/local_solver.h"
#include "modattr/stats/moments.h"

namespace modattr {
namespace {

/// Surrogates that explain less of what they have not seen are not to be trusted.
constexpr double kTrustedR2 = 0.5;

/// Explains all examples, some at a time, so that memory does not grow with their number.
std::vector<LocalExplanation> solve_all(Problem& problem, ExampleGames& games, const LocalSurrogateOptions& options,
                                        const Rng& rng) {
  constexpr std::size_t kEvaluationsAtOnce = std::size_t{1} << 18;
  LocalSolver solver(games, options, rng, problem.thread_count());
  std::size_t evaluation_count = 0;
  for (std::uint32_t example = 0; example < games.example_count(); ++example) {
    evaluation_count += solver.budget(example);
  }
  problem.progress().begin("lime", evaluation_count);
  std::vector<LocalExplanation> solved;
  while (solved.size() < games.example_count()) {
    const auto first = static_cast<std::uint32_t>(solved.size());
    std::size_t count = 0;
    for (std::size_t asked = 0; first + count < games.example_count() && (count == 0 || asked < kEvaluationsAtOnce);
         ++count) {
      asked += solver.budget(static_cast<std::uint32_t>(first + count));
    }
    std::ranges::move(solver.solve(first, count), std::back_inserter(solved));
  }
  problem.progress().finish();
  return solved;
}

/// Columns over examples, each number followed by 1 where it is defined: r2, then per modality share and fidelity lost.
class Columns {
 public:
  Columns(std::span<const LocalExplanation> solved, std::size_t modality_count)
      : table_(2 + 4 * modality_count, solved.size()) {
    for (std::size_t example = 0; example < solved.size(); ++example) {
      const LocalExplanation& one = solved[example];
      set(kR2, example, one.r2);
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
std::optional<double> share_error(std::span<const LocalExplanation> solved, const Subset& subset,
                                  std::size_t modality) {
  double sum = 0.0;
  std::size_t count = 0;
  for (const std::uint32_t example : subset.examples) {
    const LocalExplanation& one = solved[example];
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

std::vector<SurrogateRule> rules_of(const RegressionTree& tree, std::span<const std::string> names) {
  std::vector<SurrogateRule> rules;
  for (const RegressionTree::Leaf& leaf : tree.leaves()) {
    std::string text;
    for (const auto& [column, value] : leaf.conditions) {
      text += (text.empty() ? "" : ", ") + std::string(value == 0.0 ? "no " : "") + names[column];
    }
    rules.push_back({text.empty() ? "always" : text, leaf.value, leaf.weight_share});
  }
  return rules;
}

/// A word that stands in a text before gets a number: "text 'the' (2)".
void number_repeated(std::vector<std::string>& names) {
  const std::string name = names.back();
  std::size_t count = 1;
  for (std::size_t place = 0; place + 1 < names.size(); ++place) {
    const bool is_numbered = names[place].starts_with(name + " (");
    if (names[place] == name || is_numbered) ++count;
  }
  if (count > 1) names.back() += " (" + std::to_string(count) + ")";
}

ExampleAttribution describe(ExampleGames& games, const Problem& problem, const LocalExplanation& solved,
                            std::uint32_t number, const LocalSurrogateOptions& options) {
  ExampleAttribution result;
  result.example = number;
  result.value_full = solved.value_full;
  result.value_empty = solved.value_empty;
  result.evaluation_count = solved.evaluation_count;
  result.method = surrogate_names()[static_cast<std::size_t>(options.surrogate.kind)];
  result.modalities.assign(games.modality_count(), 0.0);
  SurrogateReport report{
      .kind = result.method,
      .intercept = solved.surrogate.intercept,
      .local_prediction = solved.local_prediction,
      .r2 = solved.r2,
      .held_out_count = solved.held_out_count > 0 ? std::optional(solved.held_out_count) : std::nullopt,
      .stability = solved.stability,
      .pairs = {},
      .rules = {}};

  std::vector<PairScore::Player> players;
  std::vector<std::string> names;
  for (std::size_t place = 0; place < solved.players.size(); ++place) {
    const std::size_t modality = solved.modality_of_player[place];
    const bool is_first = place == 0 || solved.modality_of_player[place - 1] != modality;
    const std::size_t own = is_first ? 0 : players.back().player + 1;
    players.push_back({modality, own, games.labels(number, modality)[own]});
    names.push_back(problem.players().modality_name(modality) + " '" + players.back().label + "'");
    number_repeated(names);
    // A player that the surrogate leaves out adds nothing to its answers.
    result.players.push_back(
        {.modality = modality, .player = own, .label = players.back().label, .value = 0.0, .std_error = std::nullopt});
  }
  double sum = 0.0;
  for (const SurrogateTerm& term : solved.surrogate.terms) {
    const auto& [player, partner] = term.factor;
    sum += term.value;
    result.modalities[players[player].modality] += 0.5 * term.value;
    result.modalities[players[partner.value_or(player)].modality] += 0.5 * term.value;
    if (partner) {
      report.pairs.push_back({players[player], players[*partner], term.value, term.std_error});
    } else {
      result.players[player].value = term.value;
      result.players[player].std_error = term.std_error;
    }
  }
  std::ranges::stable_sort(report.pairs, std::greater<>(), [](const PairScore& pair) { return std::abs(pair.value); });
  result.efficiency_gap = solved.value_full - solved.value_empty - sum;
  if (solved.surrogate.tree) report.rules = rules_of(*solved.surrogate.tree, names);
  result.surrogate = std::move(report);
  return result;
}

std::string count_of(std::size_t count, std::size_t all) {
  return std::to_string(count) + " of " + std::to_string(all) + (all == 1 ? " example" : " examples");
}

/// Options that are not in force yet and may make a surrogate better.
std::string advice(std::span<const LocalExplanation> solved, const LocalSurrogateOptions& options,
                   std::size_t modality_count) {
  const SurrogateOptions& surrogate = options.surrogate;
  const bool is_tree = surrogate.kind == SurrogateKind::kTree;
  std::vector<std::string> words;
  const auto is_sampled = [](const LocalExplanation& one) { return one.held_out_count > 0; };
  if (std::ranges::any_of(solved, is_sampled)) words.emplace_back("a larger --budget");
  if (is_tree) {
    words.emplace_back("--depth");
  } else {
    const auto has_more = [&](const LocalExplanation& one) { return one.players.size() > surrogate.top_k; };
    if (std::ranges::any_of(solved, has_more)) words.emplace_back("--top-k");
    const bool is_one_modality = modality_count < 2 || options.modalities.size() == 1;
    if (surrogate.pairs == PairSearch::kNone && !is_one_modality) words.emplace_back("--pairs");
  }
  words.emplace_back(is_tree ? "--surrogate ridge" : "--surrogate tree");
  std::string text;
  for (std::size_t word = 0; word < words.size(); ++word) {
    text += (word == 0 ? "" : word + 1 == words.size() ? " or " : ", ") + words[word];
  }
  return text;
}

void warn(std::span<const LocalExplanation> solved, const LocalSurrogateOptions& options, std::size_t modality_count,
          Attribution& result) {
  std::size_t poor = 0;
  std::size_t unknown = 0;
  std::size_t unseen = 0;
  std::size_t empty = 0;
  std::size_t bare = 0;
  for (const LocalExplanation& one : solved) {
    if (one.r2 && one.shares.empty() && !one.players.empty()) ++bare;
    if (one.players.empty()) {
      ++empty;
    } else if (!one.r2 && one.held_out_count == 1) {
      ++unseen;
    } else if (!one.r2) {
      ++unknown;
    } else if (*one.r2 < kTrustedR2) {
      ++poor;
    }
  }
  if (poor > 0) {
    result.warnings.push_back(
        "in " + count_of(poor, solved.size()) +
        " the surrogate is not to be trusted: it explains less than half of the model around the example (r2 < 0.5); "
        "try " +
        advice(solved, options, modality_count));
  }
  if (bare > 0) {
    result.warnings.push_back("in " + count_of(bare, solved.size()) + " no player has a coefficient, so there are no " +
                              "shares" +
                              (options.surrogate.kind == SurrogateKind::kLasso ? "; try a smaller --alpha" : ""));
  }
  if (unseen > 0) {
    result.warnings.push_back("in " + count_of(unseen, solved.size()) +
                              " there is no r2: a single coalition is held out; try a larger --budget");
  }
  if (unknown > 0) {
    result.warnings.push_back("in " + count_of(unknown, solved.size()) +
                              " there is no r2: the value is the same for all coalitions that count; the explanation "
                              "says nothing, try another --value or a larger --kernel-width");
  }
  if (empty > 0) result.warnings.push_back(count_of(empty, solved.size()) + " had no players to explain");
}

void check(const LocalSurrogateOptions& options, std::size_t modality_count) {
  if (options.surrogate.pairs == PairSearch::kNone) return;
  if (options.surrogate.kind == SurrogateKind::kTree) {
    throw ConfigError("--pairs: expected --surrogate ridge or lasso, got tree, whose rules name pairs themselves");
  }
  const std::size_t playing = options.modalities.empty() ? modality_count : options.modalities.size();
  if (playing < 2) throw ConfigError("--pairs: expected players of at least 2 modalities, got 1");
}

}  // namespace

Guarantees LocalSurrogate::guarantees() const noexcept {
  const bool is_linear = options_.surrogate.kind != SurrogateKind::kTree;
  return {.symmetry = options_.size == NeighbourhoodSize::kAll && is_linear &&
                      options_.surrogate.selection == ColumnSelection::kNone &&
                      options_.surrogate.pairs == PairSearch::kNone};
}

Attribution LocalSurrogate::attribute(Problem& problem, const Rng& rng) const {
  const std::size_t modality_count = problem.players().count();
  check(options_, modality_count);
  const std::vector<Subset> subsets = subsets_of(problem, options_.breakdown);
  const std::unique_ptr<ExampleGames> games = problem.player_games();
  const std::vector<LocalExplanation> solved = solve_all(problem, *games, options_, rng);
  const Columns columns(solved, modality_count);
  // Nothing is left to chance where every coalition is evaluated.
  const bool are_whole = std::ranges::all_of(solved, [](const auto& one) { return one.held_out_count == 0; });
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
  for (std::uint32_t example = 0; example < solved.size(); ++example) {
    result.examples.push_back(describe(*games, problem, solved[example], example, options_));
  }
  warn(solved, options_, modality_count, result);
  add_scores(problem, {.modalities = {}, .subsets = subsets}, rng, result);
  return result;
}

}  // namespace modattr
