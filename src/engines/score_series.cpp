#include "modattr/engines/score_series.h"

#include <utility>

#include "modattr/stats/moments.h"

namespace modattr {

std::optional<double> DrawScorer::score(std::span<const std::uint32_t> weights) const {
  std::vector<double> scores;
  for (const std::unique_ptr<OutcomeScorer>& scorer : scorers_) {
    const std::optional<double> value = scorer->score(weights);
    if (!value) return std::nullopt;
    scores.push_back(*value);
  }
  return mean(scores);
}

ScoreSeries::ScoreSeries(const Metric& metric, std::span<const Subset> subsets, std::span<const double> clean)
    : metric_(metric), subsets_(subsets), clean_(clean), draw_scores_(subsets.size()) {
  if (metric.is_mean()) {
    differences_.assign(clean.size(), 0.0);
    counts_.assign(clean.size(), 0);
  }
}

void ScoreSeries::add_draw(std::span<const double> outcomes) {
  if (metric_.is_mean()) {
    for (std::size_t example = 0; example < differences_.size(); ++example) {
      differences_[example] += outcomes[example] - clean_[example];
      ++counts_[example];
    }
  } else {
    draws_.emplace_back(outcomes.begin(), outcomes.end());
  }
  for (std::size_t subset = 0; subset < subsets_.size(); ++subset) {
    const std::vector<std::uint32_t> once(subsets_[subset].examples.size(), 1);
    draw_scores_[subset].push_back(metric_.scorer(outcomes, subsets_[subset].examples)->score(once));
  }
}

void ScoreSeries::add_sums(std::span<const double> sums, std::span<const std::uint32_t> counts) {
  for (std::size_t example = 0; example < differences_.size(); ++example) {
    differences_[example] += sums[example];
    counts_[example] += counts[example];
  }
}

double ScoreSeries::mean_difference(std::size_t example) const {
  return counts_[example] > 0 ? differences_[example] / counts_[example] : 0.0;
}

DrawScorer ScoreSeries::scorer(std::size_t subset) const {
  std::vector<std::unique_ptr<OutcomeScorer>> scorers;
  const std::vector<std::uint32_t>& examples = subsets_[subset].examples;
  if (metric_.is_mean()) {
    std::vector<double> means(clean_.begin(), clean_.end());
    for (std::size_t example = 0; example < means.size(); ++example) {
      means[example] += mean_difference(example);
    }
    scorers.push_back(metric_.scorer(means, examples));
  } else {
    for (const std::vector<double>& outcomes : draws_) scorers.push_back(metric_.scorer(outcomes, examples));
  }
  return DrawScorer(std::move(scorers));
}

}  // namespace modattr
