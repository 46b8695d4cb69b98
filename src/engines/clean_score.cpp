#include "modattr/engines/clean_score.h"

#include <string>
#include <utility>

#include "modattr/engines/bootstrap_estimate.h"

namespace modattr {
namespace {

DrawScorer scorer_of(const Metric& metric, std::span<const double> outcomes, const Subset& subset) {
  std::vector<std::unique_ptr<OutcomeScorer>> scorers;
  scorers.push_back(metric.scorer(outcomes, subset.examples));
  return DrawScorer(std::move(scorers));
}

std::optional<double> subtract(std::optional<double> first, std::optional<double> second) {
  if (!first || !second) return std::nullopt;
  return *first - *second;
}

/// Outcomes of the additive projection of each modality; empty where there is none.
std::vector<std::vector<double>> additive_outcomes(Problem& problem, const ScoreRequest& request,
                                                   std::span<const double> clean, std::vector<std::string>& warnings) {
  std::vector<std::vector<double>> outcomes;
  if (request.modalities.empty()) return outcomes;
  if (!problem.metric().is_mean()) {
    warnings.push_back("emap.gap is not defined for metric '" + std::string(problem.metric().name()) +
                       "': it is no mean over examples");
    return outcomes;
  }
  const std::vector<Stratum> everything = {{"all", all_examples(problem.example_count())}};
  for (const std::size_t modality : request.modalities) {
    // One of two modalities and the other have the same projection.
    if (problem.players().count() == 2 && !outcomes.empty()) {
      outcomes.push_back(outcomes.front());
    } else {
      outcomes.push_back(problem.all_pairs(modality, everything, clean).additive);
    }
  }
  if (outcomes.front().empty()) {
    warnings.push_back("emap.gap is not defined: labels or columns that the model takes belong to no modality");
    outcomes.clear();
  }
  return outcomes;
}

}  // namespace

void add_scores(Problem& problem, const ScoreRequest& request, const Rng& rng, Attribution& result) {
  const Metric& metric = problem.metric();
  const Coalition full = Coalition::full(problem.players().count());
  const Matrix clean = problem.permuted_game(all_examples(problem.example_count()))->evaluate(std::span(&full, 1));
  const std::vector<std::vector<double>> additive =
      additive_outcomes(problem, request, clean.values(), result.warnings);
  for (std::size_t subset = 0; subset < request.subsets.size(); ++subset) {
    const Subset& examples = request.subsets[subset];
    if (subset > 0 && additive.empty()) break;
    std::vector<DrawScorer> scorers;
    scorers.push_back(scorer_of(metric, clean.values(), examples));
    for (const std::vector<double>& outcomes : additive) scorers.push_back(scorer_of(metric, outcomes, examples));
    const std::vector<Estimate> estimates = bootstrap_estimates(scorers,
                                                                {.example_count = examples.examples.size(),
                                                                 .subset = static_cast<std::uint32_t>(subset),
                                                                 .thread_count = problem.thread_count()},
                                                                rng);
    if (subset == 0) {
      result.score = estimates.front().value;
      result.score_ci95 = estimates.front().interval();
    }
    for (std::size_t place = 0; place < additive.size(); ++place) {
      const Estimate gap = combine(estimates.front(), estimates[1 + place], subtract);
      result.rows.push_back({.modality = problem.players().modality_name(request.modalities[place]),
                             .definition = "emap.gap",
                             .group = examples.group,
                             .value = gap.value,
                             .std_error = gap.value ? std::optional(0.0) : std::nullopt,
                             .ci95 = gap.interval(),
                             .examples = examples.examples.size(),
                             .p_value = std::nullopt});
    }
  }
}

}  // namespace modattr
