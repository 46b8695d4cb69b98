#include "modattr/stats/scorers.h"

#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/rng.h"

namespace modattr {
namespace {

using Weights = std::vector<std::uint32_t>;
using Classes = std::vector<std::uint32_t>;

Weights once(std::size_t example_count) {
  return Weights(example_count, 1);
}

/// Share of (positive, negative) pairs in the right order, pair by pair.
double auc_by_pairs(const std::vector<double>& scores, const Classes& labels, const Weights& weights) {
  double ordered = 0.0;
  double pairs = 0.0;
  for (std::size_t positive = 0; positive < labels.size(); ++positive) {
    for (std::size_t negative = 0; negative < labels.size(); ++negative) {
      if (labels[positive] != 1 || labels[negative] != 0) continue;
      const double weight = static_cast<double>(weights[positive]) * static_cast<double>(weights[negative]);
      pairs += weight;
      if (scores[positive] > scores[negative]) ordered += weight;
      if (scores[positive] == scores[negative]) ordered += weight / 2.0;
    }
  }
  return ordered / pairs;
}

TEST(MeanScorer, WeighsOutcomes) {
  const auto scorer = make_mean_scorer({1.0, 0.0, 4.0});
  EXPECT_DOUBLE_EQ(scorer->score(once(3)).value(), 5.0 / 3.0);
  EXPECT_DOUBLE_EQ(scorer->score(Weights{0, 1, 2}).value(), 8.0 / 3.0);
  EXPECT_EQ(scorer->score(Weights{0, 0, 0}), std::nullopt);
}

// Values of scikit-learn's documentation and their sums by hand.
TEST(BalancedAccuracyScorer, IsTheMeanRecall) {
  const auto scorer = make_balanced_accuracy_scorer({0, 1, 0, 0, 0, 1}, {0, 1, 0, 0, 1, 0}, 2);
  EXPECT_DOUBLE_EQ(scorer->score(once(6)).value(), 0.625);
}

TEST(BalancedAccuracyScorer, LeavesOutClassesWithoutExamples) {
  // Class 2 is predicted but is nobody's label, class 3 occurs nowhere.
  const auto scorer = make_balanced_accuracy_scorer({0, 2, 1}, {0, 0, 1}, 4);
  EXPECT_DOUBLE_EQ(scorer->score(once(3)).value(), 0.75);
  EXPECT_DOUBLE_EQ(scorer->score(Weights{1, 1, 0}).value(), 0.5);
  EXPECT_EQ(scorer->score(Weights{0, 0, 0}), std::nullopt);
}

TEST(MacroF1Scorer, IsTheMeanF1) {
  const auto scorer = make_macro_f1_scorer({0, 2, 1, 0, 0, 1}, {0, 1, 2, 0, 1, 2}, 3);
  EXPECT_NEAR(scorer->score(once(6)).value(), 0.26666666666666666, 1e-15);
}

TEST(MacroF1Scorer, CountsEveryClassThatIsLabelledOrPredicted) {
  // F1 of class 0 is 2/3, of class 1 is 1, of the falsely predicted class 2 is 0; class 3 occurs nowhere.
  const auto scorer = make_macro_f1_scorer({0, 2, 1}, {0, 0, 1}, 4);
  EXPECT_DOUBLE_EQ(scorer->score(once(3)).value(), (2.0 / 3.0 + 1.0 + 0.0) / 3.0);
  EXPECT_DOUBLE_EQ(scorer->score(Weights{1, 0, 1}).value(), 1.0);
  EXPECT_EQ(scorer->score(Weights{0, 0, 0}), std::nullopt);
}

TEST(RocAucScorer, GivesTheValueOfTheTextbook) {
  EXPECT_DOUBLE_EQ(make_roc_auc_scorer({0.1, 0.4, 0.35, 0.8}, {0, 0, 1, 1}, 1)->score(once(4)).value(), 0.75);
  EXPECT_EQ(make_roc_auc_scorer({1, 2, 3, 4}, {0, 0, 1, 1}, 1)->score(once(4)), 1.0);
  EXPECT_EQ(make_roc_auc_scorer({4, 3, 2, 1}, {0, 0, 1, 1}, 1)->score(once(4)), 0.0);
}

TEST(RocAucScorer, CountsTiesHalf) {
  EXPECT_EQ(make_roc_auc_scorer({5, 5, 5, 5}, {0, 1, 1, 0}, 1)->score(once(4)), 0.5);
  EXPECT_DOUBLE_EQ(make_roc_auc_scorer({1, 2, 2, 3}, {0, 0, 1, 1}, 1)->score(once(4)).value(), 3.5 / 4.0);
  EXPECT_DOUBLE_EQ(make_roc_auc_scorer({3, 2, 2, 1}, {1, 1, 0, 0}, 1)->score(once(4)).value(), 3.5 / 4.0);
}

TEST(RocAucScorer, AgreesWithTheCountOfAllPairs) {
  RandomStream stream = Rng(6).stream(RandomPurpose::kBackground, 0, 0);
  for (int trial = 0; trial < 60; ++trial) {
    std::vector<double> scores;
    Classes labels = {0, 1};
    Weights weights = {1, 1};
    while (labels.size() < 9) {
      labels.push_back(stream.below(2));
      weights.push_back(stream.below(4));
    }
    for (std::size_t example = 0; example < labels.size(); ++example) scores.push_back(stream.below(5));
    EXPECT_NEAR(make_roc_auc_scorer(scores, labels, 1)->score(weights).value(), auc_by_pairs(scores, labels, weights),
                1e-14);
  }
}

TEST(RocAucScorer, IsTheMeanOfOneAgainstTheRestForManyClasses) {
  const std::vector<double> scores = {.5, .4, .1, .3, .5, .2, .2, .2, .6, .4, .4, .2, .1, .6, .3};
  const Classes labels = {0, 1, 2, 1, 0};
  double sum = 0.0;
  for (std::uint32_t label = 0; label < 3; ++label) {
    std::vector<double> column;
    Classes is_label;
    for (std::size_t example = 0; example < labels.size(); ++example) {
      column.push_back(scores[3 * example + label]);
      is_label.push_back(labels[example] == label ? 1 : 0);
    }
    sum += auc_by_pairs(column, is_label, once(5));
  }
  // By hand: class 0 wins 3 of 6 pairs, class 1 wins 3 of 6 and ties in one, class 2 wins 4 of 4.
  EXPECT_DOUBLE_EQ(sum, 3.0 / 6.0 + 3.5 / 6.0 + 1.0);
  EXPECT_DOUBLE_EQ(make_roc_auc_scorer(scores, labels, 3)->score(once(5)).value(), sum / 3.0);
}

TEST(RocAucScorer, NeedsEveryClass) {
  EXPECT_EQ(make_roc_auc_scorer({1, 2}, {1, 1}, 1)->score(once(2)), std::nullopt);
  EXPECT_EQ(make_roc_auc_scorer({1, 2}, {0, 0}, 1)->score(once(2)), std::nullopt);
  EXPECT_EQ(make_roc_auc_scorer({1, 2}, {0, 1}, 1)->score(Weights{0, 2}), std::nullopt);
  EXPECT_EQ(make_roc_auc_scorer({.5, .3, .2, .2, .3, .5}, {0, 1}, 3)->score(once(2)), std::nullopt);
}

TEST(R2Scorer, GivesTheValueOfTheDocumentation) {
  const auto scorer = make_r2_scorer({2.5, 0.0, 2.0, 8.0}, {3.0, -0.5, 2.0, 7.0});
  EXPECT_NEAR(scorer->score(once(4)).value(), 0.9486081370449679, 1e-15);
}

TEST(R2Scorer, IsZeroForTheMeanAndNegativeBelowIt) {
  EXPECT_DOUBLE_EQ(make_r2_scorer({2.0, 2.0, 2.0}, {1.0, 2.0, 3.0})->score(once(3)).value(), 0.0);
  EXPECT_DOUBLE_EQ(make_r2_scorer({3.0, 2.0, 1.0}, {1.0, 2.0, 3.0})->score(once(3)).value(), -3.0);
}

TEST(R2Scorer, KeepsItsDigitsFarFromZero) {
  EXPECT_NEAR(make_r2_scorer({1e9 + 1, 1e9 + 2, 1e9 + 4}, {1e9 + 1, 1e9 + 2, 1e9 + 3})->score(once(3)).value(), 0.5,
              1e-12);
}

TEST(R2Scorer, IsNotDefinedWhenAllLabelsAreEqual) {
  // The sum of three 0.1 over three is not 0.1.
  const auto scorer = make_r2_scorer({1.0, 2.0, 3.0, 1.0}, {0.1, 0.1, 0.1, 7.0});
  EXPECT_EQ(scorer->score(Weights{1, 1, 1, 0}), std::nullopt);
  EXPECT_EQ(scorer->score(Weights{0, 3, 0, 0}), std::nullopt);
  EXPECT_EQ(scorer->score(Weights{0, 0, 0, 0}), std::nullopt);
  EXPECT_TRUE(scorer->score(Weights{1, 0, 0, 1}));
}

}  // namespace
}  // namespace modattr
