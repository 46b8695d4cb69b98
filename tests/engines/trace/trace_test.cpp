#include "modattr/engines/trace/trace.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/stats/label_judge.h"
#include "modattr/stats/metrics.h"
#include "support/case_table_game.h"
#include "support/table_game.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

/// Two numbers that lie close to whole ones from 0 to 3; the class is their sum modulo four.
constexpr int kClasses = 4;

std::vector<double> sum_logits(std::span<const double> numbers) {
  std::vector<double> logits;
  for (int label = 0; label < kClasses; ++label) {
    const double sum = std::round(numbers[0]) + std::round(numbers[1]);
    const double rest = std::fmod(std::fmod(sum - label, kClasses) + kClasses, kClasses);
    // How sure the model is falls with the distance from whole numbers.
    const double doubt = std::abs(numbers[0] - std::round(numbers[0])) + std::abs(numbers[1] - std::round(numbers[1]));
    logits.push_back(rest == 0.0 ? 3.0 - 2.0 * doubt : 0.0);
  }
  return logits;
}

struct SumSet {
  Matrix data;
  std::vector<std::int64_t> labels;
  std::vector<std::uint64_t> identities;
  /// Examples whose second number was replaced by one far away.
  std::vector<std::uint32_t> faulty;

  explicit SumSet(std::size_t example_count = 600) : data(example_count, 2) {
    RandomStream stream = Rng(3).stream(RandomPurpose::kBackground, 0, 0);
    for (std::size_t example = 0; example < data.row_count(); ++example) {
      const int first = static_cast<int>(stream.below(kClasses));
      const int second = static_cast<int>(stream.below(kClasses));
      data(example, 0) = first + 0.2 * (stream.uniform() - 0.5);
      data(example, 1) = second + 0.2 * (stream.uniform() - 0.5);
      labels.push_back((first + second) % kClasses);
      identities.push_back(identity_of("id " + std::to_string(example)));
      if (example % 30 == 7) {
        data(example, 1) += 13.0;
        faulty.push_back(static_cast<std::uint32_t>(example));
      }
    }
  }
  /// The same examples in another order.
  void shuffle() {
    SumSet before = *this;
    for (std::size_t example = 0; example < labels.size(); ++example) {
      const std::size_t from = (example * 7 + 5) % labels.size();
      for (std::size_t modality = 0; modality < 2; ++modality) data(example, modality) = before.data(from, modality);
      labels[example] = before.labels[from];
      identities[example] = before.identities[from];
    }
  }

  TableProblem problem() const {
    const auto classes = std::make_shared<const Labels>(ClassLabels{.classes = labels});
    const auto judge = std::shared_ptr<const AnswerJudge>(
        make_label_judge({.kind = OutputKind::kLogits, .output_width = kClasses, .labels = classes}));
    return TableProblem(
        {.data = data,
         .model = sum_logits,
         .metric = make_metric("accuracy", {.kind = OutputKind::kLogits, .output_width = kClasses, .labels = classes}),
         .cases = [this, judge] {
           return std::make_unique<TableCases>(
               TableCasesParts{.data = data, .model = sum_logits, .judge = judge, .identities = identities});
         }});
  }
};

const ExampleAttribution& example_of(const Attribution& result, std::uint32_t example) {
  const auto found = std::ranges::find(result.examples, example, &ExampleAttribution::example);
  if (found == result.examples.end()) throw std::out_of_range("example " + std::to_string(example));
  return *found;
}

/// "none" for right answers.
std::string verdict_of(const ExampleAttribution& example) {
  const auto found = std::ranges::find(example.details, "verdict", &Detail::name);
  const auto* verdict = std::get_if<std::string>(&found->value);
  return verdict == nullptr ? "none" : *verdict;
}

std::map<std::string, double> probabilities_of(const ExampleAttribution& example) {
  const auto found = std::ranges::find(example.details, "probability", &Detail::name);
  std::map<std::string, double> probabilities;
  for (const Detail& each : std::get<Detail::Object>(found->value).members) {
    probabilities[each.name] = std::get<double>(each.value);
  }
  return probabilities;
}

/// What is found in the set with the usual options.
const Attribution& usual_result() {
  static const Attribution result = [] {
    const SumSet set;
    TableProblem problem = set.problem();
    return Trace({}).attribute(problem, Rng(1));
  }();
  return result;
}

TEST(Trace, NamesTheModalityThatWasReplaced) {
  const SumSet set;
  const Attribution& result = usual_result();
  ASSERT_EQ(result.examples.size(), set.faulty.size());
  for (const std::uint32_t example : set.faulty) EXPECT_EQ(verdict_of(example_of(result, example)), "b");
  EXPECT_EQ(row_of(result, "b", "trace.count").value, static_cast<double>(set.faulty.size()));
  EXPECT_EQ(row_of(result, "a", "trace.count").value, 0.0);
  EXPECT_EQ(row_of(result, "undecided", "trace.count").value, 0.0);
  EXPECT_GT(row_of(result, "b", "trace.share").value.value(), 0.95);
  EXPECT_EQ(row_of(result, "b", "trace.share").examples, set.faulty.size());
}

