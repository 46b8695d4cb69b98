#include "modattr/stats/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/stats/masked_logit.h"

namespace modattr::metrics_test {
namespace {

using Outputs = std::vector<std::vector<double>>;
using Examples = std::vector<std::uint32_t>;

std::shared_ptr<const Labels> classes(std::vector<std::int64_t> values) {
  return std::make_shared<const Labels>(ClassLabels{std::move(values)});
}

std::shared_ptr<const Labels> numbers(std::vector<double> values) {
  return std::make_shared<const Labels>(ValueLabels{std::move(values)});
}

std::shared_ptr<const Labels> answers(const Outputs& rows) {
  AnswerCounts counts;
  for (const std::vector<double>& row : rows) counts.add_example(row);
  return std::make_shared<const Labels>(std::move(counts));
}

Examples first_examples(std::size_t count) {
  Examples examples(count);
  std::iota(examples.begin(), examples.end(), 0U);
  return examples;
}

std::vector<double> outcomes_of(const Metric& metric, const Outputs& outputs) {
  std::vector<double> outcomes(outputs.size() * metric.width());
  for (std::size_t example = 0; example < outputs.size(); ++example) {
    metric.outcome(outputs[example], example, std::span(outcomes).subspan(example * metric.width(), metric.width()));
  }
  return outcomes;
}

std::optional<double> score_of(std::string_view name, OutputKind kind, const Outputs& outputs,
                               std::shared_ptr<const Labels> labels) {
  const auto metric =
      make_metric(name, {.kind = kind, .output_width = outputs.front().size(), .labels = std::move(labels)});
  EXPECT_EQ(metric->name(), name);
  const std::vector<std::uint32_t> once(outputs.size(), 1);
  return metric->scorer(outcomes_of(*metric, outputs), first_examples(outputs.size()))->score(once);
}

std::optional<double> majority_of(std::string_view name, OutputKind kind, std::size_t output_width,
                                  std::shared_ptr<const Labels> labels, const Examples& examples) {
  return make_metric(name, {.kind = kind, .output_width = output_width, .labels = std::move(labels)})
      ->majority_score(examples);
}

constexpr OutputKind kLogits = OutputKind::kLogits;
constexpr OutputKind kProbabilities = OutputKind::kProbabilities;
constexpr OutputKind kRegression = OutputKind::kRegression;

TEST(Accuracy, IsTheShareOfRightAnswers) {
  EXPECT_EQ(score_of("accuracy", kLogits, {{1, 2, 0}, {3, 1, 1}, {0, 1, 2}, {5, 4, 4}}, classes({1, 0, 2, 1})), 0.75);
}

TEST(Accuracy, TakesTheFirstOfEqualLogits) {
  EXPECT_EQ(score_of("accuracy", kLogits, {{1, 1}, {1, 1}}, classes({0, 1})), 0.5);
}

TEST(Accuracy, ReadsOneLogitAsThePositiveClass) {
  EXPECT_EQ(score_of("accuracy", kLogits, {{0.1}, {-0.1}, {0.0}, {9}}, classes({1, 0, 0, 0})), 0.75);
}

TEST(Accuracy, ReadsOneProbabilityAsThePositiveClass) {
  EXPECT_EQ(score_of("accuracy", kProbabilities, {{0.6}, {0.4}, {0.5}, {0.1}}, classes({1, 0, 0, 1})), 0.75);
}

TEST(BalancedAccuracy, IsTheMeanRecall) {
  const Outputs outputs = {{-1}, {1}, {-1}, {-1}, {-1}, {1}};
  EXPECT_EQ(score_of("balanced_accuracy", kLogits, outputs, classes({0, 1, 0, 0, 1, 0})), 0.625);
}

TEST(MacroF1, IsTheMeanF1) {
  const Outputs outputs = {{1, 0, 0}, {0, 0, 1}, {0, 1, 0}, {1, 0, 0}, {1, 0, 0}, {0, 1, 0}};
  EXPECT_NEAR(score_of("macro_f1", kLogits, outputs, classes({0, 1, 2, 0, 1, 2})).value(), 4.0 / 15.0, 1e-15);
}

TEST(RocAuc, IsTheSameForOneAndTwoColumns) {
  const auto labels = classes({0, 0, 1, 1});
  EXPECT_EQ(score_of("roc_auc", kProbabilities, {{.1}, {.4}, {.35}, {.8}}, labels), 0.75);
  EXPECT_EQ(score_of("roc_auc", kProbabilities, {{.9, .1}, {.6, .4}, {.65, .35}, {.2, .8}}, labels), 0.75);
  EXPECT_EQ(score_of("roc_auc", kLogits, {{5, 4}, {5, 8}, {1, 3}, {1, 9}}, labels), 0.75);
}

TEST(RocAuc, RanksManyClassesByProbabilityNotByLogit) {
  // The last row has the largest logit of class 0 and the smallest probability.
  const Outputs outputs = {{3, 0, 0}, {2, 0, 0}, {1, 9, 0}, {9, 0, 20}};
  const Outputs probabilities = {{.9, .05, .05}, {.8, .1, .1}, {.001, .999, 0.0001}, {.0001, 0.00001, .999}};
  const auto labels = classes({0, 0, 1, 2});
  EXPECT_EQ(score_of("roc_auc", kLogits, outputs, labels), 1.0);
  EXPECT_EQ(score_of("roc_auc", kProbabilities, probabilities, labels), 1.0);
}

// The example of scikit-learn's documentation of log_loss.
TEST(LogLoss, IsTheMeanNegativeLogProbability) {
  const Outputs outputs = {{.1, .9}, {.9, .1}, {.8, .2}, {.35, .65}};
  EXPECT_NEAR(score_of("log_loss", kProbabilities, outputs, classes({1, 0, 0, 1})).value(), 0.21616187468057912, 1e-15);
}

TEST(LogLoss, IsTheSameForOneAndTwoColumns) {
  const auto labels = classes({1, 0, 0, 1});
  EXPECT_NEAR(score_of("log_loss", kProbabilities, {{.9}, {.1}, {.2}, {.65}}, labels).value(), 0.21616187468057912,
              1e-15);
  const double one = score_of("log_loss", kLogits, {{2}, {-3}, {1}, {0}}, labels).value();
  const double two = score_of("log_loss", kLogits, {{0, 2}, {3, 0}, {1, 2}, {5, 5}}, labels).value();
  EXPECT_NEAR(one, two, 1e-15);
}

TEST(LogLoss, ClipsTheProbabilityZero) {
  const double clipped = -std::log(2.220446049250313e-16);
  EXPECT_EQ(score_of("log_loss", kProbabilities, {{1, 0}}, classes({1})), clipped);
  EXPECT_EQ(score_of("log_loss", kProbabilities, {{1}}, classes({0})), clipped);
  EXPECT_EQ(score_of("log_loss", kProbabilities, {{1, 0}}, classes({0})), 0.0);
}

TEST(LogLoss, StaysFiniteForHugeLogits) {
  EXPECT_EQ(score_of("log_loss", kLogits, {{1000, 0, 0}}, classes({1})), 1000.0);
  EXPECT_EQ(score_of("log_loss", kLogits, {{-1000}}, classes({1})), 1000.0);
  EXPECT_EQ(score_of("log_loss", kLogits, {{1000}}, classes({1})), 0.0);
}

TEST(VqaAccuracy, GivesCreditForEveryAnnotator) {
  const auto labels = answers({{0, 1, 9}, {2, 8, 0}, {10, 0, 0}});
  const double score = score_of("vqa_accuracy", kLogits, {{0, 5, 1}, {5, 0, 1}, {5, 0, 1}}, labels).value();
  EXPECT_DOUBLE_EQ(score, (1.0 / 3.0 + 2.0 / 3.0 + 1.0) / 3.0);
}

TEST(SquaredError, GivesTheValuesOfTheDocumentation) {
  const Outputs outputs = {{2.5}, {0.0}, {2}, {8}};
  const auto labels = numbers({3, -0.5, 2, 7});
  EXPECT_DOUBLE_EQ(score_of("mse", kRegression, outputs, labels).value(), 0.375);
  EXPECT_DOUBLE_EQ(score_of("mae", kRegression, outputs, labels).value(), 0.5);
  EXPECT_NEAR(score_of("r2", kRegression, outputs, labels).value(), 0.9486081370449679, 1e-15);
  EXPECT_DOUBLE_EQ(score_of("output", kRegression, outputs, labels).value(), 3.125);
}

TEST(SquaredError, IsTheMeanOverTheColumnsOfALabel) {
  const Outputs outputs = {{1, 10}, {2, 20}, {3, 60}};
  const auto labels = std::make_shared<const Labels>(ValueLabels{{2, 10, 2, 20, 5, 30}, 2});
  // Errors 1, 0, 2 and 0, 0, 30; squared deviations of the labels 6 and 200.
  EXPECT_DOUBLE_EQ(score_of("mse", kRegression, outputs, labels).value(), (5.0 / 3.0 + 300.0) / 2.0);
  EXPECT_DOUBLE_EQ(score_of("mae", kRegression, outputs, labels).value(), (1.0 + 10.0) / 2.0);
  EXPECT_DOUBLE_EQ(score_of("r2", kRegression, outputs, labels).value(), (1.0 - 5.0 / 6.0 + 1.0 - 900.0 / 200.0) / 2.0);
  const auto flat = std::make_shared<const Labels>(ValueLabels{{2, 10, 3, 10, 4, 10}, 2});
  EXPECT_EQ(score_of("r2", kRegression, outputs, flat), std::nullopt) << "the labels of a column are all the same";
}

TEST(LogLoss, TakesARuledOutClassForImpossible) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_NEAR(score_of("log_loss", kLogits, {{1, -infinity, 0}}, classes({0})).value(), std::log1p(std::exp(-1.0)),
              1e-15);
  EXPECT_EQ(score_of("accuracy", kLogits, {{-3, -infinity, -4}}, classes({0})), 1.0);
  EXPECT_EQ(score_of("roc_auc", kLogits, {{-infinity, 1}, {2, 1}, {0, -infinity}}, classes({1, 0, 0})), 1.0);
  EXPECT_THROW(score_of("log_loss", kLogits, {{1, -infinity, 0}}, classes({1})), MaskedLogitError);
}

TEST(Output, NeedsNoLabels) {
  EXPECT_EQ(score_of("output", kRegression, {{2}, {4}}, std::make_shared<const Labels>(NoLabels{})), 3.0);
}

TEST(Orientation, IsDownwardForLosses) {
  const auto labels = numbers({1, 2});
  const auto indicators = std::make_shared<const Labels>(IndicatorLabels{{0, 1}, 2});
  for (const std::string& name : metric_names()) {
    const bool regression = name == "mse" || name == "mae" || name == "r2" || name == "output";
    const bool multilabel =
        name == "subset_accuracy" || name == "micro_f1" || name == "mean_average_precision" || name == "macro_roc_auc";
    const auto metric = make_metric(name, {.kind = regression   ? kRegression
                                                   : multilabel ? OutputKind::kMultilabel
                                                                : kLogits,
                                           .output_width = regression ? 1U : 2U,
                                           .labels = regression               ? labels
                                                     : multilabel             ? indicators
                                                     : name == "vqa_accuracy" ? answers({{1, 0}})
                                                                              : classes({0, 1})});
    const bool is_loss = name == "log_loss" || name == "mse" || name == "mae";
    EXPECT_EQ(metric->orientation() == Orientation::kLowerIsBetter, is_loss) << name;
    EXPECT_EQ(metric->orientation(), metric_orientation(name)) << name;
    const bool is_mean =
        is_loss || name == "accuracy" || name == "vqa_accuracy" || name == "output" || name == "subset_accuracy";
    EXPECT_EQ(metric->is_mean(), is_mean) << name;
    EXPECT_EQ(metric->name(), name);
  }
}

TEST(MajorityScore, IsTheBestConstantAnswer) {
  const auto labels = classes({0, 1, 1, 2, 1});
  EXPECT_DOUBLE_EQ(majority_of("accuracy", kLogits, 3, labels, first_examples(5)).value(), 0.6);
  EXPECT_DOUBLE_EQ(majority_of("accuracy", kLogits, 3, labels, {0, 3}).value(), 0.5);
  EXPECT_EQ(majority_of("accuracy", kLogits, 3, labels, {2, 4}), 1.0);
  EXPECT_DOUBLE_EQ(majority_of("balanced_accuracy", kLogits, 3, labels, {3, 4}).value(), 0.5);
  EXPECT_DOUBLE_EQ(majority_of("balanced_accuracy", kLogits, 3, labels, first_examples(5)).value(), 1.0 / 3.0);
  // All ones: precision 0.6 and recall 1, F1 0.75, and 0 for the other two classes.
  EXPECT_DOUBLE_EQ(majority_of("macro_f1", kLogits, 3, labels, first_examples(5)).value(), 0.25);
  EXPECT_EQ(majority_of("roc_auc", kLogits, 3, labels, first_examples(5)), 0.5);
  const auto counts = answers({{0, 1, 9}, {2, 8, 0}, {10, 1, 0}});
  EXPECT_DOUBLE_EQ(majority_of("vqa_accuracy", kLogits, 3, counts, first_examples(3)).value(),
                   (1.0 / 3.0 + 1.0 + 1.0 / 3.0) / 3.0);
  EXPECT_EQ(majority_of("vqa_accuracy", kLogits, 3, counts, {2}), 1.0);
  EXPECT_EQ(majority_of("r2", kRegression, 1, numbers({1, 2}), first_examples(2)), 0.0);
}

TEST(MajorityScore, IsNotDefinedWhereTheBestValueIsNotOne) {
  EXPECT_EQ(majority_of("log_loss", kLogits, 2, classes({0, 1}), first_examples(2)), std::nullopt);
  for (const char* const name : {"mse", "mae", "output"}) {
    EXPECT_EQ(majority_of(name, kRegression, 1, numbers({1, 2}), first_examples(2)), std::nullopt) << name;
  }
  EXPECT_EQ(majority_of("accuracy", kLogits, 2, classes({0, 1}), {}), std::nullopt);
  EXPECT_EQ(majority_of("vqa_accuracy", kLogits, 2, answers({{1, 0}}), {}), std::nullopt);
}

TEST(NoMetric, HasNoScore) {
  const std::unique_ptr<Metric> metric = make_no_metric();
  EXPECT_EQ(metric->name(), "none");
  EXPECT_FALSE(metric->is_mean());
  EXPECT_EQ(metric->width(), 1U);
  std::vector<double> outcome(1, 7.0);
  metric->outcome(std::vector{1.0, 2.0}, 0, outcome);
  const std::vector<std::uint32_t> examples = {0};
  EXPECT_EQ(metric->scorer(outcome, examples)->score(examples), std::nullopt);
  EXPECT_EQ(metric->majority_score(examples), std::nullopt);
  EXPECT_EQ(std::ranges::count(metric_names(), "none"), 0) << "nobody asks for it";
}

TEST(DefaultMetric, SuitsTheModelAndTheLabels) {
  EXPECT_EQ(default_metric_name(kLogits, ClassLabels{}), "accuracy");
  EXPECT_EQ(default_metric_name(kProbabilities, ClassLabels{}), "accuracy");
  EXPECT_EQ(default_metric_name(kLogits, AnswerCounts{}), "vqa_accuracy");
  EXPECT_EQ(default_metric_name(OutputKind::kMultilabel, IndicatorLabels{}), "macro_f1");
  EXPECT_EQ(default_metric_name(kRegression, ValueLabels{}), "mse");
  EXPECT_EQ(default_metric_name(kRegression, NoLabels{}), "output");
}

TEST(RocAuc, NamesTheClassThatNoExampleHas) {
  const auto labels = classes({0, 2, 2, 0});
  const std::vector<std::uint32_t> all = {0, 1, 2, 3};
  EXPECT_EQ(
      make_metric("roc_auc", {.kind = OutputKind::kLogits, .output_width = 3, .labels = labels})->why_undefined(all),
      "no example has label 1");
  EXPECT_EQ(
      make_metric(
          "roc_auc",
          {.kind = OutputKind::kLogits, .output_width = 5, .labels = labels, .class_names = {"a", "b", "c", "d", "e"}})
          ->why_undefined(all),
      "no example has label 'b' (nor one of 2 others)");
  EXPECT_EQ(
      make_metric("accuracy", {.kind = OutputKind::kLogits, .output_width = 3, .labels = labels})->why_undefined(all),
      "");
}

TEST(RocAuc, OfManyClassesTakesOnePassOverTheOutputs) {
  // One pass per class would take minutes.
  constexpr std::size_t kClasses = 20'000;
  const auto labels = classes(std::vector<std::int64_t>(20, 3));
  const auto metric = make_metric("roc_auc", {.kind = OutputKind::kLogits, .output_width = kClasses, .labels = labels});
  std::vector<double> outcomes(20 * kClasses);
  const std::vector<double> output(kClasses, 1.0);
  const std::vector<std::uint32_t> all(20);
  for (std::size_t example = 0; example < all.size(); ++example) {
    metric->outcome(output, example, std::span(outcomes).subspan(example * kClasses, kClasses));
  }
  EXPECT_NEAR(outcomes.back(), 1.0 / kClasses, 1e-15);
  EXPECT_EQ(metric->scorer(outcomes, all)->score(std::vector<std::uint32_t>(20, 1)), std::nullopt);
}

}  // namespace
}  // namespace modattr::metrics_test
