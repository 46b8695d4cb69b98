#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "metric_parts.h"

namespace modattr {
namespace {

void require_regression(std::string_view metric, const MetricInput& input) {
  if (input.kind == OutputKind::kRegression) return;
  throw ConfigError("metric '" + std::string(metric) + "': expected model.kind \"regression\", got " +
                    (input.kind == OutputKind::kCausalLm ? "a language model; use log_loss"
                     : predicts_label_sets(input.kind)
                         ? "a multilabel model; use a metric of label sets such as macro_f1"
                         : "a classifier; use a metric of classes such as accuracy or log_loss"));
}

/// Labels of a regression, one column per output.
std::shared_ptr<const Labels> require_values(std::string_view metric, const MetricInput& input) {
  require_regression(metric, input);
  require_labels<ValueLabels>(metric, input, "float labels");
  const std::size_t column_count = std::get<ValueLabels>(*input.labels).column_count;
  if (column_count != input.output_width) {
    throw DataError("labels: expected one column for each of the model's outputs, " +
                    std::to_string(input.output_width) + ", got " + std::to_string(column_count));
  }
  return input.labels;
}

std::unique_ptr<Metric> make_error_metric(std::string name, const MetricInput& input, double (*loss)(double)) {
  const auto labels = require_values(name, input);
  return std::make_unique<MeanMetric>(
      MeanMetricParts{.name = std::move(name),
                      .orientation = Orientation::kLowerIsBetter,
                      .outcome =
                          [=](Row output, std::size_t example) {
                            const auto& values = std::get<ValueLabels>(*labels);
                            double sum = 0.0;
                            for (std::size_t column = 0; column < output.size(); ++column) {
                              sum += loss(output[column] - values.value(example, column));
                            }
                            return sum / static_cast<double>(output.size());
                          },
                      .majority = {}});
}

/// The outcome is the output.
class R2Metric final : public Metric {
 public:
  explicit R2Metric(std::shared_ptr<const Labels> labels) : labels_(std::move(labels)) {}

  std::string_view name() const noexcept override { return "r2"; }
  Orientation orientation() const noexcept override { return Orientation::kHigherIsBetter; }
  bool is_mean() const noexcept override { return false; }
  std::size_t width() const noexcept override { return values().column_count; }
  void outcome(Row output, std::size_t, std::span<double> outcome) const override {
    std::ranges::copy(output, outcome.begin());
  }
  std::unique_ptr<OutcomeScorer> scorer(Row outcomes, Examples examples) const override {
    std::vector<std::unique_ptr<OutcomeScorer>> columns;
    for (std::size_t column = 0; column < width(); ++column) {
      columns.push_back(make_r2_scorer(select_column(outcomes, examples, column, width()),
                                       select_column(values().values, examples, column, width())));
    }
    return make_macro_scorer(std::move(columns), UndefinedParts::kMakeAllUndefined);
  }
  /// The mean label explains no variance.
  std::optional<double> majority_score(Examples) const override { return 0.0; }

 private:
  const ValueLabels& values() const noexcept { return *std::get_if<ValueLabels>(labels_.get()); }

  std::shared_ptr<const Labels> labels_;
};

}  // namespace

std::unique_ptr<Metric> make_mse(const MetricInput& input) {
  return make_error_metric("mse", input, [](double error) { return error * error; });
}

std::unique_ptr<Metric> make_mae(const MetricInput& input) {
  return make_error_metric("mae", input, [](double error) { return std::abs(error); });
}

std::unique_ptr<Metric> make_r2(const MetricInput& input) {
  return std::make_unique<R2Metric>(require_values("r2", input));
}

std::unique_ptr<Metric> make_mean_output(const MetricInput& input) {
  require_regression("output", input);
  if (input.output_width != 1) {
    throw ModelError("model output: expected one number per example for metric 'output', got " +
                     std::to_string(input.output_width));
  }
  return std::make_unique<MeanMetric>(
      MeanMetricParts{.name = "output", .outcome = [](Row output, std::size_t) { return output[0]; }, .majority = {}});
}

}  // namespace modattr
