#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/core/labels.h"
#include "modattr/core/metric.h"

namespace modattr {

/// The names of all metrics, of classes, regressions and label sets.
std::span<const std::string> metric_names() noexcept;

/// Whether more or less of the metric of this name is better; more where there is none of this name.
Orientation metric_orientation(std::string_view name) noexcept;

/// The metric that suits the kind of output and labels when the user names none.
std::string default_metric_name(OutputKind kind, const Labels& labels);

/// What a metric is computed from.
struct MetricInput {
  OutputKind kind = OutputKind::kLogits;
  /// Numbers per output row; one logit or probability means two classes.
  std::size_t output_width = 0;
  std::shared_ptr<const Labels> labels;
  /// Names of the classes, by index, for messages; empty = they have none.
  std::vector<std::string> class_names = {};
};

/// Throws ConfigError for an unknown name or a metric that does not go with the labels or the kind of output, and
/// DataError for a label outside the model's classes.
std::unique_ptr<Metric> make_metric(std::string_view name, const MetricInput& input);

/// "none": stands where there is nothing to score by, such as labels. Its score is not defined.
std::unique_ptr<Metric> make_no_metric();

}  // namespace modattr
