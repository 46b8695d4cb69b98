#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "metric_parts.h"
#include "modattr/stats/multilabel_reader.h"
#include "modattr/stats/multilabel_scorers.h"

namespace modattr {
namespace {

/// What metrics of label sets read.
class LabelSets {
 public:
  LabelSets(std::string_view metric, const MetricInput& input) : reader_(input.kind), labels_(input.labels) {
    if (!predicts_label_sets(input.kind)) {
      throw ConfigError("metric '" + std::string(metric) + "': expected model.kind \"multilabel\", got " +
                        (input.kind == OutputKind::kRegression ? "a regression"
                         : input.kind == OutputKind::kCausalLm ? "a language model; use log_loss"
                                                               : "a classifier of one class per example"));
    }
    require_labels<IndicatorLabels>(metric, input, "multilabel indicators [examples, labels]");
    if (count() != input.output_width) {
      throw DataError("labels: expected 0 or 1 for each of the model's outputs, " + std::to_string(input.output_width) +
                      ", got " + std::to_string(count()) + " columns");
    }
  }

  const MultilabelReader& reader() const noexcept { return reader_; }
  std::size_t count() const noexcept { return indicators().label_count; }
  std::span<const std::uint8_t> row(std::size_t example) const { return indicators().row(example); }
  std::vector<std::uint8_t> select(Examples examples) const {
    std::vector<std::uint8_t> selected;
    for (const std::uint32_t example : examples)
      selected.insert(selected.end(), row(example).begin(), row(example).end());
    return selected;
  }
  std::vector<std::uint8_t> select_label(Examples examples, std::size_t label) const {
    std::vector<std::uint8_t> selected;
    for (const std::uint32_t example : examples) selected.push_back(row(example)[label]);
    return selected;
  }
  /// How many of the examples each label is true of, [labels].
  std::vector<double> counts(Examples examples) const {
    std::vector<double> counts(count(), 0.0);
    for (const std::uint32_t example : examples) {
      for (std::size_t label = 0; label < count(); ++label) counts[label] += row(example)[label];
    }
    return counts;
  }

 private:
  const IndicatorLabels& indicators() const noexcept { return *std::get_if<IndicatorLabels>(labels_.get()); }

  MultilabelReader reader_;
  std::shared_ptr<const Labels> labels_;
};

/// Shared part of the metrics over label sets that are not means.
class LabelSetMetric : public Metric {
 public:
  LabelSetMetric(std::string name, const MetricInput& input) : name_(std::move(name)), labels_(name_, input) {}

  std::string_view name() const noexcept override { return name_; }
  Orientation orientation() const noexcept override { return Orientation::kHigherIsBetter; }
  bool is_mean() const noexcept override { return false; }
  std::size_t width() const noexcept override { return labels_.count(); }

 protected:
  const LabelSets& labels() const noexcept { return labels_; }

 private:
  std::string name_;
  LabelSets labels_;
};

/// The outcome is the predicted set, 0 or 1 for each label.
class LabelF1Metric final : public LabelSetMetric {
 public:
  LabelF1Metric(std::string name, const MetricInput& input, F1Average average)
      : LabelSetMetric(std::move(name), input), average_(average) {}

  void outcome(Row output, std::size_t, std::span<double> outcome) const override {
    for (std::size_t label = 0; label < output.size(); ++label) {
      outcome[label] = labels().reader().is_predicted(output[label]) ? 1.0 : 0.0;
    }
  }
  std::unique_ptr<OutcomeScorer> scorer(Row outcomes, Examples examples) const override {
    std::vector<std::uint8_t> predicted;
    predicted.reserve(examples.size() * width());
    for (const std::uint32_t example : examples) {
      for (const double flag : outcomes.subspan(example * width(), width())) predicted.push_back(flag != 0.0 ? 1 : 0);
    }
    return make_label_f1_scorer(std::move(predicted), labels().select(examples), width(), average_);
  }
  std::optional<double> majority_score(Examples examples) const override {
    if (examples.empty()) return std::nullopt;
    const auto example_count = static_cast<double>(examples.size());
    std::vector<double> counts = labels().counts(examples);
    double best = 0.0;
    if (average_ == F1Average::kMacro) {
      // A label that is always predicted scores at least as high as one that never is.
      for (const double count : counts) best += 2.0 * count / (example_count + count);
      return best / static_cast<double>(width());
    }
    // Of all sets of one size that of the most frequent labels is the best.
    std::ranges::sort(counts, std::greater());
    const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
    double correct = 0.0;
    for (std::size_t size = 1; size <= counts.size(); ++size) {
      correct += counts[size - 1];
      best = std::max(best, 2.0 * correct / (static_cast<double>(size) * example_count + total));
    }
    return best;
  }

