#include "modattr/engines/sage/sage_evaluation.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/sage/mean_games.h"
#include "modattr/engines/shapley/solved_games.h"
#include "modattr/engines/subsets.h"

namespace modattr {
namespace {

/// Of the authors' rule.
constexpr double kLargestRelativeError = 0.025;
/// Coalitions per player where no budget is given, as multiples of what features get for one example.
constexpr std::size_t kMostShare = 16;
/// A first round has a quarter of that.
constexpr std::size_t kFirstDivisor = 4;

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
      throw ConfigError(option("sage") + ": modality '" + problem.players().modality_name(modality) +
                        "': expected the same players for every example, got others; give it the players 'whole'");
    }
  }
  return parts;
}

/// Solves the game of all examples with more and more coalitions, then those of all samples with as many.
class Rounds {
 public:
  Rounds(Problem& problem, MeanGames& games, const SageOptions& options, const Rng& rng)
      : problem_(problem), games_(games), options_(options), rng_(rng) {}

  /// The budget of the last round.
  std::size_t run() {
    const std::size_t usual = usual_budget();
    const std::size_t most = options_.budget.value_or(largest_budget(usual));
    if (options_.budget) {
      const FeatureShapleyOptions whole = game_options(options_, most);
      FeatureSolver(games_, whole, rng_, problem_.thread_count()).check_budget();
    }
    std::size_t budget = std::min(std::max(first_budget(usual), least_budget()), most);
    SolvedExample all = solve(budget, 0);
    while (!is_precise(all, options_) && budget < most) {
      const std::size_t before = std::exchange(budget, std::min(2 * budget, most));
      const std::size_t known = all.evaluation_count;
      all = solve(budget, before);
      // Every coalition there is has been asked.
      if (all.evaluation_count == known) break;
    }
    return budget;
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
  std::size_t usual_budget() {
    const FeatureShapleyOptions usual = game_options(options_, std::nullopt);
    return FeatureSolver(games_, usual, rng_, problem_.thread_count()).budget(0);
  }
  std::size_t least_budget() {
    const FeatureShapleyOptions usual = game_options(options_, std::nullopt);
    return FeatureSolver(games_, usual, rng_, problem_.thread_count()).least_budget(0);
  }
  SolvedExample solve(std::size_t budget, std::size_t before) {
    const FeatureShapleyOptions game = game_options(options_, budget);
    problem_.progress().begin("sage", (budget - before) * problem_.example_count());
    SolvedExample all = std::move(FeatureSolver(games_, game, rng_, problem_.thread_count()).solve(0, 1).front());
    problem_.progress().finish();
    return all;
  }

  Problem& problem_;
  MeanGames& games_;
  const SageOptions& options_;
  const Rng& rng_;
};

}  // namespace

std::string SageQuestions::to_bytes() const {
  ByteWriter writer;
  writer.put_list(labels, [](ByteWriter& to, const std::vector<std::string>& of_modality) {
    to.put_list(of_modality, &ByteWriter::put_text);
  });
  writer.put_count(evaluations_per_query);
  writer.put_count(budget);
  writer.put_list(coalitions, &ByteWriter::put_coalition);
  return writer.take();
}

SageQuestions SageQuestions::from_bytes(std::string_view bytes) {
  ByteReader reader(bytes);
  SageQuestions questions;
  questions.labels = reader.take_list(
      [](ByteReader& from) { return from.take_list([](ByteReader& one) { return std::string(one.take_text()); }); });
  questions.evaluations_per_query = reader.take_count();
  questions.budget = reader.take_count();
  questions.coalitions = reader.take_list(&ByteReader::take_coalition);
  reader.finish();
  return questions;
}

FeatureShapleyOptions game_options(const SageOptions& options, std::optional<std::size_t> budget) {
  return {.index = options.players == SagePlayers::kModalities ? ShapleyIndex::kShapley : options.index,
          .estimator = options.estimator,
          .budget = budget};
}

double largest_error(const SolvedExample& game) {
  return std::ranges::max(game.std_errors);
}

double wanted_error(const SolvedExample& game, const SageOptions& options) {
  const auto [least, most] = std::ranges::minmax(game.values);
  return options.tolerance.value_or(kLargestRelativeError * (most - least));
}

bool is_precise(const SolvedExample& game, const SageOptions& options) {
  return game.values.empty() || largest_error(game) <= wanted_error(game, options);
}

SageAnswers ask_in_rounds(Problem& problem, const SageOptions& options, const Rng& rng) {
  Source source;
  MeanGames::Parts parts;
  if (options.players == SagePlayers::kModalities) {
    source.modalities = problem.removal_game();
    parts = modality_parts(problem, *source.modalities);
  } else {
    source.features = problem.player_games();
    parts = feature_parts(problem, *source.features);
  }
  SageAnswers answers{{.labels = parts.labels, .evaluations_per_query = parts.evaluations_per_query, .coalitions = {}},
                      std::vector<std::vector<double>>(parts.example_count)};
  parts.samples = {all_examples(parts.example_count)};
  parts.evaluate = [&answers, ask = std::move(parts.evaluate)](std::span<const Coalition> coalitions) {
    Matrix values = ask(coalitions);
    answers.questions.coalitions.insert(answers.questions.coalitions.end(), coalitions.begin(), coalitions.end());
    for (std::size_t example = 0; example < answers.values.size(); ++example) {
      for (std::size_t row = 0; row < coalitions.size(); ++row) {
        answers.values[example].push_back(values(row, example));
      }
    }
    return values;
  };
  MeanGames games(std::move(parts));
  answers.questions.budget = Rounds(problem, games, options, rng).run();
  return answers;
}

}  // namespace modattr
