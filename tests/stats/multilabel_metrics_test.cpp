#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/stats/masked_logit.h"
#include "modattr/stats/metrics.h"
#include "support/thrown_message.h"

namespace modattr::multilabel_metrics_test {
namespace {

using Outputs = std::vector<std::vector<double>>;
using Flags = std::vector<std::uint8_t>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Four examples of three labels; the sets that are predicted are {0}, {1, 2}, {0} and {}.
const Flags kLabels = {1, 0, 1, 0, 1, 0, 1, 1, 0, 0, 0, 0};
const Outputs kLogits = {{2, -1, -1}, {-1, 1, 1}, {0.5, -2, -3}, {-1, -0.5, -2}};

std::unique_ptr<Metric> metric_of(std::string_view name, const Flags& labels, std::size_t label_count,
                                  OutputKind kind = OutputKind::kMultilabel) {
  return make_metric(name, {.kind = kind,
                            .output_width = label_count,
                            .labels = std::make_shared<const Labels>(IndicatorLabels{labels, label_count})});
}

std::optional<double> score_of(std::string_view name, const Outputs& outputs, const Flags& labels,
                               OutputKind kind = OutputKind::kMultilabel) {
  const auto metric = metric_of(name, labels, outputs.front().size(), kind);
  std::vector<double> outcomes(outputs.size() * metric->width());
  std::vector<std::uint32_t> examples(outputs.size());
  std::iota(examples.begin(), examples.end(), 0U);
  for (const std::uint32_t example : examples) {
    metric->outcome(outputs[example], example, std::span(outcomes).subspan(example * metric->width(), metric->width()));
  }
  return metric->scorer(outcomes, examples)->score(std::vector<std::uint32_t>(outputs.size(), 1));
}

double constant_of(std::string_view name) {
  const std::vector<std::uint32_t> examples = {0, 1, 2, 3};
  return metric_of(name, kLabels, 3)->majority_score(examples).value();
}

double sigmoid(double logit) {
  return 1.0 / (1.0 + std::exp(-logit));
}

TEST(MultilabelMetrics, FollowTheirDefinitions) {
  EXPECT_EQ(score_of("subset_accuracy", kLogits, kLabels), 0.25) << "only that of the last example";
  // Label 0: 2 of 2; label 1: 1 found, 1 missed; label 2: 1 wrong, 1 missed.
  EXPECT_DOUBLE_EQ(score_of("macro_f1", kLogits, kLabels).value(), (1.0 + 2.0 / 3.0 + 0.0) / 3.0);
  EXPECT_DOUBLE_EQ(score_of("micro_f1", kLogits, kLabels).value(), 6.0 / 9.0);
  // Places of the true ones: 1, 2; 1, 4; 2.
  EXPECT_DOUBLE_EQ(score_of("mean_average_precision", kLogits, kLabels).value(), (1.0 + 0.75 + 0.5) / 3.0);
  EXPECT_DOUBLE_EQ(score_of("macro_roc_auc", kLogits, kLabels).value(), (1.0 + 0.5 + 2.0 / 3.0) / 3.0);
  double loss = 0.0;
  for (std::size_t place = 0; place < kLabels.size(); ++place) {
    const double probability = sigmoid(kLogits[place / 3][place % 3]);
    loss -= std::log(kLabels[place] == 1 ? probability : 1.0 - probability) / 12.0;
  }
  EXPECT_NEAR(score_of("log_loss", kLogits, kLabels).value(), loss, 1e-14);
}

TEST(MultilabelMetrics, AreTheSameOfProbabilities) {
  Outputs probabilities = kLogits;
  for (std::vector<double>& row : probabilities) {
    for (double& number : row) number = sigmoid(number);
  }
  for (const char* const name :
       {"subset_accuracy", "macro_f1", "micro_f1", "mean_average_precision", "macro_roc_auc", "log_loss"}) {
    EXPECT_NEAR(score_of(name, probabilities, kLabels, OutputKind::kMultilabelProbabilities).value(),
                score_of(name, kLogits, kLabels).value(), 1e-14)
        << name;
  }
  EXPECT_EQ(score_of("subset_accuracy", {{0.5, 0.6}}, {0, 1}, OutputKind::kMultilabelProbabilities), 1.0);
}

TEST(MultilabelMetrics, KnowLabelsWithoutExamples) {
  // Label 1 is never true; label 2 always.
  const Flags labels = {1, 0, 1, 0, 0, 1};
  const Outputs outputs = {{1, -1, 1}, {-1, -1, 1}};
  EXPECT_DOUBLE_EQ(score_of("macro_f1", outputs, labels).value(), 2.0 / 3.0) << "zero_division=0";
  EXPECT_EQ(score_of("micro_f1", {{-1.0}}, {0}), 0.0);
  EXPECT_EQ(score_of("mean_average_precision", outputs, labels), 1.0);
  EXPECT_EQ(score_of("macro_roc_auc", outputs, labels), 1.0);
  EXPECT_EQ(score_of("mean_average_precision", {{1.0}}, {0}), std::nullopt);
  EXPECT_EQ(score_of("macro_roc_auc", {{1.0}}, {1}), std::nullopt);
  EXPECT_EQ(score_of("mean_average_precision", {{0.0}, {0.0}}, {1, 0}), 0.5) << "one threshold for both";
}

TEST(MultilabelMetrics, KnowTheBestConstantAnswer) {
  EXPECT_EQ(constant_of("subset_accuracy"), 0.25);
  // Always {0, 1}: 4 right of 8, of 5 that are true.
  EXPECT_DOUBLE_EQ(constant_of("micro_f1"), 8.0 / 13.0);
  EXPECT_DOUBLE_EQ(constant_of("macro_f1"), (2.0 / 3.0 + 2.0 / 3.0 + 2.0 / 5.0) / 3.0);
  EXPECT_DOUBLE_EQ(constant_of("mean_average_precision"), (0.5 + 0.5 + 0.25) / 3.0);
  EXPECT_EQ(constant_of("macro_roc_auc"), 0.5);
  const std::vector<std::uint32_t> examples = {0};
  EXPECT_EQ(metric_of("log_loss", kLabels, 3)->majority_score(examples), std::nullopt);
}

TEST(MultilabelMetrics, TakeARuledOutLabelForImpossible) {
  const Outputs masked = {{2.0, -kInfinity}};
  EXPECT_EQ(score_of("subset_accuracy", masked, {1, 0}), 1.0);
  EXPECT_NEAR(score_of("log_loss", masked, {1, 0}).value(), std::log1p(std::exp(-2.0)) / 2.0, 1e-15);
  EXPECT_TRUE(mentions(thrown_message<MaskedLogitError>([&] {
                         return score_of("log_loss", masked, {0, 1});
                       }),
                       {"metric 'log_loss': expected a finite logit of class 1, got -inf"}));
}

TEST(MultilabelMetrics, RefuseWhatDoesNotGoTogether) {
  EXPECT_TRUE(mentions(thrown_message<DataError>([] {
                         return make_metric("macro_f1",
                                            {.kind = OutputKind::kMultilabel,
                                             .output_width = 4,
                                             .labels = std::make_shared<const Labels>(IndicatorLabels{{1, 0}, 2})});
                       }),
                       {"labels: expected 0 or 1 for each of the model's outputs, 4, got 2 columns"}));
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([] {
                         return metric_of("accuracy", {1, 0}, 2);
                       }),
                       {"a multilabel model; use macro_f1"}));
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([] {
                         return metric_of("mse", {1, 0}, 2);
                       }),
                       {"a multilabel model"}));
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([] {
                         return metric_of("micro_f1", {1, 0}, 2, OutputKind::kLogits);
                       }),
                       {"expected model.kind \"multilabel\", got a classifier"}));
}

}  // namespace
}  // namespace modattr::multilabel_metrics_test
