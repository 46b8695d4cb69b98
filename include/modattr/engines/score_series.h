#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "modattr/core/metric.h"
#include "modattr/engines/subsets.h"

namespace modattr {

/// Scores of one subset under several draws, ready to be computed for many resamples.
class DrawScorer {
 public:
  explicit DrawScorer(std::vector<std::unique_ptr<OutcomeScorer>> scorers) : scorers_(std::move(scorers)) {}
  /// Mean over draws of the score; nullopt when undefined for a draw.
  std::optional<double> score(std::span<const std::uint32_t> weights) const;

 private:
  std::vector<std::unique_ptr<OutcomeScorer>> scorers_;
};

/// Outcomes of all examples under the draws of one coalition. For metrics that are means only the summed differences
/// from the clean outcomes are kept, so that a modality the model ignores gets exactly the clean score.
class ScoreSeries {
 public:
  /// `clean`: outcomes on the untouched data, [examples * width]. Everything is borrowed.
  ScoreSeries(const Metric& metric, std::span<const Subset> subsets, std::span<const double> clean);

  /// Adds a draw: `outcomes` [examples * width].
  void add_draw(std::span<const double> outcomes);
  /// Adds sums of outcomes less the clean ones over `counts` donors, both [examples]; for mean metrics.
  void add_sums(std::span<const double> sums, std::span<const std::uint32_t> counts);

  /// Score of `subset` per draw; nullopt entries are undefined.
  std::span<const std::optional<double>> draw_scores(std::size_t subset) const { return draw_scores_.at(subset); }
  DrawScorer scorer(std::size_t subset) const;
  /// Mean over draws of an example's outcome less its clean one; for mean metrics.
  double mean_difference(std::size_t example) const;

 private:
  const Metric& metric_;
  std::span<const Subset> subsets_;
  std::span<const double> clean_;
  std::vector<double> differences_;
  std::vector<std::uint32_t> counts_;
  std::vector<std::vector<double>> draws_;
  std::vector<std::vector<std::optional<double>>> draw_scores_;
};

}  // namespace modattr
