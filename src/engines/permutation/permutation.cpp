#include "modattr/engines/permutation/permutation.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "modattr/engines/bootstrap_estimate.h"
#include "modattr/engines/permutation/permutation_outcomes.h"
#include "modattr/stats/moments.h"

namespace modattr {
namespace {

std::optional<double> divide(std::optional<double> numerator, std::optional<double> denominator) {
  if (!numerator || !denominator || *denominator == 0.0) return std::nullopt;
  return *numerator / *denominator;
}

/// Positive when the permuted score is worse.
std::optional<double> drop(const Metric& metric, std::optional<double> clean, std::optional<double> permuted) {
  if (!clean || !permuted) return std::nullopt;
  return metric.orientation() == Orientation::kHigherIsBetter ? *clean - *permuted : *permuted - *clean;
}

/// (1 + #{permuted at least as good as clean}) / (draws + 1); what rounding takes off a score makes it no worse.
std::optional<double> permutation_p_value(const Metric& metric, std::optional<double> clean,
                                          std::span<const std::optional<double>> permuted) {
  if (!clean || permuted.empty()) return std::nullopt;
  std::size_t as_good = 0;
  for (const std::optional<double>& score : permuted) {
    if (!score) return std::nullopt;
    if (*drop(metric, clean, score) <= kAnswerRounding * std::abs(*clean)) ++as_good;
  }
  return static_cast<double>(1 + as_good) / static_cast<double>(permuted.size() + 1);
}

/// What rounding does to a score is no drop.
std::optional<double> p_value_over_examples(const Estimate& loss, std::optional<double> clean) {
  const bool is_rounding = loss.value && clean && std::abs(*loss.value) <= kAnswerRounding * std::abs(*clean);
  return is_rounding ? std::optional(1.0) : normal_p_value(loss);
}

std::optional<double> error_over_draws(std::span<const std::optional<double>> draw_scores, PermutationDraws draws,
                                       std::optional<double> clean) {
  // All pairs were visited: nothing is left to chance.
  if (draws == PermutationDraws::kAllPairs) return 0.0;
  // No draw changes anything: the model ignores the data.
  if (clean && std::ranges::all_of(draw_scores, [&](const auto& score) { return score == clean; })) return 0.0;
  std::vector<double> values;
  for (const std::optional<double>& score : draw_scores) {
    if (!score) return std::nullopt;
    values.push_back(*score);
  }
  return monte_carlo_error(values);
}

/// Stands for a score that is not defined.
class UndefinedScorer final : public OutcomeScorer {
 public:
  std::optional<double> score(std::span<const std::uint32_t>) const override { return std::nullopt; }
};

/// The rows of one subset for all modalities, in the order of PermutationPlan::modalities: [modalities][definitions].
class SubsetRows {
 public:
  SubsetRows(const Problem& problem, const PermutationPlan& plan, const PermutationOutcomes& evaluated,
             std::size_t subset, const Rng& rng)
      : problem_(problem), plan_(plan), evaluated_(evaluated), subset_(subset) {
    std::vector<DrawScorer> scorers;
    std::vector<std::unique_ptr<OutcomeScorer>> clean;
    clean.push_back(problem.metric().scorer(evaluated.clean, examples()));
    scorers.emplace_back(std::move(clean));
    for (const ModalitySeries& series : evaluated.series) {
      scorers.push_back(series.without.scorer(subset));
      scorers.push_back(series.alone.scorer(subset));
    }
    if (plan.projects) {
      for (const ModalitySeries& series : evaluated.series) scorers.push_back(additive_scorer(series));
    }
    estimates_ = bootstrap_estimates(scorers,
                                     {.example_count = examples().size(),
                                      .subset = static_cast<std::uint32_t>(subset),
                                      .thread_count = problem.thread_count(),
                                      .progress = &problem.progress()},
                                     rng);
    is_score_near_zero_ = is_near_zero();
    if (const std::optional<double> majority = problem.metric().majority_score(examples())) {
      room_above_majority_ = 1.0 - *majority;
    }
  }

  const Estimate& clean() const { return estimates_.front(); }
  std::optional<double> room_above_majority() const { return room_above_majority_; }
  /// Whether a ratio over the clean score says no more than that it is near 0.
  bool is_score_near_zero() const { return is_score_near_zero_; }

