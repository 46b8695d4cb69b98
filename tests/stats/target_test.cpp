#include "modattr/stats/target.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/stats/masked_logit.h"
#include "support/thrown_message.h"

namespace modattr::target_test {
namespace {

using Numbers = std::vector<double>;

/// v of the only example when `outputs` are what the donors give: read one by one, averaged, then turned into a value.
double value_of(const TargetInput& input, const std::vector<Numbers>& outputs) {
  const Target target(input);
  Numbers mean(target.width(), 0.0);
  for (const Numbers& output : outputs) {
    Numbers prediction(target.width());
    target.prediction(output, 0, prediction);
    for (std::size_t place = 0; place < mean.size(); ++place) {
      mean[place] += prediction[place] / static_cast<double>(outputs.size());
    }
  }
  return target.value(mean, 0);
}

double value_of(const TargetInput& input, const Numbers& output) {
  return value_of(input, std::vector<Numbers>(1, output));
}

TargetInput classifier(OutputKind kind, std::size_t output_width, ValueKind value, std::uint32_t target_class) {
  return {.kind = kind, .output_width = output_width, .value = value, .classes = {target_class}};
}

double sigmoid(double logit) {
  return 1.0 / (1.0 + std::exp(-logit));
}

/// Probabilities of the logits 0, 1 and 3.
const Numbers kLogits = {0.0, 1.0, 3.0};
const double kSum = 1.0 + std::exp(1.0) + std::exp(3.0);

TEST(Target, ReadsLogits) {
  const auto value = [](ValueKind kind, std::uint32_t target_class) {
    return value_of(classifier(OutputKind::kLogits, 3, kind, target_class), kLogits);
  };
  EXPECT_EQ(value(ValueKind::kLogit, 1), 1.0);
  EXPECT_NEAR(value(ValueKind::kProbability, 1), std::exp(1.0) / kSum, 1e-15);
  EXPECT_NEAR(value(ValueKind::kLogProbability, 1), 1.0 - std::log(kSum), 1e-14);
  EXPECT_NEAR(value(ValueKind::kLoss, 1), 1.0 - std::log(kSum), 1e-14) << "the higher the better";
  EXPECT_EQ(value(ValueKind::kMargin, 1), -2.0);
  EXPECT_EQ(value(ValueKind::kMargin, 2), 2.0);
  EXPECT_EQ(value(ValueKind::kMargin, 0), -3.0);
  EXPECT_EQ(value(ValueKind::kCorrect, 1), 0.0);
  EXPECT_EQ(value(ValueKind::kCorrect, 2), 1.0);
  EXPECT_EQ(value(ValueKind::kOutput, 2), 3.0);
}

TEST(Target, ReadsProbabilities) {
  const auto value = [](ValueKind kind, std::uint32_t target_class) {
    return value_of(classifier(OutputKind::kProbabilities, 3, kind, target_class), Numbers{0.2, 0.5, 0.3});
  };
  EXPECT_EQ(value(ValueKind::kProbability, 2), 0.3);
  EXPECT_NEAR(value(ValueKind::kLogProbability, 2), std::log(0.3), 1e-15);
  EXPECT_NEAR(value(ValueKind::kLoss, 0), std::log(0.2), 1e-15);
  EXPECT_EQ(value(ValueKind::kCorrect, 1), 1.0);
  EXPECT_EQ(value(ValueKind::kCorrect, 2), 0.0);
  EXPECT_EQ(value(ValueKind::kOutput, 1), 0.5);
}

TEST(Target, TakesOneLogitForTwoClasses) {
  const auto value = [](ValueKind kind, std::uint32_t target_class, double logit) {
    return value_of(classifier(OutputKind::kLogits, 1, kind, target_class), Numbers{logit});
  };
  for (const double logit : {-1.5, 2.0}) {
    EXPECT_EQ(value(ValueKind::kLogit, 1, logit), logit);
    EXPECT_EQ(value(ValueKind::kLogit, 0, logit), -logit);
    EXPECT_EQ(value(ValueKind::kMargin, 1, logit), logit);
    EXPECT_EQ(value(ValueKind::kMargin, 0, logit), -logit);
    EXPECT_NEAR(value(ValueKind::kProbability, 1, logit), sigmoid(logit), 1e-15);
    EXPECT_NEAR(value(ValueKind::kProbability, 0, logit), sigmoid(-logit), 1e-15);
    EXPECT_NEAR(value(ValueKind::kLogProbability, 0, logit), std::log(sigmoid(-logit)), 1e-15);
    EXPECT_NEAR(value(ValueKind::kLoss, 1, logit), std::log(sigmoid(logit)), 1e-15);
    EXPECT_EQ(value(ValueKind::kCorrect, 1, logit), logit > 0 ? 1.0 : 0.0);
    EXPECT_EQ(value(ValueKind::kCorrect, 0, logit), logit > 0 ? 0.0 : 1.0);
  }
  EXPECT_EQ(value(ValueKind::kOutput, 0, -1.5), -1.5);
}

TEST(Target, TakesOneProbabilityForTwoClasses) {
  const auto value = [](ValueKind kind, std::uint32_t target_class, double probability) {
    return value_of(classifier(OutputKind::kProbabilities, 1, kind, target_class), Numbers{probability});
  };
  EXPECT_EQ(value(ValueKind::kProbability, 1, 0.25), 0.25);
  EXPECT_EQ(value(ValueKind::kProbability, 0, 0.25), 0.75);
  EXPECT_NEAR(value(ValueKind::kLogProbability, 0, 0.25), std::log(0.75), 1e-15);
  EXPECT_EQ(value(ValueKind::kCorrect, 0, 0.25), 1.0);
  EXPECT_EQ(value(ValueKind::kCorrect, 1, 0.25), 0.0);
  EXPECT_EQ(value(ValueKind::kCorrect, 1, 0.75), 1.0);
}

TEST(Target, PredictsTheClassThatTheReaderPredicts) {
  // A tie goes to the first class, a half to class 0.
  const auto correct = [](OutputKind kind, const Numbers& output, std::uint32_t target_class) {
    return value_of(classifier(kind, output.size(), ValueKind::kCorrect, target_class), output);
  };
  for (const Numbers& output : {Numbers{0.0}, Numbers{1.0, 1.0}, Numbers{-2.0, 3.0, 3.0}, Numbers{900.0, 0.0}}) {
    const auto predicted =
        static_cast<std::uint32_t>(ClassReader(OutputKind::kLogits, output.size()).predicted(output));
    EXPECT_EQ(correct(OutputKind::kLogits, output, predicted), 1.0);
    EXPECT_EQ(correct(OutputKind::kLogits, output, predicted == 0 ? 1 : 0), 0.0);
  }
  EXPECT_EQ(correct(OutputKind::kProbabilities, {0.5}, 0), 1.0);
}

TEST(Target, ReadsAColumnOfARegression) {
  const TargetInput output = {
      .kind = OutputKind::kRegression, .output_width = 2, .value = ValueKind::kOutput, .classes = {1}};
  EXPECT_EQ(value_of(output, Numbers{4.0, -7.0}), -7.0);
  const TargetInput loss = {.kind = OutputKind::kRegression,
                            .output_width = 2,
                            .value = ValueKind::kLoss,
                            .classes = {0},
                            .label_values = {6.0}};
  EXPECT_EQ(value_of(loss, Numbers{4.0, -7.0}), -4.0);
}

TEST(Target, AveragesPredictionsBeforeItTakesTheirLoss) {
  // Predictions 1 and 5 of the label 3: the loss of their mean is 0, the mean of their losses 4.
  const TargetInput squares = {.kind = OutputKind::kRegression,
                               .output_width = 1,
                               .value = ValueKind::kLoss,
                               .classes = {0},
                               .label_values = {3.0}};
  EXPECT_EQ(value_of(squares, std::vector<Numbers>{{1.0}, {5.0}}), 0.0);
  const std::vector<Numbers> logits = {{0.0, 2.0}, {0.0, -4.0}};
  const auto value = [&](ValueKind kind) { return value_of(classifier(OutputKind::kLogits, 2, kind, 1), logits); };
  const double mean_probability = (sigmoid(2.0) + sigmoid(-4.0)) / 2.0;
  EXPECT_NEAR(value(ValueKind::kLogit), -1.0, 1e-15);
  EXPECT_NEAR(value(ValueKind::kMargin), -1.0, 1e-15);
  EXPECT_NEAR(value(ValueKind::kProbability), mean_probability, 1e-15);
  EXPECT_NEAR(value(ValueKind::kLogProbability), std::log(mean_probability), 1e-15);
  EXPECT_NEAR(value(ValueKind::kLoss), std::log(mean_probability), 1e-15);
}

TEST(Target, IsCorrectWhereTheMeanProbabilityIs) {
  // The mean logit of class 1 is -1, its mean probability 0.66.
  const std::vector<Numbers> logits = {{0.0, 1.0}, {0.0, 1.0}, {0.0, 1.0}, {0.0, 1.0}, {0.0, -9.0}};
  EXPECT_EQ(value_of(classifier(OutputKind::kLogits, 2, ValueKind::kCorrect, 1), logits), 1.0);
  std::vector<Numbers> single;
  for (const Numbers& output : logits) single.push_back({output[1]});
  EXPECT_EQ(value_of(classifier(OutputKind::kLogits, 1, ValueKind::kCorrect, 1), single), 1.0);
}

TEST(Target, ReadsTheMarginFromTheMeanLogits) {
  // Another class is the strongest rival of each donor; of the mean it is class 0.
  const std::vector<Numbers> logits = {{2.0, 1.0, 0.0}, {1.0, 1.0, 2.0}, {3.0, 1.0, 0.0}};
  EXPECT_NEAR(value_of(classifier(OutputKind::kLogits, 3, ValueKind::kMargin, 1), logits), -1.0, 1e-15);
}

TEST(Target, KeepsTheLogarithmOfNothingFinite) {
  const double smallest = std::log(std::numeric_limits<double>::epsilon());
  for (const ValueKind kind : {ValueKind::kLogProbability, ValueKind::kLoss}) {
    EXPECT_EQ(value_of(classifier(OutputKind::kProbabilities, 2, kind, 1), Numbers{1.0, 0.0}), smallest);
  }
}

TEST(Target, TakesTheLogarithmOfAnyFiniteLogit) {
  for (const ValueKind kind : {ValueKind::kLogProbability, ValueKind::kLoss}) {
    // ln p = -z + ln(1 + e^-z).
    for (const double logit : {50.0, 700.0, 2000.0}) {
      EXPECT_NEAR(value_of(classifier(OutputKind::kLogits, 2, kind, 1), Numbers{logit, 0.0}), -logit, 1e-12 * logit);
      EXPECT_NEAR(value_of(classifier(OutputKind::kLogits, 1, kind, 0), Numbers{logit}), -logit, 1e-12 * logit);
      TargetInput labels = classifier(OutputKind::kMultilabel, 1, kind, 0);
      labels.label_flags = {1};
      EXPECT_NEAR(value_of(labels, Numbers{-logit}), -logit, 1e-12 * logit);
    }
    // ln((e^-60 + e^-62) / 2): probabilities are averaged first.
    EXPECT_NEAR(value_of(classifier(OutputKind::kLogits, 2, kind, 1), std::vector<Numbers>{{60.0, 0.0}, {62.0, 0.0}}),
                -60.0 + std::log((1.0 + std::exp(-2.0)) / 2.0), 1e-12);
    // Equal donors, whose probability is too small for a double.
    EXPECT_NEAR(value_of(classifier(OutputKind::kLogits, 2, kind, 1), std::vector<Numbers>{{900.0, 0.0}, {900.0, 0.0}}),
                -900.0, 1e-9);
  }
  TargetInput labels = classifier(OutputKind::kMultilabel, 2, ValueKind::kLoss, 0);
  labels.scope = LabelScope::kAll;
  labels.label_flags = {1, 0};
  EXPECT_NEAR(value_of(labels, Numbers{-40.0, 1500.0}), -(40.0 + 1500.0) / 2.0, 1e-9)
      << "also of a label that is false";
}

TEST(Target, TakesTheLogarithmOfAnyLabelToken) {
  for (const ValueKind kind : {ValueKind::kLogProbability, ValueKind::kLoss}) {
    const TargetInput tokens = classifier(OutputKind::kCausalLm, 3, kind, 0);
    EXPECT_EQ(value_of(tokens, Numbers{-200.0, 1.0, -1000.0}), -600.0) << "1 is an ignored token";
    // The mean of 1/2 and 1/8, and of 1/4 and 1/4.
    EXPECT_NEAR(value_of(tokens, std::vector<Numbers>{{std::log(0.5), 1.0, std::log(0.25)},
                                                      {std::log(0.125), 1.0, std::log(0.25)}}),
                (std::log(0.3125) + std::log(0.25)) / 2.0, 1e-15);
  }
}

TEST(Target, KnowsTheClassAndWidthOfEveryExample) {
  TargetInput input = classifier(OutputKind::kLogits, 4, ValueKind::kProbability, 3);
  input.classes = {3, 0, 2};
  const Target one(input);
  EXPECT_EQ(one.example_count(), 3U);
  EXPECT_EQ(one.target_class(2), 2U);
  EXPECT_EQ(one.width(), 1U);
  Numbers prediction(1);
  one.prediction(Numbers{0.0, 0.0, 0.0, std::log(3.0)}, 0, prediction);
  EXPECT_NEAR(prediction[0], 0.5, 1e-15);
  one.prediction(Numbers{0.0, 0.0, 0.0, std::log(3.0)}, 1, prediction);
  EXPECT_NEAR(prediction[0], 1.0 / 6.0, 1e-15);
  for (const ValueKind kind : {ValueKind::kMargin, ValueKind::kCorrect}) {
    input.value = kind;
    EXPECT_EQ(Target(input).width(), 4U) << "classes are compared";
  }
}

TEST(Target, RefusesValuesThatTheOutputDoesNotHave) {
  const auto message = [](const TargetInput& input) {
    return thrown_message<ConfigError>([&] { return Target(input); });
  };
  for (const ValueKind kind : {ValueKind::kLogit, ValueKind::kMargin}) {
    EXPECT_TRUE(mentions(message(classifier(OutputKind::kProbabilities, 2, kind, 0)),
                         {"expected a model of kind logits, got probabilities", "use probability"}));
  }
  for (const ValueKind kind : {ValueKind::kLogit, ValueKind::kProbability, ValueKind::kLogProbability,
                               ValueKind::kMargin, ValueKind::kCorrect}) {
    const std::string name = value_names()[static_cast<std::size_t>(kind)];
    EXPECT_TRUE(mentions(message(classifier(OutputKind::kRegression, 1, kind, 0)),
                         {"value '" + name + "'", "expected a classifier, got a regression", "use output or loss"}));
  }
  EXPECT_TRUE(mentions(message(classifier(OutputKind::kRegression, 1, ValueKind::kLoss, 0)),
                       {"value 'loss': expected labels, got none"}));
}

TEST(Target, RefusesClassesThatTheModelDoesNotHave) {
  const auto message = [](OutputKind kind, std::size_t width, ValueKind value, std::uint32_t target_class) {
    return thrown_message<ConfigError>([&] { return Target(classifier(kind, width, value, target_class)); });
  };
  EXPECT_TRUE(mentions(message(OutputKind::kLogits, 3, ValueKind::kProbability, 3),
                       {"target: expected a class below 3", "got 3"}));
  EXPECT_TRUE(mentions(message(OutputKind::kProbabilities, 1, ValueKind::kProbability, 2),
                       {"target: expected a class below 2", "got 2"}));
  EXPECT_TRUE(mentions(message(OutputKind::kRegression, 2, ValueKind::kOutput, 2), {"expected", "below 2", "got 2"}));
  EXPECT_TRUE(mentions(message(OutputKind::kLogits, 1, ValueKind::kOutput, 1), {"expected", "below 1", "got 1"}))
      << "the output is one number";
  EXPECT_NO_THROW(Target(classifier(OutputKind::kLogits, 1, ValueKind::kProbability, 1)));
}

/// A multilabel model of three labels, of which the last two are true.
TargetInput multilabel(ValueKind value, LabelScope scope, std::uint32_t label = 0,
                       OutputKind kind = OutputKind::kMultilabel) {
  return {
      .kind = kind, .output_width = 3, .value = value, .classes = {label}, .scope = scope, .label_flags = {0, 1, 1}};
}

TEST(Target, ReadsOneLabelOfAMultilabelModel) {
  const Numbers logits = {2.0, -1.0, 3.0};
  const auto value = [&](ValueKind kind, std::uint32_t label) {
    return value_of(multilabel(kind, LabelScope::kOne, label), logits);
  };
  EXPECT_NEAR(value(ValueKind::kProbability, 1), sigmoid(-1.0), 1e-15);
  EXPECT_NEAR(value(ValueKind::kLogProbability, 1), std::log(sigmoid(-1.0)), 1e-15);
  EXPECT_EQ(value(ValueKind::kLogit, 2), 3.0);
  EXPECT_EQ(value(ValueKind::kOutput, 2), 3.0);
  EXPECT_EQ(value(ValueKind::kCorrect, 0), 0.0) << "predicted, not true";
  EXPECT_EQ(value(ValueKind::kCorrect, 1), 0.0) << "true, not predicted";
  EXPECT_EQ(value(ValueKind::kCorrect, 2), 1.0);
  EXPECT_NEAR(value(ValueKind::kLoss, 0), std::log(1.0 - sigmoid(2.0)), 1e-14);
  EXPECT_NEAR(value(ValueKind::kLoss, 2), std::log(sigmoid(3.0)), 1e-15);
}

TEST(Target, IsTheMeanOverTheLabelsThatAreTrue) {
  const Numbers probabilities = {0.9, 0.2, 0.6};
  const auto value = [&](ValueKind kind, LabelScope scope) {
    return value_of(multilabel(kind, scope, 0, OutputKind::kMultilabelProbabilities), probabilities);
  };
  EXPECT_DOUBLE_EQ(value(ValueKind::kProbability, LabelScope::kTrue), 0.4);
  EXPECT_DOUBLE_EQ(value(ValueKind::kLogProbability, LabelScope::kTrue), (std::log(0.2) + std::log(0.6)) / 2.0);
  EXPECT_EQ(value(ValueKind::kCorrect, LabelScope::kTrue), 0.5);
  EXPECT_NEAR(value(ValueKind::kLoss, LabelScope::kAll), (std::log(0.1) + std::log(0.2) + std::log(0.6)) / 3.0, 1e-15);
  EXPECT_EQ(value_of(multilabel(ValueKind::kLogit, LabelScope::kTrue), Numbers{7.0, 1.0, 4.0}), 2.5);
}

TEST(Target, AveragesProbabilitiesOfLabelsBeforeItTakesTheirLoss) {
  const std::vector<Numbers> donors = {{0.0, 1.0, -2.0}, {0.0, -3.0, 0.5}};
  const double first = (sigmoid(1.0) + sigmoid(-3.0)) / 2.0;
  const double second = (sigmoid(-2.0) + sigmoid(0.5)) / 2.0;
  EXPECT_NEAR(value_of(multilabel(ValueKind::kLoss, LabelScope::kTrue), donors),
              (std::log(first) + std::log(second)) / 2.0, 1e-14);
}

TEST(Target, RefusesValuesThatLabelSetsDoNotHave) {
  const auto message = [](const TargetInput& input) {
    return thrown_message<ConfigError>([&] { return Target(input); });
  };
  EXPECT_TRUE(mentions(message(multilabel(ValueKind::kMargin, LabelScope::kOne)),
                       {"value 'margin'", "labels that do not exclude each other"}));
  EXPECT_TRUE(
      mentions(message(multilabel(ValueKind::kLogit, LabelScope::kOne, 0, OutputKind::kMultilabelProbabilities)),
               {"value 'logit'", "expected a model of kind multilabel"}));
  EXPECT_TRUE(mentions(message(multilabel(ValueKind::kLogit, LabelScope::kOne, 3)), {"a label below 3", "got 3"}));
  TargetInput unlabelled = multilabel(ValueKind::kCorrect, LabelScope::kOne);
  unlabelled.label_flags.clear();
  EXPECT_TRUE(mentions(message(unlabelled), {"value 'correct': expected labels, got none"}));
}

TEST(Target, TakesARuledOutClassForImpossible) {
  const double infinity = std::numeric_limits<double>::infinity();
  const Numbers masked = {0.0, -infinity, 1.0};
  const auto value = [&](ValueKind kind, std::uint32_t target_class) {
    return value_of(classifier(OutputKind::kLogits, 3, kind, target_class), masked);
  };
  EXPECT_EQ(value(ValueKind::kProbability, 1), 0.0);
  EXPECT_NEAR(value(ValueKind::kProbability, 2), sigmoid(1.0), 1e-15);
  EXPECT_NEAR(value(ValueKind::kLoss, 2), std::log(sigmoid(1.0)), 1e-15);
  EXPECT_EQ(value(ValueKind::kLogit, 2), 1.0);
  EXPECT_EQ(value(ValueKind::kMargin, 2), 1.0);
  EXPECT_EQ(value(ValueKind::kCorrect, 2), 1.0);
  EXPECT_EQ(value(ValueKind::kCorrect, 1), 0.0);
  for (const ValueKind kind :
       {ValueKind::kLogit, ValueKind::kMargin, ValueKind::kLogProbability, ValueKind::kLoss, ValueKind::kOutput}) {
    EXPECT_TRUE(mentions(thrown_message<MaskedLogitError>([&] { return value(kind, 1); }),
                         {"expected a finite logit of class 1, got -inf; use value probability"}));
  }
  // Every other class is ruled out in one of the two.
  const std::vector<Numbers> donors = {{0.0, -infinity, 1.0}, {0.0, 1.0, -infinity}};
  EXPECT_THROW(value_of(classifier(OutputKind::kLogits, 3, ValueKind::kMargin, 0), donors), MaskedLogitError);
  EXPECT_THROW(value_of(multilabel(ValueKind::kLoss, LabelScope::kAll), masked), MaskedLogitError);
  EXPECT_EQ(value_of(multilabel(ValueKind::kProbability, LabelScope::kTrue), masked), sigmoid(1.0) / 2.0);
}

TEST(Target, KnowsWhetherAMeanOfPredictionsHasTheMeanOfTheirValues) {
  for (const ValueKind kind : {ValueKind::kLogit, ValueKind::kProbability, ValueKind::kLogProbability,
                               ValueKind::kMargin, ValueKind::kCorrect}) {
    const Target target({.kind = OutputKind::kLogits, .output_width = 3, .value = kind, .classes = {1}});
    const std::size_t width = target.width();
    std::vector<double> first(width);
    std::vector<double> second(width);
    target.prediction(std::array{-1.0, 3.0, 0.5}, 0, first);
    target.prediction(std::array{3.5, 2.0, -2.0}, 0, second);
    std::vector<double> mean(width);
    for (std::size_t place = 0; place < width; ++place) mean[place] = (first[place] + second[place]) / 2.0;
    const double of_values = (target.value(first, 0) + target.value(second, 0)) / 2.0;
    EXPECT_EQ(std::abs(target.value(mean, 0) - of_values) < 1e-12, target.is_linear())
        << value_names()[static_cast<std::size_t>(kind)];
  }
}

TEST(Target, HasNamesForItsValues) {
  ASSERT_EQ(value_names().size(), 7U);
  for (std::size_t value = 0; value < value_names().size(); ++value) {
    EXPECT_EQ(static_cast<std::size_t>(parse_value_kind(value_names()[value])), value);
  }
  EXPECT_EQ(parse_value_kind("log_probability"), ValueKind::kLogProbability);
  EXPECT_EQ(parse_value_kind("output"), ValueKind::kOutput);
  EXPECT_EQ(thrown_message<ConfigError>([] { return parse_value_kind("probabilty"); }),
            "value: unknown 'probabilty'; did you mean 'probability'?");
}

TEST(Target, IsTheMeanLogProbabilityOfLabelTokens) {
  for (const ValueKind value : {ValueKind::kLogProbability, ValueKind::kLoss}) {
    const Target target({.kind = OutputKind::kCausalLm, .output_width = 3, .value = value, .classes = {0, 0}});
    const std::vector<double> output = {std::log(0.25), 1.0, 0.0};
    std::vector<double> prediction(target.width());
    target.prediction(output, 1, prediction);
    EXPECT_DOUBLE_EQ(target.value(prediction, 1), -std::log(2.0));
  }
  EXPECT_THROW(Target({.kind = OutputKind::kCausalLm, .output_width = 3, .classes = {0}}), ConfigError);
}

}  // namespace
}  // namespace modattr::target_test