 private:
  F1Average average_;
};

/// The mean over labels of a number that orders examples by their outputs; the outcome is the output.
class RankingMetric final : public LabelSetMetric {
 public:
  enum class Score { kAveragePrecision, kRocAuc };

  RankingMetric(std::string name, const MetricInput& input, Score score)
      : LabelSetMetric(std::move(name), input), score_(score) {}

  void outcome(Row output, std::size_t, std::span<double> outcome) const override {
    std::ranges::copy(output, outcome.begin());
  }
  std::unique_ptr<OutcomeScorer> scorer(Row outcomes, Examples examples) const override {
    std::vector<std::unique_ptr<OutcomeScorer>> scorers;
    for (std::size_t label = 0; label < width(); ++label) {
      std::vector<double> scores = select_column(outcomes, examples, label, width());
      std::vector<std::uint8_t> flags = labels().select_label(examples, label);
      scorers.push_back(score_ == Score::kAveragePrecision
                            ? make_average_precision_scorer(scores, std::move(flags))
                            : make_roc_auc_scorer(std::move(scores), {flags.begin(), flags.end()}, 1));
    }
    return make_macro_scorer(std::move(scorers), UndefinedParts::kAreLeftOut);
  }
  std::optional<double> majority_score(Examples examples) const override {
    if (score_ == Score::kRocAuc) return 0.5;
    // All examples tie: the precision at the only threshold is how often the label is true.
    double sum = 0.0;
    std::size_t label_count = 0;
    for (const double count : labels().counts(examples)) {
      if (count == 0.0) continue;
      sum += count / static_cast<double>(examples.size());
      ++label_count;
    }
    if (label_count == 0) return std::nullopt;
    return sum / static_cast<double>(label_count);
  }

 private:
  Score score_;
};

}  // namespace

std::unique_ptr<Metric> make_subset_accuracy(const MetricInput& input) {
  const LabelSets labels("subset_accuracy", input);
  return std::make_unique<MeanMetric>(MeanMetricParts{
      .name = "subset_accuracy",
      .outcome =
          [=](Row output, std::size_t example) {
            const std::span<const std::uint8_t> row = labels.row(example);
            const auto agrees = [&](double number, std::uint8_t flag) {
              return labels.reader().is_predicted(number) == (flag != 0);
            };
            return std::ranges::equal(output, row, agrees) ? 1.0 : 0.0;
          },
      .majority = [=](Examples examples) -> std::optional<double> {
        if (examples.empty()) return std::nullopt;
        std::map<std::vector<std::uint8_t>, std::size_t> counts;
        std::size_t largest = 0;
        for (const std::uint32_t example : examples) {
          largest = std::max(largest, ++counts[{labels.row(example).begin(), labels.row(example).end()}]);
        }
        return static_cast<double>(largest) / static_cast<double>(examples.size());
      }});
}

std::unique_ptr<Metric> make_micro_f1(const MetricInput& input) {
  return std::make_unique<LabelF1Metric>("micro_f1", input, F1Average::kMicro);
}

std::unique_ptr<Metric> make_macro_f1_of_labels(const MetricInput& input) {
  return std::make_unique<LabelF1Metric>("macro_f1", input, F1Average::kMacro);
}

std::unique_ptr<Metric> make_mean_average_precision(const MetricInput& input) {
  return std::make_unique<RankingMetric>("mean_average_precision", input, RankingMetric::Score::kAveragePrecision);
}

std::unique_ptr<Metric> make_macro_roc_auc(const MetricInput& input) {
  return std::make_unique<RankingMetric>("macro_roc_auc", input, RankingMetric::Score::kRocAuc);
}

std::unique_ptr<Metric> make_log_loss_of_labels(const MetricInput& input) {
  const LabelSets labels("log_loss", input);
  return std::make_unique<MeanMetric>(
      MeanMetricParts{.name = "log_loss",
                      .orientation = Orientation::kLowerIsBetter,
                      .outcome =
                          [=](Row output, std::size_t example) {
                            double sum = 0.0;
                            for (std::size_t label = 0; label < output.size(); ++label) {
                              const bool is_true = labels.row(example)[label] != 0;
                              if (is_true && is_masked(output[label])) throw_masked_metric("log_loss", label);
                              sum -= labels.reader().log_probability(output[label], is_true);
                            }
                            return sum / static_cast<double>(output.size());
                          },
                      .majority = {}});
}

}  // namespace modattr
