#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/rng.h"
#include "modattr/stats/metrics.h"

namespace modattr::metric_errors_test {
namespace {

MetricInput input_of(OutputKind kind, std::size_t output_width, Labels labels) {
  return {.kind = kind, .output_width = output_width, .labels = std::make_shared<const Labels>(std::move(labels))};
}

template <typename Kind>
std::string error_of(std::string_view name, const MetricInput& input) {
  try {
    static_cast<void>(make_metric(name, input));
  } catch (const Kind& error) {
    return error.what();
  }
  return "no error of this kind";
}

TEST(MakeMetric, NamesTheNearestMetric) {
  EXPECT_EQ(error_of<ConfigError>("acuracy", input_of(OutputKind::kLogits, 2, ClassLabels{{0}})),
            "metric: unknown 'acuracy'; did you mean 'accuracy'?");
}

TEST(MakeMetric, RefusesLabelsOfAnotherKind) {
  const MetricInput floats = input_of(OutputKind::kLogits, 2, ValueLabels{{0.5}});
  for (const char* const name : {"accuracy", "balanced_accuracy", "macro_f1", "roc_auc", "log_loss"}) {
    EXPECT_EQ(error_of<ConfigError>(name, floats), "metric '" + std::string(name) +
                                                       "': expected class labels, got float labels; choose a metric "
                                                       "that suits the labels");
  }
  EXPECT_NE(error_of<ConfigError>("vqa_accuracy", input_of(OutputKind::kLogits, 2, ClassLabels{{0}}))
                .find("expected answer counts [examples, answers], got class labels"),
            std::string::npos);
  for (const char* const name : {"mse", "mae", "r2"}) {
    EXPECT_NE(error_of<ConfigError>(name, input_of(OutputKind::kRegression, 1, NoLabels{})).find("got no labels"),
              std::string::npos);
  }
}

TEST(MakeMetric, RefusesAModelOfAnotherKind) {
  for (const char* const name : {"accuracy", "balanced_accuracy", "macro_f1", "roc_auc", "log_loss", "vqa_accuracy"}) {
    EXPECT_NE(error_of<ConfigError>(name, input_of(OutputKind::kRegression, 1, ClassLabels{{0}})).find("regression"),
              std::string::npos);
  }
  for (const char* const name : {"mse", "mae", "r2", "output"}) {
    EXPECT_NE(error_of<ConfigError>(name, input_of(OutputKind::kLogits, 1, ValueLabels{{0}})).find("a classifier"),
              std::string::npos);
  }
}

TEST(MakeMetric, NeedsOneNumberForTheMeanOutput) {
  EXPECT_EQ(error_of<ModelError>("output", input_of(OutputKind::kRegression, 3, ValueLabels{{0}})),
            "model output: expected one number per example for metric 'output', got 3");
}

TEST(MakeMetric, NeedsAColumnOfLabelsForEveryOutputOfARegression) {
  for (const char* const name : {"mse", "mae", "r2"}) {
    EXPECT_EQ(error_of<DataError>(name, input_of(OutputKind::kRegression, 3, ValueLabels{{0, 0}, 2})),
              "labels: expected one column for each of the model's outputs, 3, got 2");
    EXPECT_EQ(error_of<DataError>(name, input_of(OutputKind::kRegression, 1, ValueLabels{{0, 0}, 2})),
              "labels: expected one column for each of the model's outputs, 1, got 2");
  }
}

TEST(MakeMetric, NeedsOneHotRowsOfTheModelsWidth) {
  EXPECT_EQ(error_of<DataError>("accuracy", input_of(OutputKind::kLogits, 3, ClassLabels{{0}, 2})),
            "labels: expected one-hot rows of 3 classes like the model's output, got 2");
}

TEST(MakeMetric, NamesTheLabelOutsideTheModelsClasses) {
  for (const char* const name : {"accuracy", "balanced_accuracy", "macro_f1", "roc_auc", "log_loss"}) {
    EXPECT_EQ(error_of<DataError>(name, input_of(OutputKind::kLogits, 3, ClassLabels{{0, 2, 3}})),
              "label of row 2: expected 0 to 2 as the model has 3 classes, got 3");
    EXPECT_EQ(error_of<DataError>(name, input_of(OutputKind::kLogits, 1, ClassLabels{{1, -1}})),
              "label of row 1: expected 0 to 1 as the model has 2 classes, got -1");
  }
}

TEST(MakeMetric, NeedsAsManyAnswersAsTheModelHas) {
  AnswerCounts counts;
  counts.add_example(std::vector<double>{1, 2, 3});
  EXPECT_EQ(error_of<DataError>("vqa_accuracy", input_of(OutputKind::kLogits, 4, counts)),
            "labels: expected counts of 4 answers like the model's output, got 3");
}

bool is_of_label_sets(const std::string& name) {
  return name == "subset_accuracy" || name == "micro_f1" || name == "mean_average_precision" || name == "macro_roc_auc";
}

/// A metric on six random examples of three classes, or on six numbers.
std::unique_ptr<Metric> metric_on_random_labels(const std::string& name, RandomStream& stream, std::size_t width) {
  constexpr std::size_t kExampleCount = 6;
  ClassLabels classes;
  ValueLabels values;
  AnswerCounts counts;
  IndicatorLabels indicators{{}, 3};
  for (std::size_t example = 0; example < kExampleCount; ++example) {
    for (int label = 0; label < 3; ++label) indicators.flags.push_back(static_cast<std::uint8_t>(stream.below(2)));
    classes.classes.push_back(stream.below(3));
    values.values.push_back(stream.uniform());
    counts.add_example(std::vector<double>{static_cast<double>(stream.below(5)), static_cast<double>(stream.below(5)),
                                           static_cast<double>(stream.below(5))});
  }
  if (width == 1) return make_metric(name, input_of(OutputKind::kRegression, 1, values));
  if (is_of_label_sets(name)) return make_metric(name, input_of(OutputKind::kMultilabel, 3, indicators));
  if (name == "vqa_accuracy") return make_metric(name, input_of(OutputKind::kLogits, 3, counts));
  return make_metric(name, input_of(OutputKind::kLogits, 3, classes));
}

class EveryMetric : public testing::TestWithParam<std::string> {};

TEST_P(EveryMetric, WeighsAnExampleAsItsRepetition) {
  const std::string& name = GetParam();
  const std::size_t output_width = name == "mse" || name == "mae" || name == "r2" || name == "output" ? 1 : 3;
  RandomStream stream = Rng(99).stream(RandomPurpose::kBackground, 0, 0);
  std::size_t defined = 0;
  for (int trial = 0; trial < 25; ++trial) {
    const auto metric = metric_on_random_labels(name, stream, output_width);
    std::vector<double> outcomes(6 * metric->width());
    std::vector<std::uint32_t> examples(6);
    std::iota(examples.begin(), examples.end(), 0U);
    std::vector<std::uint32_t> weights(6);
    std::vector<std::uint32_t> repeated;
    for (const std::uint32_t example : examples) {
      std::vector<double> output;
      while (output.size() < output_width) output.push_back(stream.below(4) - (is_of_label_sets(name) ? 1.5 : 0.0));
      metric->outcome(output, example, std::span(outcomes).subspan(example * metric->width(), metric->width()));
      weights[example] = stream.below(4);
      repeated.insert(repeated.end(), weights[example], example);
    }
    const std::optional<double> weighted = metric->scorer(outcomes, examples)->score(weights);
    const std::vector<std::uint32_t> once(repeated.size(), 1);
    const std::optional<double> expanded = metric->scorer(outcomes, repeated)->score(once);
    ASSERT_EQ(weighted.has_value(), expanded.has_value());
    if (!weighted) continue;
    ++defined;
    EXPECT_NEAR(*weighted, *expanded, 1e-12);
  }
  EXPECT_GT(defined, 5U);
}

INSTANTIATE_TEST_SUITE_P(Names, EveryMetric,
                         testing::ValuesIn(std::vector<std::string>(metric_names().begin(), metric_names().end())),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace modattr::metric_errors_test
