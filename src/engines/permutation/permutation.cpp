#include "modattr/engines/permutation/permutation.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/engines/bootstrap_estimate.h"
#include "modattr/engines/permutation/row_maps.h"
#include "modattr/engines/score_series.h"
#include "modattr/engines/subsets.h"
#include "modattr/stats/moments.h"

namespace modattr {
namespace {

/// The two coalitions that are scored for a modality.
struct ModalitySeries {
  std::size_t modality = 0;
  ScoreSeries without;
  ScoreSeries alone;
  /// Outcomes of the additive projection, [examples]; empty when it was not asked for.
  std::vector<double> additive;
};

/// What is to be evaluated.
struct Plan {
  std::vector<std::size_t> modalities;
  std::vector<Subset> subsets;
  std::vector<Stratum> strata;
  /// Examples in the stratum of each example.
  std::vector<std::size_t> stratum_sizes;
  PermutationDraws draws = PermutationDraws::kRandom;
  /// Random draws.
  std::size_t draw_count = 0;
  /// Whether all pairs give the additive projection, too: inside strata it would be another number.
  bool projects = false;
};

/// What the evaluations gave.
struct Evaluated {
  /// Outcomes on the untouched data, [examples * width].
  std::vector<double> clean;
  std::vector<ModalitySeries> series;
};

std::vector<Stratum> strata_of(const Problem& problem, const std::optional<std::string>& within) {
  if (within) return problem.strata(*within);
  return {{"all", all_examples(problem.example_count())}};
}

Plan make_plan(const Problem& problem, const PermutationOptions& options) {
  const std::size_t example_count = problem.example_count();
  if (example_count < 2) {
    throw ConfigError("permute: expected at least 2 examples to permute, got " + std::to_string(example_count));
  }
  const Metric& metric = problem.metric();
  const bool all_pairs = options.draws == PermutationDraws::kAllPairs;
  if (all_pairs && !metric.is_mean()) {
    throw ConfigError("--exact: expected a metric that is a mean over examples, got '" + std::string(metric.name()) +
                      "'; use --repeats, or a metric such as accuracy, log_loss, vqa_accuracy, mse or mae");
  }
  if (!all_pairs && options.repeats == 0) throw ConfigError("--repeats: expected at least 1, got 0");

  Plan plan{.modalities = options.modalities,
            .subsets = subsets_of(problem),
            .strata = strata_of(problem, options.within),
            .stratum_sizes = std::vector<std::size_t>(example_count, 0),
            .draws = options.draws};
  if (plan.modalities.empty()) {
    plan.modalities.resize(problem.players().count());
    std::iota(plan.modalities.begin(), plan.modalities.end(), std::size_t{0});
  }
  for (const Stratum& stratum : plan.strata) {
    for (const std::uint32_t example : stratum.examples) plan.stratum_sizes[example] = stratum.examples.size();
  }
  plan.draw_count = all_pairs ? 0 : options.repeats;
  plan.projects = all_pairs && !options.within;
  return plan;
}

std::vector<Coalition> scored_coalitions(const Problem& problem, const Plan& plan) {
  std::vector<Coalition> coalitions;
  for (const std::size_t modality : plan.modalities) {
    coalitions.push_back(Coalition::full(problem.players().count()).without(modality));
    coalitions.push_back(Coalition::single(problem.players().count(), modality));
  }
  return coalitions;
}

/// Those of the scored coalitions that something is removed from, each once.
std::vector<Coalition> asked_coalitions(const Problem& problem, const Plan& plan) {
  std::vector<Coalition> asked;
  for (const Coalition& coalition : scored_coalitions(problem, plan)) {
    if (!coalition.is_full() && std::ranges::find(asked, coalition) == asked.end()) asked.push_back(coalition);
  }
  return asked;
}

void add_random_draws(Problem& problem, const Plan& plan, const Rng& rng, Evaluated& result) {
  // Several draws at a time fill batches better; their outcomes are held at once.
  constexpr std::size_t kOutcomesAtOnce = std::size_t{1} << 17;
  const std::vector<Coalition> scored = scored_coalitions(problem, plan);
  const std::vector<Coalition> asked = asked_coalitions(problem, plan);
  const std::size_t outcomes_per_draw =
      std::max<std::size_t>(problem.example_count() * problem.metric().width() * asked.size(), 1);
  const std::size_t draws_at_once = std::max<std::size_t>(kOutcomesAtOnce / outcomes_per_draw, 1);
  for (std::size_t first = 0; first < plan.draw_count; first += draws_at_once) {
    std::vector<RowMap> donors;
    for (std::size_t draw = first; draw < std::min(first + draws_at_once, plan.draw_count); ++draw) {
      donors.push_back(random_permutation(plan.strata, problem.example_count(), rng, static_cast<std::uint32_t>(draw)));
    }
    for (const Matrix& outcomes : problem.permuted_outcomes(donors, asked)) {
      const auto outcomes_of = [&](const Coalition& coalition) -> std::span<const double> {
        if (coalition.is_full()) return result.clean;
        return outcomes.row(static_cast<std::size_t>(std::ranges::find(asked, coalition) - asked.begin()));
      };
      for (std::size_t index = 0; index < result.series.size(); ++index) {
        result.series[index].without.add_draw(outcomes_of(scored[2 * index]));
        result.series[index].alone.add_draw(outcomes_of(scored[2 * index + 1]));
      }
    }
  }
}

void add_all_pairs(Problem& problem, const Plan& plan, Evaluated& result) {
  std::vector<std::uint32_t> donor_counts;
  for (const std::size_t size : plan.stratum_sizes) donor_counts.push_back(static_cast<std::uint32_t>(size - 1));
  std::optional<PairOutcomes> other;
  for (ModalitySeries& series : result.series) {
    PairOutcomes pairs;
    if (problem.players().count() == 2 && other) {
      // What one of two modalities says without the other is what the other says alone.
      pairs = std::move(*other);
      std::swap(pairs.without, pairs.alone);
    } else {
      pairs = problem.all_pairs(series.modality, plan.strata, result.clean);
      other = pairs;
    }
    series.without.add_sums(pairs.without, donor_counts);
    series.alone.add_sums(pairs.alone, donor_counts);
    if (plan.projects) series.additive = std::move(pairs.additive);
  }
}

Evaluated evaluate_plan(Problem& problem, const Plan& plan, const Rng& rng) {
  const std::size_t example_count = problem.example_count();
  const Coalition full = Coalition::full(problem.players().count());
  problem.progress().begin("permute", example_count * (1 + plan.draw_count * asked_coalitions(problem, plan).size()));

  Evaluated result;
  const Matrix clean = problem.permuted_game(all_examples(example_count))->evaluate(std::span(&full, 1));
  result.clean.assign(clean.values().begin(), clean.values().end());
  const ScoreSeries empty(problem.metric(), plan.subsets, result.clean);
  for (const std::size_t modality : plan.modalities) result.series.push_back({modality, empty, empty, {}});
  if (plan.draws == PermutationDraws::kRandom) add_random_draws(problem, plan, rng, result);
  problem.progress().finish();
  if (plan.draws == PermutationDraws::kAllPairs) add_all_pairs(problem, plan, result);
  return result;
}

std::optional<double> divide(std::optional<double> numerator, std::optional<double> denominator) {
  if (!numerator || !denominator || *denominator == 0.0) return std::nullopt;
  return *numerator / *denominator;
}

std::optional<double> subtract(std::optional<double> first, std::optional<double> second) {
  if (!first || !second) return std::nullopt;
  return *first - *second;
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

std::optional<double> monte_carlo_error(std::span<const std::optional<double>> draw_scores, PermutationDraws draws) {
  // All pairs were visited: nothing is left to chance.
  if (draws == PermutationDraws::kAllPairs) return 0.0;
  std::vector<double> values;
  for (const std::optional<double>& score : draw_scores) {
    if (!score) return std::nullopt;
    values.push_back(*score);
  }
  return standard_error(values);
}

/// Stands for a score that is not defined.
class UndefinedScorer final : public OutcomeScorer {
 public:
  std::optional<double> score(std::span<const std::uint32_t>) const override { return std::nullopt; }
};

/// The rows of one subset for all modalities, in the order of Plan::modalities: [modalities][definitions].
class SubsetRows {
 public:
  SubsetRows(const Problem& problem, const Plan& plan, const Evaluated& evaluated, std::size_t subset, const Rng& rng)
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
                                      .thread_count = problem.thread_count()},
                                     rng);
    if (const std::optional<double> majority = problem.metric().majority_score(examples())) {
      room_above_majority_ = 1.0 - *majority;
    }
  }