TEST(Trace, GivesProbabilitiesThatSumToOne) {
  for (const ExampleAttribution& example : usual_result().examples) {
    double sum = 0.0;
    for (const auto& [name, probability] : probabilities_of(example)) sum += probability;
    EXPECT_NEAR(sum, 1.0, 1e-12);
    EXPECT_EQ(probabilities_of(example).size(), 3U);
  }
}

TEST(Trace, DoesNotDependOnTheOrderOfTheExamples) {
  SumSet shuffled;
  shuffled.shuffle();
  TableProblem problem = shuffled.problem();
  const Attribution& one = usual_result();
  const Attribution other = Trace({}).attribute(problem, Rng(1));
  ASSERT_EQ(one.examples.size(), other.examples.size());
  for (const ExampleAttribution& example : other.examples) {
    const std::uint32_t before = (example.example * 7 + 5) % 600;
    EXPECT_EQ(probabilities_of(example), probabilities_of(example_of(one, before)));
  }
}

TEST(Trace, TracesRightAnswersThatAreAskedFor) {
  const SumSet few(150);
  TableProblem problem_of_few = few.problem();
  const Attribution all = Trace({.answers = TracedAnswers::kAll}).attribute(problem_of_few, Rng(1));
  EXPECT_EQ(all.examples.size(), 150U);
  EXPECT_EQ(verdict_of(example_of(all, 0)), "none");
  EXPECT_EQ(verdict_of(example_of(all, 7)), "b");
  const SumSet set;
  TableProblem problem = set.problem();
  const Attribution asked = Trace({.asked = {0, 7}}).attribute(problem, Rng(1));
  ASSERT_EQ(asked.examples.size(), 2U);
  EXPECT_EQ(verdict_of(asked.examples[0]), "none");
  EXPECT_EQ(verdict_of(asked.examples[1]), "b");
  // The verdict is that of the whole set.
  EXPECT_EQ(probabilities_of(asked.examples[1]), probabilities_of(example_of(usual_result(), 7)));
}

TEST(Trace, MeasuresItsVerdictsOnTheOtherHalf) {
  const SumSet set;
  TableProblem problem = set.problem();
  const std::vector<ModalityFault> tested = {{0, {"swap"}}, {1, {"swap"}}, {0, {"zero"}}, {1, {"scale", 9.0}}};
  const Attribution result = Trace({.tested = tested}).attribute(problem, Rng(1));
  EXPECT_GT(row_of(result, "balanced", "trace.hit").value.value(), 0.7);
  EXPECT_GT(row_of(result, "b", "trace.hit", "scale:9").value.value(), 0.95);
  EXPECT_LE(row_of(result, "balanced", "trace.ece").value.value(), 0.2);
  EXPECT_TRUE(result.examples.empty());
  // What a rule of chance would do.
  EXPECT_GT(row_of(result, "balanced", "trace.hit").value.value(),
            row_of(result, "balanced", "trace.hit_share").value.value());
}

TEST(Trace, SaysWhenFaultsCalibrateNothing) {
  const SumSet set;
  TableProblem problem = set.problem();
  const Attribution result =
      Trace({.calibration = {{0, {"noise", 1e-9}}, {1, {"noise", 1e-9}}}}).attribute(problem, Rng(1));
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_NE(result.warnings.front().find("the weights are the usual ones"), std::string::npos);
  EXPECT_NE(result.warnings.front().find("(0 of 3000)"), std::string::npos);
}

TEST(Trace, SaysWhichFaultsDataCannotHave) {
  const SumSet set;
  TableProblem problem = set.problem();
  const std::vector<ModalityFault> faults = {{0, {"dropout"}}, {1, {"swap"}}};
  for (const Attribution& result : {Trace({.calibration = faults}).attribute(problem, Rng(1)),
                                    Trace({.tested = faults}).attribute(problem, Rng(1))}) {
    const bool says_so = std::ranges::any_of(result.warnings, [](const std::string& warning) {
      return warning == "modality 'a' has no fault dropout: one number has no stretches";
    });
    EXPECT_TRUE(says_so);
  }
}

TEST(Trace, RefusesSetsThatItCannotTrace) {
  SumSet set;
  for (std::int64_t& label : set.labels) label = (label + 2) % kClasses;
  TableProblem none_right = set.problem();
  EXPECT_NE(thrown_message<ConfigError>([&] { Trace({}).attribute(none_right, Rng(1)); }).find("some right answers"),
            std::string::npos);
  TableProblem one({.data = Matrix(8, 1),
                    .model = [](std::span<const double>) { return std::vector{1.0}; },
                    .metric = binary_metric("accuracy", std::vector<std::int64_t>(8, 1))});
  EXPECT_NE(thrown_message<ConfigError>([&] { Trace({}).attribute(one, Rng(1)); }).find("2 to 12 modalities, got 1"),
            std::string::npos);
}

TEST(Trace, SaysWhenEveryAnswerIsRight) {
  SumSet set;
  for (const std::uint32_t example : set.faulty) set.data(example, 1) -= 13.0;
  TableProblem problem = set.problem();
  const Attribution result = Trace({}).attribute(problem, Rng(1));
  ASSERT_FALSE(result.warnings.empty());
  EXPECT_NE(result.warnings.back().find("every answer is right"), std::string::npos);
  EXPECT_TRUE(result.examples.empty());
}

}  // namespace
}  // namespace modattr
