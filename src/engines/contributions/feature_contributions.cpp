#include "modattr/engines/contributions/feature_contributions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numeric>
#include <span>
#include <string_view>

#include "modattr/core/option_name.h"
#include "modattr/engines/attribution_bytes.h"
#include "modattr/engines/clean_score.h"
#include "modattr/engines/contributions/verification.h"
#include "modattr/engines/example_batches.h"
#include "modattr/engines/open_examples.h"
#include "modattr/engines/run_warnings.h"
#include "modattr/engines/subsets.h"

namespace modattr {
namespace {

/// Names of a method's scores.
struct ContributionScores {
  /// Of the features' magnitudes.
  std::string share;
  ValueDefinitions values;
};

ContributionScores scores_of(const ContributionRequest& request) {
  switch (request.method) {
    case ContributionMethod::kIntegratedGradients:
      return {"ig.share", {"ig.mean", "ig.mean_abs", "ig.share_abs"}};
    case ContributionMethod::kExpectedGradients:
      return {"gradient.share", {"gradient.mean", "gradient.mean_abs", "gradient.share_abs"}};
    case ContributionMethod::kInputTimesGradient:
      return {"gradient.input_share", {"gradient.input_mean", "gradient.input_mean_abs", "gradient.input_share_abs"}};
    default:
      break;
  }
  if (!request.is_owen) return {"deep.joint", {"deep.mean", "deep.mean_abs", "deep.share_abs"}};
  // Sums over modalities are exact there.
  return {"deep.owen", {"shapley.mean", "shapley.mean_abs", "share.abs"}};
}

/// Whether the method promises that contributions add up to the difference of the values.
bool is_complete(ContributionMethod method) {
  return method != ContributionMethod::kExpectedGradients && method != ContributionMethod::kInputTimesGradient;
}

/// What is kept of an example beside its attribution.
struct ContributionFacts {
  double mixed = 0.0;
  double spread = 0.0;
  std::optional<OperationGap> largest_gap;
  std::optional<Verification> verification;
};

void put_facts(const ContributionFacts& facts, ByteWriter& writer) {
  writer.put_number(facts.mixed);
  writer.put_number(facts.spread);
  writer.put_optional(facts.largest_gap, [](ByteWriter& to, const OperationGap& gap) {
    to.put_text(gap.operation);
    to.put_number(gap.gap);
  });
  writer.put_optional(facts.verification, [](ByteWriter& to, const Verification& one) { put_verification(one, to); });
}

ContributionFacts take_facts(ByteReader& reader) {
  ContributionFacts facts;
  facts.mixed = reader.take_number();
  facts.spread = reader.take_number();
  facts.largest_gap = reader.take_optional([](ByteReader& from) {
    OperationGap gap;
    gap.operation = from.take_text();
    gap.gap = from.take_number();
    return gap;
  });
  facts.verification = reader.take_optional(take_verification);
  return facts;
}

std::vector<Detail> details_of(const ContributionFacts& facts) {
  std::vector<Detail> details = {{"mixed", facts.mixed}, {"spread", facts.spread}};
  if (facts.largest_gap) {
    details.push_back({"largest_operation_gap",
                       Detail::Object{{{"operation", facts.largest_gap->operation}, {"gap", facts.largest_gap->gap}}}});
  }
  if (facts.verification) details.push_back(verification_detail(*facts.verification));
  return details;
}

ExampleAttribution attribution_of(ExampleGames& games, const ExampleContributions& contributions,
                                  const std::string& method, std::uint32_t number) {
  ExampleAttribution result;
  result.example = number;
  result.value_full = contributions.value_full;
  result.value_empty = contributions.value_empty;
  result.modalities = contributions.modalities;
  result.efficiency_gap = contributions.value_full - contributions.value_empty - contributions.mixed -
                          std::accumulate(contributions.modalities.begin(), contributions.modalities.end(), 0.0);
  result.evaluation_count = contributions.evaluation_count;
  result.method = method;
  std::size_t player = 0;
  for (std::size_t modality = 0; modality < contributions.modalities.size(); ++modality) {
    const std::vector<std::string>& labels = games.labels(number, modality);
    for (std::size_t own = 0; own < labels.size(); ++own, ++player) {
      result.players.push_back({.modality = modality,
                                .player = own,
                                .label = labels[own],
                                .value = contributions.players.at(player),
                                .std_error = contributions.std_errors.at(player)});
    }
  }
  return result;
}

/// Share of the difference of values that may be missing before somebody is told.
constexpr double kTellingGap = 1e-3;

/// Says where contributions do not add up, and what in the model is behind that.
void warn_about_gaps(std::span<const ExampleAttribution> solved, std::span<const ContributionFacts> facts,
                     std::vector<std::string>& warnings) {
  std::size_t count = 0;
  std::size_t worst = 0;
  double largest = 0.0;
  for (std::size_t example = 0; example < solved.size(); ++example) {
    const double difference = std::abs(solved[example].value_full - solved[example].value_empty);
    const double scale = std::max(difference, 1e-3 * std::abs(solved[example].value_full));
    const double gap = scale > 0.0 ? std::abs(solved[example].efficiency_gap) / scale : 0.0;
    if (gap <= kTellingGap) continue;
    ++count;
    if (gap > largest) {
      largest = gap;
      worst = example;
    }
  }
  if (count == 0) return;
  const std::optional<OperationGap>& operation = facts[worst].largest_gap;
  warnings.push_back("contributions do not add up to the difference of the values in " + std::to_string(count) +
                     " of " + std::to_string(solved.size()) + (solved.size() == 1 ? " example" : " examples") +
                     ": at worst " + short_number(100.0 * largest) + " % of it is missing" +
                     (operation ? ", most of it at " + operation->operation : "") + "; compare with " +
                     option("method") + " auto");
}

}  // namespace

std::string contribution_method_of(const ContributionRequest& request) {
  switch (request.method) {
    case ContributionMethod::kIntegratedGradients:
      return "ig";
    case ContributionMethod::kExpectedGradients:
      return "gradient";
    case ContributionMethod::kInputTimesGradient:
      return "input-x-gradient";
    default:
      return request.is_owen ? "deep.owen" : "deep.joint";
  }
}

std::string_view FeatureContributions::name() const noexcept {
  switch (options_.request.method) {
    case ContributionMethod::kIntegratedGradients:
      return "shap.ig";
    case ContributionMethod::kExpectedGradients:
      return "shap.gradient";
    case ContributionMethod::kInputTimesGradient:
      return "shap.input_x_gradient";
    default:
      return "shap.deep";
  }
}

Guarantees FeatureContributions::guarantees() const noexcept {
  return {.efficiency = is_complete(options_.request.method), .symmetry = false, .null_player = true};
}

EvaluationHeader FeatureContributions::header(const Problem& problem, const Rng& rng) const {
  EvaluationHeader header{.engine = std::string(name())};
  header.add_text("metric", std::string(problem.metric().name()));
  header.add_count("modalities", problem.players().count());
  header.add_text("method", contribution_method_of(options_.request));
  header.add_count("steps", options_.request.step_count);
  header.add_count("verified", options_.verified_count);
  header.add_text("verified_index", options_.are_owen_verified ? "owen" : "shapley");
  header.add_count("budget", options_.budget);
  header.add_count("seed", rng.seed());
  return header;
}

EvaluatedExamples FeatureContributions::evaluate(Problem& problem, const Rng& rng) const {
  // Throws for an unknown column before the model is asked.
  subsets_of(problem, options_.breakdown);
  const std::unique_ptr<ExampleGames> games = problem.player_games();
  const std::unique_ptr<Contributions> source = problem.contributions(options_.request, rng);
  Verifier verifier(*games, {.is_owen = options_.are_owen_verified, .budget = options_.budget}, rng,
                    problem.thread_count());
  const std::string method = contribution_method_of(options_.request);
  std::vector<ByteWriter> writers;
  solve_in_batches({.phase = "shap",
                    .example_count = games->example_count(),
                    .budget = [&](std::uint32_t) { return source->evaluations_per_example(); }},
                   problem.progress(), [&](std::uint32_t first, std::size_t count) {
                     for (const ExampleContributions& contributions : source->explain(first, count)) {
                       const auto number = static_cast<std::uint32_t>(writers.size());
                       ExampleAttribution example = attribution_of(*games, contributions, method, number);
                       ContributionFacts facts{.mixed = contributions.mixed,
                                               .spread = contributions.spread,
                                               .largest_gap = contributions.largest_gap,
                                               .verification = std::nullopt};
                       if (problem.place_in_run(number) < options_.verified_count) {
                         facts.verification = verifier.compare(example);
                         example.evaluation_count += facts.verification->evaluation_count;
                       }
                       ByteWriter& writer = writers.emplace_back();
                       put_attribution(example, writer);
                       put_facts(facts, writer);
                     }
                   });
  return with_clean_outcomes(problem, header(problem, rng), std::move(writers));
}

Attribution FeatureContributions::summarise(const EvaluatedExamples& evaluated, const Problem& problem,
                                            const Rng& rng) const {
  const std::vector<Subset> subsets = subsets_of(problem, options_.breakdown);
  const std::size_t modality_count = problem.players().count();
  std::vector<ByteReader> readers = open_examples(evaluated, header(problem, rng), problem);
  std::vector<ExampleAttribution> solved;
  std::vector<ContributionFacts> facts;
  for (ByteReader& reader : readers) {
    solved.push_back(take_attribution(static_cast<std::uint32_t>(solved.size()), modality_count, reader));
    for (const PlayerScore& player : solved.back().players) expect_sizes(player.std_error.has_value());
    facts.push_back(take_facts(reader));
    solved.back().details = details_of(facts.back());
  }
  const CleanOutcomes outcomes = CleanOutcomes::take(problem, {}, readers);
  const ContributionScores scores = scores_of(options_.request);
  const std::array shares = {ShareDefinition{scores.share, magnitudes_by_modality}};
  const FeatureColumns columns(solved, modality_count, shares);

  Attribution result;
  const bool are_exact = std::ranges::all_of(solved, [](const ExampleAttribution& example) {
    return std::ranges::all_of(example.players, [](const PlayerScore& player) { return player.std_error == 0.0; });
  });
  const std::optional<double> std_error = are_exact ? std::optional(0.0) : std::nullopt;
  for (std::size_t number = 0; number < subsets.size(); ++number) {
    FeatureScores adder(problem, columns, subsets[number], static_cast<std::uint32_t>(number), rng, result.rows);
    for (std::size_t modality = 0; modality < modality_count; ++modality) {
      const bool is_asked =
          options_.modalities.empty() || std::ranges::find(options_.modalities, modality) != options_.modalities.end();
      if (!is_asked) continue;
      // Sums over modalities are exact where halves of their features are drawn.
      adder.add_values(modality, scores.values, options_.request.is_owen ? std::optional(0.0) : std_error);
      adder.add_share(modality, 0, scores.share, std_error);
    }
    double gap = 0.0;
    for (const std::uint32_t example : subsets[number].examples) {
      gap = std::max(gap, std::abs(solved[example].efficiency_gap));
    }
    adder.add_ends(gap);
  }
  warn_about_undefined(result.rows, result.warnings);
  if (is_complete(options_.request.method)) warn_about_gaps(solved, facts, result.warnings);
  std::vector<Verification> verifications;
  for (const ContributionFacts& fact : facts) {
    if (fact.verification) verifications.push_back(*fact.verification);
  }
  add_verification_rows(verifications, result.rows);
  result.examples = std::move(solved);
  add_scores(outcomes, problem, {.modalities = {}, .subsets = subsets}, rng, result);
  return result;
}

}  // namespace modattr