  const Estimate& clean() const { return estimates_.front(); }
  std::optional<double> room_above_majority() const { return room_above_majority_; }

  std::vector<Score> rows(std::size_t index) const {
    const Metric& metric = problem_.metric();
    const ModalitySeries& series = evaluated_.series[index];
    const Estimate& without = estimates_[1 + 2 * index];
    const Estimate& alone = estimates_[2 + 2 * index];
    const Estimate loss =
        combine(clean(), without, [&](auto score, auto permuted) { return drop(metric, score, permuted); });
    const std::optional<double> without_error = monte_carlo_error(series.without.draw_scores(subset_), plan_.draws);
    const std::optional<double> alone_error = monte_carlo_error(series.alone.draw_scores(subset_), plan_.draws);

    std::vector<Score> rows;
    rows.push_back(row(index, "permutation.drop", loss, without_error));
    rows.back().p_value = permutation_p_value(metric, clean().value, series.without.draw_scores(subset_));
    rows.push_back(row(index, "permutation.without", without, without_error));
    rows.push_back(row(index, "permutation.alone", alone, alone_error));
    rows.push_back(row(index, "perceptual.model", combine(loss, clean(), divide),
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
  const Plan& plan_;
  const Evaluated& evaluated_;
  std::size_t subset_;
  /// The clean score, then without and alone of each modality, then the additive projection of each.
  std::vector<Estimate> estimates_;
  std::optional<double> room_above_majority_;
};

std::string subset_name(const Subset& subset) {
  return subset.group ? "group '" + *subset.group + "'" : "all examples";
}

void warn_about_plan(const Plan& plan, const PermutationOptions& options, std::vector<std::string>& warnings) {
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
    warnings.push_back(std::string(metric.name()) + " is not defined" + where +
                       " (one class only?); its rows are empty");
  } else if (*rows.clean().value == 0.0) {
    warnings.push_back("perceptual.model is not defined" + where + ": the score is 0");
  }
  if (rows.room_above_majority() == 0.0) {
    warnings.push_back("perceptual.task is not defined" + where + ": one constant answer is always right");
  }
}

}  // namespace

Attribution PermutationImportance::attribute(Problem& problem, const Rng& rng) const {
  const Plan plan = make_plan(problem, options_);
  const Evaluated evaluated = evaluate_plan(problem, plan, rng);

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
    result.warnings.push_back("emap.gap is not defined: labels or columns that the model takes belong to no modality");
  }
  if (!problem.metric().majority_score(plan.subsets.front().examples)) {
    result.warnings.push_back("perceptual.task is not defined for metric '" + std::string(problem.metric().name()) +
                              "': its best value is not 1");
  }
  return result;
}

}  // namespace modattr
