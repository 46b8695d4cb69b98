#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/stats/masked_logit.h"
#include "modattr/stats/metrics.h"
#include "modattr/stats/scorers.h"

namespace modattr {

using Row = std::span<const double>;
using Examples = std::span<const std::uint32_t>;

inline std::vector<double> select(Row values, Examples examples) {
  std::vector<double> selected;
  selected.reserve(examples.size());
  for (const std::uint32_t example : examples) selected.push_back(values[example]);
  return selected;
}

/// One column of a table [examples of the set * width].
inline std::vector<double> select_column(Row values, Examples examples, std::size_t column, std::size_t width) {
  std::vector<double> selected;
  selected.reserve(examples.size());
  for (const std::uint32_t example : examples) selected.push_back(values[example * width + column]);
  return selected;
}

/// A metric that is the mean of one number per example.
struct MeanMetricParts {
  std::string name;
  Orientation orientation = Orientation::kHigherIsBetter;
  std::function<double(Row output, std::size_t example)> outcome;
  /// Metric::outcomes(), where it is faster than one by one.
  std::function<void(Row output, Examples examples, std::span<double> outcomes)> outcomes = {};
  std::function<std::optional<double>(Examples)> majority;
};

class MeanMetric final : public Metric {
 public:
  explicit MeanMetric(MeanMetricParts parts) : parts_(std::move(parts)) {}

  std::string_view name() const noexcept override { return parts_.name; }
  Orientation orientation() const noexcept override { return parts_.orientation; }
  bool is_mean() const noexcept override { return true; }
  void outcome(Row output, std::size_t example, std::span<double> outcome) const override {
    outcome[0] = parts_.outcome(output, example);
  }
  void outcomes(Row output, Examples examples, std::span<double> outcomes) const override {
    if (parts_.outcomes) {
      parts_.outcomes(output, examples, outcomes);
    } else {
      Metric::outcomes(output, examples, outcomes);
    }
  }
  std::unique_ptr<OutcomeScorer> scorer(Row outcomes, Examples examples) const override {
    return make_mean_scorer(select(outcomes, examples));
  }
  std::optional<double> majority_score(Examples examples) const override {
    return parts_.majority ? parts_.majority(examples) : std::nullopt;
  }

 private:
  MeanMetricParts parts_;
};

/// Throws ConfigError where the labels are of another kind.
template <typename Kind>
void require_labels(std::string_view metric, const MetricInput& input, const char* wanted) {
  if (!std::holds_alternative<Kind>(*input.labels)) {
    throw ConfigError("metric '" + std::string(metric) + "': expected " + wanted + ", got " + kind_name(*input.labels) +
                      "; choose a metric that suits the labels");
  }
}

/// Throws MaskedLogitError: the metric is not defined where the model rules out a label that is true.
[[noreturn]] inline void throw_masked_metric(std::string_view metric, std::size_t label) {
  throw_masked(label, "metric '" + std::string(metric) + "'",
               "another metric, or " + option("skip_invalid") + ", which leaves such examples out");
}

/// Metrics of regressions; of several outputs the mean over the columns.
std::unique_ptr<Metric> make_mse(const MetricInput& input);
std::unique_ptr<Metric> make_mae(const MetricInput& input);
std::unique_ptr<Metric> make_r2(const MetricInput& input);
std::unique_ptr<Metric> make_mean_output(const MetricInput& input);

/// Metrics of multilabel models.
std::unique_ptr<Metric> make_subset_accuracy(const MetricInput& input);
std::unique_ptr<Metric> make_micro_f1(const MetricInput& input);
std::unique_ptr<Metric> make_macro_f1_of_labels(const MetricInput& input);
std::unique_ptr<Metric> make_mean_average_precision(const MetricInput& input);
std::unique_ptr<Metric> make_macro_roc_auc(const MetricInput& input);
std::unique_ptr<Metric> make_log_loss_of_labels(const MetricInput& input);

}  // namespace modattr
