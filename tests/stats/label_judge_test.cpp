#include "modattr/stats/label_judge.h"

#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

using Output = std::vector<double>;

std::shared_ptr<const Labels> shared(Labels labels) {
  return std::make_shared<const Labels>(std::move(labels));
}

AnswerCounts counts_of(const std::vector<std::vector<double>>& rows) {
  AnswerCounts counts;
  for (const std::vector<double>& row : rows) counts.add_example(row);
  return counts;
}

TEST(LabelJudge, ComparesClassesWithTheMostProbableOne) {
  const auto judge = make_label_judge(
      {.kind = OutputKind::kLogits, .output_width = 3, .labels = shared(ClassLabels{.classes = {2, 0}})});
  EXPECT_TRUE(judge->is_right(Output{0.0, 1.0, 2.0}, 0));
  EXPECT_FALSE(judge->is_right(Output{0.0, 1.0, 2.0}, 1));
  const double sum = 1.0 + std::exp(1.0) + std::exp(2.0);
  EXPECT_NEAR(judge->probability(Output{0.0, 1.0, 2.0}, 0), std::exp(2.0) / sum, 1e-12);
  EXPECT_DOUBLE_EQ(judge->margin(Output{0.0, 1.0, 2.0}, 0).value(), 1.0);
  EXPECT_DOUBLE_EQ(judge->margin(Output{0.0, 1.0, 2.0}, 1).value(), -2.0);
  EXPECT_EQ(judge->predicted(Output{0.0, 1.0, 2.0}), 2U);
  EXPECT_EQ(judge->label_group(0), 2U);
  EXPECT_TRUE(judge->rule().empty());
}

TEST(LabelJudge, ReadsOneLogitAsTwoClasses) {
  const auto judge = make_label_judge(
      {.kind = OutputKind::kLogits, .output_width = 1, .labels = shared(ClassLabels{.classes = {1, 0}})});
  EXPECT_TRUE(judge->is_right(Output{0.5}, 0));
  EXPECT_FALSE(judge->is_right(Output{0.5}, 1));
  EXPECT_DOUBLE_EQ(judge->margin(Output{0.5}, 1).value(), -0.5);
  EXPECT_EQ(judge->behaviour_width(), 2U);
  std::vector<float> numbers(2);
  judge->behaviour(Output{0.0}, numbers);
  EXPECT_NEAR(numbers[0], std::sqrt(0.5), 1e-6);
  EXPECT_NEAR(numbers[1], std::sqrt(0.5), 1e-6);
}

TEST(LabelJudge, TakesEveryAnswerThatEnoughAnnotatorsGave) {
  const auto judge = make_label_judge({.kind = OutputKind::kProbabilities,
                                       .output_width = 3,
                                       .labels = shared(counts_of({{2.0, 5.0, 1.0}, {1.0, 0.0, 0.0}}))});
  // Soft accuracies 2/3, 1 and 1/3.
  EXPECT_TRUE(judge->is_right(Output{0.6, 0.3, 0.1}, 0));
  EXPECT_TRUE(judge->is_right(Output{0.3, 0.6, 0.1}, 0));
  EXPECT_FALSE(judge->is_right(Output{0.1, 0.2, 0.7}, 0));
  EXPECT_NEAR(judge->probability(Output{0.1, 0.2, 0.7}, 0), 0.3, 1e-12);
  // One annotator is not enough, but there is no better answer.
  EXPECT_FALSE(judge->is_right(Output{0.8, 0.1, 0.1}, 1));
  EXPECT_NEAR(judge->probability(Output{0.8, 0.1, 0.1}, 1), 0.8, 1e-12);
  EXPECT_EQ(judge->label_group(0), 1U);
}

TEST(LabelJudge, FollowsARuleOnSoftAccuracy) {
  const auto judge = make_label_judge({.kind = OutputKind::kProbabilities,
                                       .output_width = 2,
                                       .labels = shared(counts_of({{1.0, 3.0}})),
                                       .rule = parse_wrong_rule("soft_accuracy < 0.3")});
  EXPECT_TRUE(judge->is_right(Output{0.9, 0.1}, 0));
  EXPECT_EQ(judge->rule(), "soft_accuracy < 0.3");
}

