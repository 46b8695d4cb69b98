#include "modattr/engines/clean_score.h"

#include <string>
#include <utility>

#include "modattr/engines/bootstrap_estimate.h"
#include "modattr/engines/open_examples.h"
#include "modattr/stats/moments.h"

namespace modattr {
namespace {

DrawScorer scorer_of(const Metric& metric, std::span<const double> outcomes, const Subset& subset) {
  std::vector<std::unique_ptr<OutcomeScorer>> scorers;
  scorers.push_back(metric.scorer(outcomes, subset.examples));
  return DrawScorer(std::move(scorers));
}

/// Says why there is no projection.
void warn_about_projection(const CleanOutcomes& outcomes, const Metric& metric, std::vector<std::string>& warnings) {
  if (!metric.is_mean()) {
    warnings.push_back("emap.gap is not defined for metric '" + std::string(metric.name()) +
                       "': it is no mean over examples");
  } else if (outcomes.additive.empty()) {
    warnings.emplace_back("emap.gap is not defined: labels or columns that the model takes belong to no modality");
  }
}

}  // namespace

CleanOutcomes CleanOutcomes::evaluate(Problem& problem, std::span<const std::size_t> projected) {
  const Coalition full = Coalition::full(problem.players().count());
  problem.progress().begin("score", problem.example_count());
  const Matrix clean = problem.permuted_game(all_examples(problem.example_count()))->evaluate(std::span(&full, 1));
  problem.progress().finish();
  CleanOutcomes outcomes{problem.metric().width(), {clean.values().begin(), clean.values().end()}, {}};
  if (!problem.metric().is_mean()) return outcomes;
  const std::vector<Stratum> everything = {{"all", all_examples(problem.example_count())}};
  for (const std::size_t modality : projected) {
    // One of two modalities and the other have the same projection.
    if (problem.players().count() == 2 && !outcomes.additive.empty()) {
      outcomes.additive.push_back(outcomes.additive.front());
    } else {
      outcomes.additive.push_back(problem.all_pairs(modality, everything, outcomes.clean).additive);
    }
  }
  if (!projected.empty() && outcomes.additive.front().empty()) outcomes.additive.clear();
  return outcomes;
}

void CleanOutcomes::put(std::size_t example, ByteWriter& writer) const {
  writer.put_numbers(std::span(clean).subspan(example * width, width));
  std::vector<double> projections;
  for (const std::vector<double>& outcomes : additive) projections.push_back(outcomes[example]);
  writer.put_numbers(projections);
}

CleanOutcomes CleanOutcomes::take(const Problem& problem, std::span<const std::size_t> projected,
                                  std::span<ByteReader> readers) {
  CleanOutcomes outcomes{problem.metric().width(), {}, {}};
  for (std::size_t example = 0; example < readers.size(); ++example) {
    const std::vector<double> clean = readers[example].take_numbers().to_vector();
    expect_sizes(clean.size() == outcomes.width);
    outcomes.clean.insert(outcomes.clean.end(), clean.begin(), clean.end());
    const NumbersView projections = readers[example].take_numbers();
    if (example == 0) outcomes.additive.resize(projections.size());
    expect_sizes(projections.size() == outcomes.additive.size() &&
                 (projections.size() == 0 || projections.size() == projected.size()));
    for (std::size_t place = 0; place < projections.size(); ++place) {
      outcomes.additive[place].push_back(projections[place]);
    }
    readers[example].finish();
  }
  return outcomes;
}

EvaluatedExamples with_clean_outcomes(Problem& problem, EvaluationHeader header, std::vector<ByteWriter> writers,
                                      std::span<const std::size_t> projected) {
  const CleanOutcomes outcomes = CleanOutcomes::evaluate(problem, projected);
  EvaluatedExamples evaluated(std::move(header));
  for (std::size_t example = 0; example < writers.size(); ++example) {
    if (!problem.is_evaluated(example)) continue;
    outcomes.put(example, writers[example]);
    evaluated.add(problem.example_key(example), writers[example].take());
  }
  return evaluated;
}

void add_scores(const CleanOutcomes& outcomes, const Problem& problem, const ScoreRequest& request, const Rng& rng,
                Attribution& result) {
  const Metric& metric = problem.metric();
  const std::vector<std::vector<double>>& additive = outcomes.additive;
  if (!request.modalities.empty()) warn_about_projection(outcomes, metric, result.warnings);
  for (std::size_t subset = 0; subset < request.subsets.size(); ++subset) {
    const Subset& examples = request.subsets[subset];
    if (subset > 0 && additive.empty()) break;
    std::vector<DrawScorer> scorers;
    scorers.push_back(scorer_of(metric, outcomes.clean, examples));
    for (const std::vector<double>& projected : additive) scorers.push_back(scorer_of(metric, projected, examples));
    const std::vector<Estimate> estimates = bootstrap_estimates(scorers,
                                                                {.example_count = examples.examples.size(),
                                                                 .subset = static_cast<std::uint32_t>(subset),
                                                                 .thread_count = problem.thread_count(),
                                                                 .progress = &problem.progress()},
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
