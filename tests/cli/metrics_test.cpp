// Every metric against its definition, computed here from the same outputs.

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"

namespace modattr::metrics_test {
namespace {

constexpr std::size_t kClasses = 3;
// No two examples have the same differences of logits: rounding would decide which probability is larger.
const std::vector<float> kLogits = {2,  0,    1,     0, 1,    3, -1, 0, 0.5F, 1.25F, 0,
                                    -1, 0.5F, 2.25F, 1, 3.5F, 1, 2,  0, 1.5F, 2};
const std::vector<std::int64_t> kLabels = {0, 1, 2, 0, 1, 2, 0};
const std::vector<std::int64_t> kPredicted = {0, 2, 2, 0, 1, 0, 2};
constexpr double kTolerance = 1e-12;

double probability(std::size_t example, std::size_t label) {
  double sum = 0.0;
  for (std::size_t other = 0; other < kClasses; ++other) sum += std::exp(double{kLogits[kClasses * example + other]});
  return std::exp(double{kLogits[kClasses * example + label]}) / sum;
}

/// The share of (positive, negative) pairs in the right order; ties count half.
double area_under_curve(const std::vector<double>& scores, const std::vector<bool>& positive) {
  double right = 0.0;
  double pairs = 0.0;
  for (std::size_t one = 0; one < scores.size(); ++one) {
    for (std::size_t other = 0; other < scores.size(); ++other) {
      if (!positive[one] || positive[other]) continue;
      pairs += 1.0;
      right += scores[one] > scores[other] ? 1.0 : scores[one] == scores[other] ? 0.5 : 0.0;
    }
  }
  return right / pairs;
}

double score_of(const Project& project, const char* metric) {
  return project.permute({"--repeats", "1", "--metric", metric}).score();
}

TEST(Metrics, OfClasses) {
  Project project("logits", {"x", "y"});
  project.model("def forward(self, x, y):\n  return x + y")
      .data({TestArray::of<float>("x", {7, 3}, kLogits), TestArray::of<float>("y", {7, 1}, std::vector<float>(7, 0)),
             TestArray::of<std::int64_t>("label", {7}, kLabels)});
  EXPECT_NEAR(score_of(project, "accuracy"), 4.0 / 7.0, kTolerance);
  EXPECT_NEAR(score_of(project, "balanced_accuracy"), (2.0 / 3.0 + 1.0 / 2.0 + 1.0 / 2.0) / 3.0, kTolerance);
  // Hits, false alarms, misses per class: 2 1 1, 1 0 1, 1 2 1.
  EXPECT_NEAR(score_of(project, "macro_f1"), (4.0 / 6.0 + 2.0 / 3.0 + 2.0 / 5.0) / 3.0, kTolerance);
  double loss = 0.0;
  for (std::size_t example = 0; example < kLabels.size(); ++example) {
    loss -= std::log(probability(example, static_cast<std::size_t>(kLabels[example]))) / 7.0;
  }
  EXPECT_NEAR(score_of(project, "log_loss"), loss, kTolerance);
  double area = 0.0;
  for (std::size_t label = 0; label < kClasses; ++label) {
    std::vector<double> scores;
    std::vector<bool> positive;
    for (std::size_t example = 0; example < kLabels.size(); ++example) {
      scores.push_back(probability(example, label));
      positive.push_back(kLabels[example] == static_cast<std::int64_t>(label));
    }
    area += area_under_curve(scores, positive) / 3.0;
  }
  EXPECT_NEAR(score_of(project, "roc_auc"), area, kTolerance) << "one class against the rest, unweighted mean";
}

TEST(Metrics, OfTwoClassesHaveOneLogit) {
  const std::vector<float> logits = {-2, 0.5F, 0.5F, 3, -1};
  const std::vector<std::int64_t> labels = {0, 0, 1, 1, 1};
  Project project("logits", {"x", "y"});
  project.model("def forward(self, x, y):\n  return x + y")
      .data({TestArray::of<float>("x", {5, 1}, logits), TestArray::of<float>("y", {5, 1}, std::vector<float>(5, 0)),
             TestArray::of<std::int64_t>("label", {5}, labels)});
  EXPECT_NEAR(score_of(project, "roc_auc"),
              area_under_curve({logits.begin(), logits.end()}, {false, false, true, true, true}), kTolerance);
  double loss = 0.0;
  for (std::size_t example = 0; example < labels.size(); ++example) {
    loss += std::log1p(std::exp(labels[example] == 1 ? -logits[example] : double{logits[example]})) / 5.0;
  }
  EXPECT_NEAR(score_of(project, "log_loss"), loss, 1e-6);
}

TEST(Metrics, OfNumbers) {
  const std::vector<float> outputs = {1, 2.5F, -1, 4, 0.5F};
  const std::vector<float> labels = {0.5F, 3, -2, 4, 1};
  Project project("regression", {"x", "y"});
  project.model("def forward(self, x, y):\n  return x + y")
      .data({TestArray::of<float>("x", {5}, outputs), TestArray::of<float>("y", {5}, std::vector<float>(5, 0)),
             TestArray::of<float>("label", {5}, labels)});
  double squares = 0.0;
  double distances = 0.0;
  double spread = 0.0;
  const double mean_label = (0.5 + 3 - 2 + 4 + 1) / 5.0;
  for (std::size_t example = 0; example < labels.size(); ++example) {
    const double error = double{outputs[example]} - double{labels[example]};
    squares += error * error;
    distances += std::abs(error);
    spread += (labels[example] - mean_label) * (labels[example] - mean_label);
  }
  EXPECT_NEAR(score_of(project, "mse"), squares / 5.0, kTolerance);
  EXPECT_NEAR(score_of(project, "mae"), distances / 5.0, kTolerance);
  EXPECT_NEAR(score_of(project, "r2"), 1.0 - squares / spread, kTolerance);
  EXPECT_NEAR(score_of(project, "output"), 7.0 / 5.0, kTolerance);
}

TEST(Metrics, OfAnswerCountsReachFullAgreementAtThree) {
  const std::vector<std::int64_t> counts = {3, 0, 0, 0, 0, 1, 0, 2, 8, 1, 9, 0, 0, 10, 0, 2, 0, 0, 0, 0, 4};
  Project project("logits", {"x", "y"});
  project.model("def forward(self, x, y):\n  return x + y")
      .data({TestArray::of<float>("x", {7, 3}, kLogits), TestArray::of<float>("y", {7, 1}, std::vector<float>(7, 0)),
             TestArray::of<std::int64_t>("label", {7, 3}, counts)});
  double sum = 0.0;
  for (std::size_t example = 0; example < kPredicted.size(); ++example) {
    const auto answer = static_cast<std::size_t>(kPredicted[example]);
    sum += std::min(static_cast<double>(counts[kClasses * example + answer]) / 3.0, 1.0);
  }
  const Scores scores = project.permute({"--exact"});
  EXPECT_EQ(scores.document().at("metric"), "vqa_accuracy") << "the default for counts";
  EXPECT_NEAR(scores.score(), sum / 7.0, kTolerance);
  double permuted = 0.0;
  for (std::size_t example = 0; example < 7; ++example) {
    for (std::size_t donor = 0; donor < 7; ++donor) {
      if (donor == example) continue;
      const auto answer = static_cast<std::size_t>(kPredicted[donor]);
      permuted += std::min(static_cast<double>(counts[kClasses * example + answer]) / 3.0, 1.0) / 42.0;
    }
  }
  EXPECT_NEAR(scores.value("x", "permutation.without"), permuted, kTolerance);
}

}  // namespace
}  // namespace modattr::metrics_test
