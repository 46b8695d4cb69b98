#include "modattr/stats/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include "metric_parts.h"
#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/stats/class_reader.h"
#include "modattr/stats/scorers.h"

namespace modattr {
namespace {

const std::array<std::string, 14> kMetricNames = {
    "accuracy", "balanced_accuracy",      "macro_f1",      "roc_auc", "log_loss", "vqa_accuracy", "subset_accuracy",
    "micro_f1", "mean_average_precision", "macro_roc_auc", "mse",     "mae",      "r2",           "output"};

/// Shared part of the metrics over classes that are not means.
class ClassMetric : public Metric {
 public:
  ClassMetric(std::string name, ClassReader reader, std::shared_ptr<const Labels> labels)
      : name_(std::move(name)), reader_(reader), labels_(std::move(labels)) {}

  std::string_view name() const noexcept override { return name_; }
  Orientation orientation() const noexcept override { return Orientation::kHigherIsBetter; }
  bool is_mean() const noexcept override { return false; }

 protected:
  const ClassReader& reader() const { return reader_; }
  std::vector<std::uint32_t> labels_of(Examples examples) const {
    std::vector<std::uint32_t> selected;
    selected.reserve(examples.size());
    for (const std::uint32_t example : examples) {
      selected.push_back(static_cast<std::uint32_t>(std::get<ClassLabels>(*labels_).classes[example]));
    }
    return selected;
  }

 private:
  std::string name_;
  ClassReader reader_;
  std::shared_ptr<const Labels> labels_;
};

/// balanced_accuracy and macro_f1: the outcome is the predicted class.
class PredictedClassMetric final : public ClassMetric {
 public:
  using ScorerFactory = std::unique_ptr<OutcomeScorer> (*)(std::vector<std::uint32_t>, std::vector<std::uint32_t>,
                                                           std::size_t);
  PredictedClassMetric(std::string name, ClassReader reader, std::shared_ptr<const Labels> labels,
                       ScorerFactory factory)
      : ClassMetric(std::move(name), reader, std::move(labels)), factory_(factory) {}

  void outcome(Row output, std::size_t, std::span<double> outcome) const override {
    outcome[0] = static_cast<double>(reader().predicted(output));
  }
  std::unique_ptr<OutcomeScorer> scorer(Row outcomes, Examples examples) const override {
    std::vector<std::uint32_t> predicted;
    predicted.reserve(examples.size());
    for (const std::uint32_t example : examples) predicted.push_back(static_cast<std::uint32_t>(outcomes[example]));
    return factory_(std::move(predicted), labels_of(examples), reader().class_count());
  }
  std::optional<double> majority_score(Examples examples) const override {
    const std::vector<std::uint32_t> labels = labels_of(examples);
    const std::vector<std::uint32_t> once(labels.size(), 1);
    std::optional<double> best;
    for (std::uint32_t answer = 0; answer < reader().class_count(); ++answer) {
      best = std::max(
          best,
          factory_(std::vector<std::uint32_t>(labels.size(), answer), labels, reader().class_count())->score(once));
    }
    return best;
  }

 private:
  ScorerFactory factory_;
};

class RocAucMetric final : public ClassMetric {
 public:
  RocAucMetric(const ClassReader& reader, const MetricInput& input)
      : ClassMetric("roc_auc", reader, input.labels), class_names_(input.class_names) {}

  std::size_t width() const noexcept override { return reader().class_count() == 2 ? 1 : reader().class_count(); }
  void outcome(Row output, std::size_t, std::span<double> outcome) const override {
    if (width() == 1) {
      outcome[0] = reader().positive_score(output);
      return;
    }
    reader().log_probabilities(output, outcome);
    for (double& number : outcome) number = std::exp(number);
  }
  std::unique_ptr<OutcomeScorer> scorer(Row outcomes, Examples examples) const override {
    // Nothing to rank: a class without examples leaves the score undefined.
    if (!missing_class(examples).empty()) return make_undefined_scorer();
    std::vector<double> scores;
    scores.reserve(examples.size() * width());
    for (const std::uint32_t example : examples) {
      const Row row = outcomes.subspan(example * width(), width());
      scores.insert(scores.end(), row.begin(), row.end());
    }
    return make_roc_auc_scorer(std::move(scores), labels_of(examples), width());
  }
  std::optional<double> majority_score(Examples) const override { return 0.5; }
  std::string why_undefined(Examples examples) const override {
    const std::string missing = missing_class(examples);
    return missing.empty() ? "" : "no example has label " + missing;
  }

