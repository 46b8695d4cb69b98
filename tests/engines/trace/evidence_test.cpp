#include "modattr/engines/trace/evidence.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/engines/trace/fault_injection.h"
#include "modattr/stats/class_reader.h"
#include "modattr/stats/label_judge.h"
#include "support/case_table_game.h"
#include "support/table_game.h"

namespace modattr {
namespace {

/// Logits of two classes from a formula that mixes all modalities.
std::vector<double> mixed_logits(std::span<const double> numbers) {
  double score = 0.3;
  for (std::size_t modality = 0; modality < numbers.size(); ++modality) {
    score += numbers[modality] * (1.0 + static_cast<double>(modality)) - 0.4;
    if (modality > 0) score += 0.7 * numbers[modality] * numbers[modality - 1];
  }
  return {0.0, score};
}

/// A set whose labels the model often knows.
TableCasesParts set_of(std::size_t example_count, std::size_t modality_count) {
  RandomStream stream = Rng(4).stream(RandomPurpose::kBackground, 0, 0);
  TableCasesParts parts{.data = Matrix(example_count, modality_count), .model = mixed_logits, .judge = nullptr};
  std::vector<std::int64_t> labels;
  for (std::size_t example = 0; example < example_count; ++example) {
    for (std::size_t modality = 0; modality < modality_count; ++modality) {
      parts.data(example, modality) = 2.0 * stream.uniform() - 1.0;
    }
    const bool says_one = mixed_logits(std::as_const(parts.data).row(example))[1] > 0.0;
    labels.push_back((says_one != (stream.uniform() < 0.2)) ? 1 : 0);
  }
  parts.judge = make_label_judge({.kind = OutputKind::kLogits,
                                  .output_width = 2,
                                  .labels = std::make_shared<Labels>(ClassLabels{.classes = labels})});
  return parts;
}

/// Mean over donors of the probability of the label when the modalities of `coalition` are the example's own.
double mean_probability(const TableCases& game, std::uint32_t example, std::uint32_t coalition,
                        std::span<const std::uint32_t> donors, bool counts_right = false) {
  double sum = 0.0;
  for (const std::uint32_t donor : donors) {
    std::vector<double> numbers;
    for (std::size_t modality = 0; modality < game.modality_count(); ++modality) {
      numbers.push_back(game.number(modality, (coalition >> modality & 1U) != 0 ? example : donor));
    }
    const std::vector<double> output = mixed_logits(numbers);
    sum +=
        counts_right ? (game.judge().is_right(output, example) ? 1.0 : 0.0) : game.judge().probability(output, example);
  }
  return sum / static_cast<double>(donors.size());
}

double factorial(std::size_t number) {
  return number == 0 ? 1.0 : static_cast<double>(number) * factorial(number - 1);
}

double shapley_of(const TableCases& game, std::uint32_t example, std::size_t modality,
                  std::span<const std::uint32_t> donors) {
  const std::size_t count = game.modality_count();
  double value = 0.0;
  for (std::uint32_t coalition = 0; coalition < 1U << count; ++coalition) {
    if ((coalition >> modality & 1U) != 0) continue;
    const auto size = static_cast<std::size_t>(std::popcount(coalition));
    const double weight = factorial(size) * factorial(count - size - 1) / factorial(count);
    value += weight * (mean_probability(game, example, coalition | 1U << modality, donors) -
                       mean_probability(game, example, coalition, donors));
  }
  return value;
}

struct Collected {
  explicit Collected(std::size_t example_count, std::size_t modality_count, std::size_t donor_count = 40)
      : game(set_of(example_count, modality_count)),
        reference(game, rng, donor_count, ReferencePart::kAll),
        collector(game, reference, rng) {}

  CaseEvidence of(std::uint32_t example) {
    const TracedCase traced{.example = example};
    return collector.collect(std::span(&traced, 1), ShapleyValues::kWanted).front();
  }