  std::vector<Score> rows(std::size_t index) const {
    const Metric& metric = problem_.metric();
    const ModalitySeries& series = evaluated_.series[index];
    const Estimate& without = estimates_[1 + 2 * index];
    const Estimate& alone = estimates_[2 + 2 * index];
    const Estimate loss =
        combine(clean(), without, [&](auto score, auto permuted) { return drop(metric, score, permuted); });
    const std::optional<double> without_error =
        error_over_draws(series.without.draw_scores(subset_), plan_.draws, clean().value);
    const std::optional<double> alone_error =
        error_over_draws(series.alone.draw_scores(subset_), plan_.draws, clean().value);

    std::vector<Score> rows;
    rows.push_back(row(index, "permutation.drop", loss, without_error));
    rows.back().p_value = permutation_p_value(metric, clean().value, series.without.draw_scores(subset_));
    rows.back().p_value_examples = p_value_over_examples(loss, clean().value);
    rows.push_back(row(index, "permutation.without", without, without_error));
    rows.push_back(row(index, "permutation.alone", alone, alone_error));
    rows.push_back(row(index, "perceptual.model", is_score_near_zero_ ? Estimate{} : combine(loss, clean(), divide),
                       divide(without_error, magnitude(clean().value))));
    const auto by_room = [&](std::optional<double> value, std::optional<double>) {
      return divide(value, room_above_majority_);
    };
    rows.push_back(
        row(index, "perceptual.task", combine(loss, clean(), by_room), divide(without_error, room_above_majority_)));
    if (plan_.projects) {
      const Estimate& additive = estimates_[1 + 2 * evaluated_.series.size() + index];
      rows.push_back(row(index, "emap.gap", combine(clean(), additive, subtract), 0.0));
    }
    return rows;
  }

 private:
  bool is_near_zero() const {
    // A loss that grows ten thousandfold has no size of its own to compare with.
    constexpr double kNearZero = 1e-4;
    if (!clean().value) return false;
    const double score = std::abs(*clean().value);
    double largest = 0.0;
    for (const Estimate& estimate : estimates_) largest = std::max(largest, std::abs(estimate.value.value_or(0.0)));
    return score <= kNearZero * largest || score <= bootstrap_error(clean()).value_or(0.0);
  }

  const std::vector<std::uint32_t>& examples() const { return plan_.subsets[subset_].examples; }
  DrawScorer additive_scorer(const ModalitySeries& series) const {
    std::vector<std::unique_ptr<OutcomeScorer>> scorers;
    scorers.push_back(series.additive.empty() ? std::make_unique<UndefinedScorer>()
                                              : problem_.metric().scorer(series.additive, examples()));
    return DrawScorer(std::move(scorers));
  }
  static std::optional<double> magnitude(std::optional<double> value) {
    return value ? std::optional(std::abs(*value)) : std::nullopt;
  }

  Score row(std::size_t index, std::string definition, const Estimate& estimate,
            std::optional<double> std_error) const {
    return {.modality = problem_.players().modality_name(evaluated_.series[index].modality),
            .definition = std::move(definition),
            .group = plan_.subsets[subset_].group,
            .value = estimate.value,
            .std_error = estimate.value ? std_error : std::nullopt,
            .ci95 = estimate.value ? estimate.interval() : std::nullopt,
            .examples = examples().size(),
            .p_value = std::nullopt};
  }

