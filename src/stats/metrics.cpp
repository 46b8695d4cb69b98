#include "modattr/stats/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/stats/class_reader.h"
#include "modattr/stats/scorers.h"

namespace modattr {
namespace {

using Row = std::span<const double>;
using Examples = std::span<const std::uint32_t>;

const std::array<std::string, 10> kMetricNames = {
    "accuracy", "balanced_accuracy", "macro_f1", "roc_auc", "log_loss", "vqa_accuracy", "mse", "mae", "r2", "output"};

std::vector<double> select(Row values, Examples examples) {
  std::vector<double> selected;
  selected.reserve(examples.size());
  for (const std::uint32_t example : examples) selected.push_back(values[example]);
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
  using ClassMetric::ClassMetric;

  std::size_t width() const noexcept override { return reader().class_count() == 2 ? 1 : reader().class_count(); }
  void outcome(Row output, std::size_t, std::span<double> outcome) const override {
    if (width() == 1) {
      outcome[0] = reader().positive_score(output);
      return;
    }
    for (std::size_t label = 0; label < width(); ++label) {
      outcome[label] = std::exp(reader().log_probability(output, label));
    }
  }
  std::unique_ptr<OutcomeScorer> scorer(Row outcomes, Examples examples) const override {
    std::vector<double> scores;
    scores.reserve(examples.size() * width());
    for (const std::uint32_t example : examples) {
      const Row row = outcomes.subspan(example * width(), width());
      scores.insert(scores.end(), row.begin(), row.end());
    }
    return make_roc_auc_scorer(std::move(scores), labels_of(examples), width());
  }
  std::optional<double> majority_score(Examples) const override { return 0.5; }
};

class R2Metric final : public Metric {
 public:
  explicit R2Metric(std::shared_ptr<const Labels> labels) : labels_(std::move(labels)) {}

  std::string_view name() const noexcept override { return "r2"; }
  Orientation orientation() const noexcept override { return Orientation::kHigherIsBetter; }
  bool is_mean() const noexcept override { return false; }
  void outcome(Row output, std::size_t, std::span<double> outcome) const override { outcome[0] = output[0]; }
  std::unique_ptr<OutcomeScorer> scorer(Row outcomes, Examples examples) const override {
    return make_r2_scorer(select(outcomes, examples), select(std::get<ValueLabels>(*labels_).values, examples));
  }
  /// The mean label explains no variance.
  std::optional<double> majority_score(Examples) const override { return 0.0; }

 private:
  std::shared_ptr<const Labels> labels_;
};

template <typename Kind>
void require_labels(std::string_view metric, const MetricInput& input, const char* wanted) {
  if (!std::holds_alternative<Kind>(*input.labels)) {
    throw ConfigError("metric '" + std::string(metric) + "': expected " + wanted + ", got " + kind_name(*input.labels) +
                      "; choose a metric that suits the labels");
  }
}

void require_regression(std::string_view metric, const MetricInput& input) {
  if (input.kind != OutputKind::kRegression) {
    throw ConfigError("metric '" + std::string(metric) + "': expected model.kind \"regression\", got " +
                      (input.kind == OutputKind::kCausalLm
                           ? "a language model; use log_loss"
                           : "a classifier; use a metric of classes such as accuracy or log_loss"));
  }
  if (input.output_width != 1) {
    throw ModelError("model output: expected one number per example for regression, got " +
                     std::to_string(input.output_width));
  }
}

ClassReader class_reader(std::string_view metric, const MetricInput& input) {
  if (!predicts_classes(input.kind)) {
    throw ConfigError("metric '" + std::string(metric) +
                      "': expected model.kind \"logits\" or \"probabilities\", got " +
                      (input.kind == OutputKind::kRegression ? "\"regression\"" : "\"causal_lm\"; use log_loss"));
  }
  return {input.kind, input.output_width};
}

ClassReader labelled_class_reader(std::string_view metric, const MetricInput& input) {
  const ClassReader reader = class_reader(metric, input);
  require_labels<ClassLabels>(metric, input, "class labels");
  const auto& classes = std::get<ClassLabels>(*input.labels).classes;
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

std::unique_ptr<Metric> make_log_loss(const MetricInput& input) {
  if (input.kind == OutputKind::kCausalLm) {
    return std::make_unique<MeanMetric>(
        MeanMetricParts{.name = "log_loss",
                        .orientation = Orientation::kLowerIsBetter,
                        .outcome = [](Row output, std::size_t) { return -mean_token_log_probability(output); },
                        .majority = {}});
  }
  const ClassReader reader = labelled_class_reader("log_loss", input);
  const auto labels = input.labels;
  return std::make_unique<MeanMetric>(
      MeanMetricParts{.name = "log_loss",
                      .orientation = Orientation::kLowerIsBetter,
                      .outcome =
                          [=](Row output, std::size_t example) {
                            const auto label = std::get<ClassLabels>(*labels).classes[example];
                            return -reader.log_probability(output, static_cast<std::size_t>(label));
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

std::unique_ptr<Metric> make_error_metric(std::string name, const MetricInput& input, double (*loss)(double)) {
  require_regression(name, input);
  require_labels<ValueLabels>(name, input, "float labels");
  const auto labels = input.labels;
  return std::make_unique<MeanMetric>(MeanMetricParts{
      .name = std::move(name),
      .orientation = Orientation::kLowerIsBetter,
      .outcome = [=](Row output,
                     std::size_t example) { return loss(output[0] - std::get<ValueLabels>(*labels).values[example]); },
      .majority = {}});
}

class NoMetric final : public Metric {
 public:
  std::string_view name() const noexcept override { return "none"; }
  Orientation orientation() const noexcept override { return Orientation::kHigherIsBetter; }
  bool is_mean() const noexcept override { return false; }
  void outcome(Row, std::size_t, std::span<double> outcome) const override { outcome[0] = 0.0; }
  std::unique_ptr<OutcomeScorer> scorer(Row, Examples) const override {
    class NoScore final : public OutcomeScorer {
      std::optional<double> score(std::span<const std::uint32_t>) const override { return std::nullopt; }
    };
    return std::make_unique<NoScore>();
  }
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
      {"macro_f1",
       [](const MetricInput& input) -> std::unique_ptr<Metric> {
         return std::make_unique<PredictedClassMetric>("macro_f1", labelled_class_reader("macro_f1", input),
                                                       input.labels, make_macro_f1_scorer);
       }},
      {"roc_auc",
       [](const MetricInput& input) -> std::unique_ptr<Metric> {
         return std::make_unique<RocAucMetric>("roc_auc", labelled_class_reader("roc_auc", input), input.labels);
       }},
      {"log_loss", make_log_loss},
      {"vqa_accuracy", make_vqa_accuracy},
      {"mse",
       [](const MetricInput& input) {
         return make_error_metric("mse", input, [](double error) { return error * error; });
       }},
      {"mae",
       [](const MetricInput& input) {
         return make_error_metric("mae", input, [](double error) { return std::abs(error); });
       }},
      {"r2",
       [](const MetricInput& input) -> std::unique_ptr<Metric> {
         require_regression("r2", input);
         require_labels<ValueLabels>("r2", input, "float labels");
         return std::make_unique<R2Metric>(input.labels);
       }},
      {"output",
       [](const MetricInput& input) -> std::unique_ptr<Metric> {
         require_regression("output", input);
         return std::make_unique<MeanMetric>(MeanMetricParts{
             .name = "output", .outcome = [](Row output, std::size_t) { return output[0]; }, .majority = {}});
       }},
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