 private:
  /// The first class that no example has as its label, with the number of others; empty where there is none.
  std::string missing_class(Examples examples) const {
    std::vector<bool> occurs(reader().class_count());
    for (const std::uint32_t label : labels_of(examples)) occurs[label] = true;
    const auto first = std::ranges::find(occurs, false);
    if (first == occurs.end()) return "";
    const auto others = std::ranges::count(occurs, false) - 1;
    const auto label = static_cast<std::size_t>(first - occurs.begin());
    return (label < class_names_.size() ? "'" + class_names_[label] + "'" : std::to_string(label)) +
           (others == 0 ? "" : " (nor one of " + std::to_string(others) + " others)");
  }

  std::vector<std::string> class_names_;
};

ClassReader class_reader(std::string_view metric, const MetricInput& input) {
  if (!predicts_classes(input.kind)) {
    throw ConfigError(
        "metric '" + std::string(metric) + "': expected model.kind \"logits\" or \"probabilities\", got " +
        (input.kind == OutputKind::kRegression ? "\"regression\""
         : input.kind == OutputKind::kCausalLm ? "\"causal_lm\"; use log_loss"
                                               : "a multilabel model; use macro_f1, or another metric of label sets"));
  }
  return {input.kind, input.output_width};
}

ClassReader labelled_class_reader(std::string_view metric, const MetricInput& input) {
  const ClassReader reader = class_reader(metric, input);
  require_labels<ClassLabels>(metric, input, "class labels");
  const auto& [classes, one_hot_width] = std::get<ClassLabels>(*input.labels);
  if (one_hot_width != 0 && one_hot_width != reader.class_count()) {
    throw DataError("labels: expected one-hot rows of " + std::to_string(reader.class_count()) +
                    " classes like the model's output, got " + std::to_string(one_hot_width));
  }
  for (std::size_t example = 0; example < classes.size(); ++example) {
    if (classes[example] < 0 || classes[example] >= static_cast<std::int64_t>(reader.class_count())) {
      throw DataError("label of row " + std::to_string(example) + ": expected 0 to " +
                      std::to_string(reader.class_count() - 1) + " as the model has " +
                      std::to_string(reader.class_count()) + " classes, got " + std::to_string(classes[example]));
    }
  }
  return reader;
}

std::unique_ptr<Metric> make_accuracy(const MetricInput& input) {
  const ClassReader reader = labelled_class_reader("accuracy", input);
  const auto labels = input.labels;
  const auto label_of = [labels](std::size_t example) {
    return static_cast<std::size_t>(std::get<ClassLabels>(*labels).classes[example]);
  };
  return std::make_unique<MeanMetric>(MeanMetricParts{
      .name = "accuracy",
      .outcome = [=](Row output,
                     std::size_t example) { return reader.predicted(output) == label_of(example) ? 1.0 : 0.0; },
      .outcomes =
          [=](Row output, Examples examples, std::span<double> outcomes) {
            const std::size_t predicted = reader.predicted(output);
            for (std::size_t place = 0; place < examples.size(); ++place) {
              outcomes[place] = predicted == label_of(examples[place]) ? 1.0 : 0.0;
            }
          },
      .majority = [=](Examples examples) -> std::optional<double> {
        std::vector<double> counts(reader.class_count(), 0.0);
        for (const std::uint32_t example : examples) counts[label_of(example)] += 1.0;
        if (examples.empty()) return std::nullopt;
        return std::ranges::max(counts) / static_cast<double>(examples.size());
      }});
}

std::unique_ptr<Metric> make_macro_f1(const MetricInput& input) {
  if (predicts_label_sets(input.kind)) return make_macro_f1_of_labels(input);
  return std::make_unique<PredictedClassMetric>("macro_f1", labelled_class_reader("macro_f1", input), input.labels,
                                                make_macro_f1_scorer);
}

std::unique_ptr<Metric> make_log_loss(const MetricInput& input) {
  if (input.kind == OutputKind::kCausalLm) {
    return std::make_unique<MeanMetric>(
        MeanMetricParts{.name = "log_loss",
                        .orientation = Orientation::kLowerIsBetter,
                        .outcome = [](Row output, std::size_t) { return -mean_token_log_probability(output); },
                        .majority = {}});
  }
  if (predicts_label_sets(input.kind)) return make_log_loss_of_labels(input);
  const ClassReader reader = labelled_class_reader("log_loss", input);
  const auto labels = input.labels;
  return std::make_unique<MeanMetric>(MeanMetricParts{.name = "log_loss",
                                                      .orientation = Orientation::kLowerIsBetter,
                                                      .outcome =
                                                          [=](Row output, std::size_t example) {
                                                            const auto label = static_cast<std::size_t>(
                                                                std::get<ClassLabels>(*labels).classes[example]);
                                                            if (label < output.size() && is_masked(output[label])) {
                                                              throw_masked_metric("log_loss", label);
                                                            }
                                                            return -reader.log_probability(output, label);
                                                          },
                                                      .majority = {}});
}

std::unique_ptr<Metric> make_vqa_accuracy(const MetricInput& input) {
  const ClassReader reader = class_reader("vqa_accuracy", input);
  require_labels<AnswerCounts>("vqa_accuracy", input, "answer counts [examples, answers]");
  const auto labels = input.labels;
  const std::size_t answer_count = std::get<AnswerCounts>(*labels).answer_count();
  if (answer_count != reader.class_count()) {
    throw DataError("labels: expected counts of " + std::to_string(reader.class_count()) +
                    " answers like the model's output, got " + std::to_string(answer_count));
  }
  return std::make_unique<MeanMetric>(
      MeanMetricParts{.name = "vqa_accuracy",
                      .outcome =
                          [=](Row output, std::size_t example) {
                            return std::get<AnswerCounts>(*labels).soft_accuracy(example, reader.predicted(output));
                          },
                      .majority = [=](Examples examples) -> std::optional<double> {
                        if (examples.empty()) return std::nullopt;
                        const auto& counts = std::get<AnswerCounts>(*labels);
                        std::vector<double> sums(answer_count, 0.0);
                        for (const std::uint32_t example : examples) {
                          for (const AnswerCounts::Entry& entry : counts.entries(example)) {
                            sums[entry.answer] += counts.soft_accuracy(example, entry.answer);
                          }
                        }
                        return std::ranges::max(sums) / static_cast<double>(examples.size());
                      }});
}

class NoMetric final : public Metric {
 public:
  std::string_view name() const noexcept override { return "none"; }
  Orientation orientation() const noexcept override { return Orientation::kHigherIsBetter; }
  bool is_mean() const noexcept override { return false; }
  void outcome(Row, std::size_t, std::span<double> outcome) const override { outcome[0] = 0.0; }
  std::unique_ptr<OutcomeScorer> scorer(Row, Examples) const override { return make_undefined_scorer(); }
  std::optional<double> majority_score(Examples) const override { return std::nullopt; }
};

using Factory = std::unique_ptr<Metric> (*)(const MetricInput&);

const std::map<std::string_view, Factory>& factories() {
  static const std::map<std::string_view, Factory> table = {
      {"accuracy", make_accuracy},
      {"balanced_accuracy",
       [](const MetricInput& input) -> std::unique_ptr<Metric> {
         return std::make_unique<PredictedClassMetric>("balanced_accuracy",
                                                       labelled_class_reader("balanced_accuracy", input), input.labels,
                                                       make_balanced_accuracy_scorer);
       }},
      {"macro_f1", make_macro_f1},
      {"roc_auc",
       [](const MetricInput& input) -> std::unique_ptr<Metric> {
         return std::make_unique<RocAucMetric>(labelled_class_reader("roc_auc", input), input);
       }},
      {"log_loss", make_log_loss},
      {"vqa_accuracy", make_vqa_accuracy},
      {"mse", make_mse},
      {"mae", make_mae},
      {"r2", make_r2},
      {"output", make_mean_output},
      {"micro_f1", make_micro_f1},
      {"subset_accuracy", make_subset_accuracy},
      {"macro_roc_auc", make_macro_roc_auc},
      {"mean_average_precision", make_mean_average_precision},
  };
  return table;
}

}  // namespace

std::span<const std::string> metric_names() noexcept {
  return kMetricNames;
}

Orientation metric_orientation(std::string_view name) noexcept {
  const bool is_loss = name == "log_loss" || name == "mse" || name == "mae";
  return is_loss ? Orientation::kLowerIsBetter : Orientation::kHigherIsBetter;
}

std::string default_metric_name(OutputKind kind, const Labels& labels) {
  if (kind == OutputKind::kRegression) return std::holds_alternative<NoLabels>(labels) ? "output" : "mse";
  if (kind == OutputKind::kCausalLm) return "log_loss";
  // The usual number of multilabel tasks; it asks at the threshold of a prediction, and rare labels weigh like others.
  if (predicts_label_sets(kind)) return "macro_f1";
  return std::holds_alternative<AnswerCounts>(labels) ? "vqa_accuracy" : "accuracy";
}

std::unique_ptr<Metric> make_metric(std::string_view name, const MetricInput& input) {
  const auto found = factories().find(name);
  if (found == factories().end()) {
    throw ConfigError("metric: unknown '" + std::string(name) + "'" + suggestion(name, kMetricNames));
  }
  return found->second(input);
}

std::unique_ptr<Metric> make_no_metric() {
  return std::make_unique<NoMetric>();
}

}  // namespace modattr
