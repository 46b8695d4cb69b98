#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace modattr {

enum class Orientation { kHigherIsBetter, kLowerIsBetter };

/// Scores the outcomes of a fixed list of examples under changing multiplicities (bootstrap resamples).
class OutcomeScorer {
 public:
  virtual ~OutcomeScorer() = default;
  /// `weights`: how often each of the scorer's examples counts, [examples]. nullopt where the metric is not defined,
  /// such as a ROC AUC without negatives.
  virtual std::optional<double> score(std::span<const std::uint32_t> weights) const = 0;
};

/// A number that says how good predictions are on a set of examples. It works in two steps: `outcome` reduces one
/// prediction to the few numbers that the metric needs, a scorer combines the outcomes of many examples.
class Metric {
 public:
  virtual ~Metric() = default;
  virtual std::string_view name() const noexcept = 0;
  virtual Orientation orientation() const noexcept = 0;
  /// Whether the score is the mean of the outcomes; then scores average over draws example by example.
  virtual bool is_mean() const noexcept = 0;
  /// Numbers per outcome.
  virtual std::size_t width() const noexcept { return 1; }
  /// Reduces the model's output [outputs] on example `example` to `outcome` [width].
  virtual void outcome(std::span<const double> output, std::size_t example, std::span<double> outcome) const = 0;
  /// The same output on many examples, `outcomes` [examples]; for metrics that are means. Reading the output once is
  /// faster.
  virtual void outcomes(std::span<const double> output, std::span<const std::uint32_t> examples,
                        std::span<double> outcomes) const {
    for (std::size_t place = 0; place < examples.size(); ++place) {
      outcome(output, examples[place], outcomes.subspan(place, 1));
    }
  }
  /// `outcomes`: of all examples, [examples of the set * width]; the scorer copies those of `examples`.
  virtual std::unique_ptr<OutcomeScorer> scorer(std::span<const double> outcomes,
                                                std::span<const std::uint32_t> examples) const = 0;
  /// The best score that a constant answer reaches on `examples`; nullopt for metrics whose best value is not 1.
  virtual std::optional<double> majority_score(std::span<const std::uint32_t> examples) const = 0;
  /// Why the score of these examples is not defined, in a few words; empty where their labels do not tell.
  virtual std::string why_undefined(std::span<const std::uint32_t> examples) const {
    (void)examples;
    return {};
  }
};

}  // namespace modattr