TEST(LabelJudge, CallsARegressionWrongWhereItIsWorseThanTheMedian) {
  // Median 3, mean absolute error of it (2 + 1 + 0 + 1 + 6) / 5 = 2.
  const auto judge = make_label_judge({.kind = OutputKind::kRegression,
                                       .output_width = 1,
                                       .labels = shared(ValueLabels{.values = {1.0, 2.0, 3.0, 4.0, 9.0}})});
  EXPECT_EQ(judge->rule(), "abs_error > 2");
  EXPECT_TRUE(judge->is_right(Output{2.9}, 0));
  EXPECT_FALSE(judge->is_right(Output{3.1}, 0));
  EXPECT_DOUBLE_EQ(judge->probability(Output{3.0}, 0), 0.5);
  EXPECT_DOUBLE_EQ(judge->probability(Output{1.0}, 0), 1.0);
  EXPECT_FALSE(judge->predicted(Output{1.0}));
  EXPECT_EQ(judge->label_group(0), 0U);
  EXPECT_EQ(judge->label_group(4), 4U);
}

TEST(LabelJudge, TakesALabelSetAsAWhole) {
  const auto judge = make_label_judge({.kind = OutputKind::kMultilabel,
                                       .output_width = 2,
                                       .labels = shared(IndicatorLabels{.flags = {1, 0}, .label_count = 2})});
  EXPECT_TRUE(judge->is_right(Output{1.0, -1.0}, 0));
  EXPECT_FALSE(judge->is_right(Output{1.0, 1.0}, 0));
  const double one = 1.0 / (1.0 + std::exp(-1.0));
  EXPECT_NEAR(judge->probability(Output{1.0, -1.0}, 0), one, 1e-12);
}

TEST(LabelJudge, ComparesLabelTokensWithWhatTheyAreWithoutData) {
  const auto judge = make_label_judge({.kind = OutputKind::kCausalLm,
                                       .output_width = 3,
                                       .labels = shared(TokenLabels{}),
                                       .token_limits = {std::log(0.3), std::log(0.6)}});
  // The third position is ignored: the geometric mean of 0.25 and 1.
  const Output logarithms = {std::log(0.25), std::log(1.0), 1.0};
  EXPECT_TRUE(judge->is_right(logarithms, 0));
  EXPECT_FALSE(judge->is_right(logarithms, 1));
  EXPECT_NEAR(judge->probability(logarithms, 0), 0.5, 1e-12);
  EXPECT_EQ(judge->behaviour_width(), 0U);
}

TEST(LabelJudge, RefusesRulesThatDoNotGoWithTheLabels) {
  const auto refusal = [](Labels labels, const char* rule) {
    return thrown_message<ConfigError>([&] {
      return make_label_judge({.kind = OutputKind::kLogits,
                               .output_width = 2,
                               .labels = shared(std::move(labels)),
                               .rule = parse_wrong_rule(rule)});
    });
  };
  EXPECT_TRUE(mentions(refusal(ClassLabels{.classes = {0}}, "abs_error > 1"), {"wrong_if", "probability"}));
  EXPECT_TRUE(mentions(refusal(ValueLabels{.values = {0.0}}, "probability < 1"), {"wrong_if", "abs_error"}));
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([] { return make_label_judge({.labels = shared(NoLabels{})}); }),
                       {"labels", "got none"}));
}

TEST(WrongRule, ReadsWhatItWrites) {
  for (const char* text : {"abs_error > 0.5", "probability < 0.25", "log_probability < -3", "soft_accuracy < 1"}) {
    EXPECT_EQ(to_text(parse_wrong_rule(text)), text);
  }
  EXPECT_EQ(to_text(parse_wrong_rule("abs_error>1e3")), "abs_error > 1000");
  EXPECT_TRUE(parse_wrong_rule("abs_error > 1").is_wrong(1.5));
  EXPECT_FALSE(parse_wrong_rule("abs_error > 1").is_wrong(1.0));
}

TEST(WrongRule, NamesTheNearestQuantity) {
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([] { return parse_wrong_rule("abs_eror > 1"); }),
                       {"wrong_if", "did you mean 'abs_error'"}));
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([] { return parse_wrong_rule("abs_error"); }), {"abs_error > 0.5"}));
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([] { return parse_wrong_rule("abs_error > x"); }), {"'x'"}));
}

}  // namespace
}  // namespace modattr