  Rng rng{7};
  TableCases game;
  ReferenceSet reference;
  EvidenceCollector collector;
};

TEST(Evidence, CountsTheDonorsThatBringTheRightAnswer) {
  Collected collected(120, 2);
  for (const std::uint32_t example : std::span(collected.reference.wrong()).first(10)) {
    const CaseEvidence evidence = collected.of(example);
    EXPECT_FALSE(evidence.is_right);
    const auto donors = collected.reference.donors();
    const auto count = static_cast<double>(donors.size());
    const double empty = mean_probability(collected.game, example, 0, donors, true);
    EXPECT_NEAR(evidence.empty_right, empty, 1e-12);
    for (std::size_t modality = 0; modality < 2; ++modality) {
      const double right = mean_probability(collected.game, example, 1U << (1 - modality), donors, true);
      EXPECT_NEAR(evidence.modalities[modality].repair, (empty + right * count) / (count + 1.0), 1e-12);
      EXPECT_NEAR(evidence.modalities[modality].repair_probability,
                  mean_probability(collected.game, example, 1U << (1 - modality), donors), 1e-12);
    }
  }
}

TEST(Evidence, BlamesByExactShapleyValuesOfTwoAndThreeModalities) {
  for (const std::size_t modality_count : {2U, 3U}) {
    Collected collected(120, modality_count);
    const std::uint32_t example = collected.reference.wrong().front();
    const CaseEvidence evidence = collected.of(example);
    for (std::size_t modality = 0; modality < modality_count; ++modality) {
      EXPECT_NEAR(evidence.modalities[modality].blame,
                  -shapley_of(collected.game, example, modality, collected.reference.donors()), 1e-12);
    }
  }
}

TEST(Evidence, BlamesByPermutationsOfMoreModalities) {
  Collected collected(600, 5, 400);
  const std::uint32_t example = collected.reference.wrong().front();
  const CaseEvidence evidence = collected.of(example);
  const auto donors = collected.reference.donors();
  double sum = 0.0;
  for (std::size_t modality = 0; modality < 5; ++modality) {
    sum -= evidence.modalities[modality].blame;
    // One permutation per donor, 400 of them.
    EXPECT_NEAR(-evidence.modalities[modality].blame, shapley_of(collected.game, example, modality, donors), 0.05);
  }
  EXPECT_NEAR(sum, evidence.probability - mean_probability(collected.game, example, 0, donors), 1e-12);
}

TEST(Evidence, LeavesOutDonorsOfTheSameSource) {
  // Every four examples share their first number.
  TableCasesParts parts = set_of(160, 2);
  for (std::size_t example = 0; example < 160; ++example) parts.data(example, 0) = parts.data(example / 4 * 4, 0);
  TableCases game(std::move(parts));
  const Rng rng(7);
  const ReferenceSet reference(game, rng, 1000, ReferencePart::kAll);
  EvidenceCollector collector(game, reference, rng);
  const std::uint32_t example = reference.wrong().front();
  const TracedCase traced{.example = example};
  const CaseEvidence evidence = collector.collect(std::span(&traced, 1), ShapleyValues::kNone).front();
  const auto same =
      std::ranges::count_if(reference.right(), [&](std::uint32_t other) { return other / 4 == example / 4; });
  ASSERT_GT(same, 0);
  EXPECT_EQ(evidence.modalities[0].donor_count, reference.right().size() - static_cast<std::size_t>(same));
}

TEST(Evidence, FindsDataThatIsFarFromTheRest) {
  Collected collected(200, 2);
  const std::uint32_t example = collected.reference.right().front();
  const TracedCase traced{.example = example,
                          .injected = InjectedFault{.modality = 1,
                                                    .fault = {"scale", 50.0},
                                                    .partner = example,
                                                    .stream = collected.rng.stream(RandomPurpose::kFault, 0, 0)}};
  const CaseEvidence evidence = collected.collector.collect(std::span(&traced, 1), ShapleyValues::kNone).front();
  EXPECT_GT(evidence.modalities[1].typicality, 10.0);
  EXPECT_LT(evidence.modalities[0].typicality, 3.0);
  EXPECT_LT(evidence.modalities[1].data.overall.value(), 0.01);
}

TEST(Evidence, SaysThatFewRightAnswersTellNothing) {
  Collected collected(24, 2);
  EXPECT_NE(collected.collector.typicality_gap().find("fewer than 30"), std::string::npos);
  const CaseEvidence evidence = collected.of(collected.reference.right().front());
  EXPECT_EQ(evidence.modalities[0].typicality, 1.0);
  EXPECT_FALSE(evidence.modalities[0].data.overall);
}

TEST(FaultInjection, KeepsRightAnswersThatBecomeWrong) {
  Collected collected(200, 2);
  for (const ModalityFault& fault : {ModalityFault{0, {"swap"}}, ModalityFault{1, {"noise", 3.0}}}) {
    const InjectedCases found =
        inject_fault(collected.game, collected.reference, collected.collector, collected.reference.right(), fault,
                     {.case_count = 20, .most_tries = 2000}, collected.rng);
    ASSERT_EQ(found.cases.size(), 20U);
    const std::vector<CaseEvidence> evidence = collected.collector.collect(found.cases, ShapleyValues::kNone);
    for (std::size_t place = 0; place < evidence.size(); ++place) {
      EXPECT_FALSE(evidence[place].is_right);
      const TracedCase& traced = found.cases[place];
      EXPECT_TRUE(collected.reference.outcomes()[traced.example].is_right);
      EXPECT_EQ(traced.injected->modality, fault.modality);
      if (fault.is_swap()) {
        EXPECT_FALSE(collected.reference.same_source(traced.example, traced.injected->partner));
      }
    }
  }
}

TEST(FaultInjection, TriesNoMoreThanItMay) {
  Collected collected(100, 2);
  // Noise of no size changes nothing.
  const InjectedCases found =
      inject_fault(collected.game, collected.reference, collected.collector, collected.reference.right(),
                   ModalityFault{0, {"noise", 1e-12}}, {.case_count = 5, .most_tries = 300}, collected.rng);
  EXPECT_TRUE(found.cases.empty());
  EXPECT_EQ(found.try_count, 300U);
}

}  // namespace
}  // namespace modattr