  const Problem& problem_;
  const PermutationPlan& plan_;
  const PermutationOutcomes& evaluated_;
  std::size_t subset_;
  /// The clean score, then without and alone of each modality, then the additive projection of each.
  std::vector<Estimate> estimates_;
  std::optional<double> room_above_majority_;
  bool is_score_near_zero_ = false;
};

std::string subset_name(const Subset& subset) {
  return subset.group ? "group '" + *subset.group + "'" : "all examples";
}

void warn_about_plan(const PermutationPlan& plan, const PermutationOptions& options,
                     std::vector<std::string>& warnings) {
  const auto lonely = std::ranges::count(plan.stratum_sizes, std::size_t{1});
  if (options.within && lonely > 0) {
    warnings.push_back("examples that are the only ones with their value of '" + *options.within +
                       "' keep their own data: " + std::to_string(lonely) + "; choose a coarser column");
  }
}

void warn_about_subset(const Metric& metric, const Subset& subset, const SubsetRows& rows,
                       std::vector<std::string>& warnings) {
  const std::string where = " for " + subset_name(subset);
  if (!rows.clean().value) {
    const std::string why = metric.why_undefined(subset.examples);
    warnings.push_back(std::string(metric.name()) + " is not defined" + where +
                       (why.empty() ? " (one class only?)" : ": " + why) + "; its rows are empty");
  } else if (rows.is_score_near_zero()) {
    warnings.push_back("perceptual.model is not defined" + where + ": the score is " +
                       (*rows.clean().value == 0.0 ? "0" : "near 0, so that a ratio over it says nothing"));
  }
  if (rows.room_above_majority() == 0.0) {
    warnings.push_back("perceptual.task is not defined" + where + ": one constant answer is always right");
  }
}

/// The drop of every example: their means are permutation.drop. Not known where a modality was not scored.
void add_examples(const PermutationOutcomes& evaluated, const Problem& problem, Attribution& result) {
  const double sign = problem.metric().orientation() == Orientation::kHigherIsBetter ? -1.0 : 1.0;
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  for (std::uint32_t example = 0; example < problem.example_count(); ++example) {
    ExampleAttribution attribution{.example = example,
                                   .value_full = evaluated.clean[example],
                                   .value_empty = kUnknown,
                                   .efficiency_gap = kUnknown,
                                   .modalities = std::vector<double>(problem.players().count(), kUnknown),
                                   .interactions = {},
                                   .players = {},
                                   .method = "permutation"};
    for (const ModalitySeries& series : evaluated.series) {
      attribution.modalities[series.modality] = sign * series.without.mean_difference(example);
    }
    result.examples.push_back(std::move(attribution));
  }
}

}  // namespace

EvaluationHeader PermutationImportance::header(const PermutationPlan& plan, const Problem& problem,
                                               const Rng& rng) const {
  const bool all_pairs = plan.draws == PermutationDraws::kAllPairs;
  EvaluationHeader header{.engine = std::string(name())};
  header.add_text("metric", std::string(problem.metric().name()));
  header.add_counts("modalities", plan.modalities);
  header.add_text("within", options_.within);
  header.add_count("repeats", all_pairs ? std::nullopt : std::optional<std::uint64_t>(plan.draw_count));
  header.add_count("seed", all_pairs ? std::nullopt : std::optional<std::uint64_t>(rng.seed()));
  return header;
}

EvaluatedExamples PermutationImportance::evaluate(Problem& problem, const Rng& rng) const {
  const PermutationPlan plan(problem, options_);
  return evaluate_permutations(problem, plan, header(plan, problem, rng), rng);
}

Attribution PermutationImportance::summarise(const EvaluatedExamples& examples, const Problem& problem,
                                             const Rng& rng) const {
  const PermutationPlan plan(problem, options_);
  const PermutationOutcomes evaluated = read_permutations(examples, header(plan, problem, rng), plan, problem);

  Attribution result;
  warn_about_plan(plan, options_, result.warnings);
  std::vector<SubsetRows> subsets;
  for (std::size_t subset = 0; subset < plan.subsets.size(); ++subset) {
    subsets.emplace_back(problem, plan, evaluated, subset, rng);
    warn_about_subset(problem.metric(), plan.subsets[subset], subsets.back(), result.warnings);
  }
  result.score = subsets.front().clean().value;
  result.score_ci95 = subsets.front().clean().interval();
  for (std::size_t index = 0; index < plan.modalities.size(); ++index) {
    for (const SubsetRows& subset : subsets) {
      std::vector<Score> rows = subset.rows(index);
      std::ranges::move(rows, std::back_inserter(result.rows));
    }
  }
  if (plan.projects &&
      std::ranges::any_of(evaluated.series, [](const ModalitySeries& series) { return series.additive.empty(); })) {
    result.warnings.emplace_back(
        "emap.gap is not defined: labels or columns that the model takes belong to no modality");
  }
  if (options_.per_example && problem.metric().is_mean()) add_examples(evaluated, problem, result);
  if (options_.per_example && !problem.metric().is_mean()) {
    result.warnings.push_back("the drop of single examples is not defined for metric '" +
                              std::string(problem.metric().name()) + "': it is no mean over examples");
  }
  return result;
}

}  // namespace modattr
