#include "modattr/value/games/pair_outcomes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <vector>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/counting_progress.h"
#include "support/thrown_message.h"
#include "value/fake_model.h"
#include "value/number_set.h"

namespace modattr {
namespace {

using Key = std::vector<std::vector<std::int64_t>>;
using Row = std::vector<std::int64_t>;

/// A mean over examples that depends on the first and the last output and on the example, not linearly.
class WaveMetric final : public Metric {
 public:
  std::string_view name() const noexcept override { return "wave"; }
  Orientation orientation() const noexcept override { return Orientation::kHigherIsBetter; }
  bool is_mean() const noexcept override { return true; }
  void outcome(std::span<const double> output, std::size_t example, std::span<double> outcome) const override {
    outcome.front() = std::sin(output.front() + 0.3 * static_cast<double>(example)) * output.back();
  }
  std::unique_ptr<OutcomeScorer> scorer(std::span<const double>, std::span<const std::uint32_t>) const override {
    throw std::logic_error("not asked for");
  }
  std::optional<double> majority_score(std::span<const std::uint32_t>) const override { return std::nullopt; }
};

/// Two outputs of a row of numbers in which every column matters and all of them interact.
std::vector<double> two_outputs(const Row& row) {
  double sum = 0.0;
  double product = 1.0;
  for (std::size_t column = 0; column < row.size(); ++column) {
    sum += (1.0 + 0.7 * static_cast<double>(column)) * static_cast<double>(row[column]);
    product *= 1.5 + std::cos(static_cast<double>(row[column] + 1));
  }
  return {std::cos(sum), product + 0.5 * std::sin(0.1 * sum)};
}

/// The rows of numbers of a call, from one input with all columns or from one input per column.
std::vector<Row> rows_of(std::span<const at::Tensor> inputs) {
  std::vector<at::Tensor> columns;
  for (const at::Tensor& input : inputs) columns.push_back(input.reshape({input.size(0), -1}));
  const at::Tensor table = at::cat(columns, 1).contiguous();
  const std::int64_t* values = table.data_ptr<std::int64_t>();
  std::vector<Row> rows;
  for (std::int64_t row = 0; row < table.size(0); ++row, values += table.size(1)) {
    rows.emplace_back(values, values + table.size(1));
  }
  return rows;
}

at::Tensor table_of(const std::vector<std::vector<double>>& rows) {
  std::vector<double> values;
  for (const std::vector<double>& row : rows) values.insert(values.end(), row.begin(), row.end());
  return at::tensor(values).reshape({static_cast<std::int64_t>(rows.size()), -1});
}

/// A set, a model on it, and what pairs give, example by example.
class PairTrial {
 public:
  PairTrial(const NumberSet& set, std::vector<Stratum> strata) : set_(set), strata_(std::move(strata)) {
    const Coalition all = Coalition::full(set.modality_count());
    for (std::uint32_t example = 0; example < set.example_count(); ++example) {
      // Any numbers will do.
      clean_.push_back(0.25 + outcome(two_outputs(set_.mixed(all, example, example)), example));
    }
  }

  PairOutcomes run(std::size_t modality, EvaluatorOptions options) {
    ModelEvaluator evaluator(model_, set_.dataset(), set_.layout(), options);
    return run(evaluator, modality);
  }

  PairOutcomes run(ModelEvaluator& evaluator, std::size_t modality) {
    CountingProgress counting;
    const PairOutcomes result = pair_outcomes({.evaluator = evaluator,
                                               .metric = metric_,
                                               .modality_count = set_.modality_count(),
                                               .example_count = set_.example_count(),
                                               .strata = strata_,
                                               .clean = clean_},
                                              modality, counting);
    evaluation_count_ = evaluator.evaluation_count();
    EXPECT_EQ(counting.announced, evaluation_count_);
    EXPECT_EQ(counting.done, evaluation_count_);
    return result;
  }

  PairOutcomes expected(std::size_t modality) const {
    const Coalition others = Coalition::full(set_.modality_count()).without(modality);
    const Coalition single = Coalition::single(set_.modality_count(), modality);
    const std::vector<double> zeros(set_.example_count(), 0.0);
    PairOutcomes result{zeros, zeros, clean_};
    for (const Stratum& stratum : strata_) {
      if (stratum.examples.size() < 2) continue;
      const auto count = static_cast<double>(stratum.examples.size());
      std::vector<double> mean(2, 0.0);
      for (const std::uint32_t example : stratum.examples) {
        for (const std::uint32_t donor : stratum.examples) {
          const std::vector<double> output = two_outputs(set_.mixed(single, example, donor));
          for (std::size_t index = 0; index < 2; ++index) mean[index] += output[index] / (count * count);
        }
      }
      for (const std::uint32_t example : stratum.examples) {
        std::vector<double> projected = {-mean[0], -mean[1]};
        for (const std::uint32_t donor : stratum.examples) {
          const std::vector<double> without = two_outputs(set_.mixed(others, example, donor));
          const std::vector<double> alone = two_outputs(set_.mixed(single, example, donor));
          for (std::size_t index = 0; index < 2; ++index) projected[index] += (without[index] + alone[index]) / count;
          if (donor == example) continue;
          result.without[example] += outcome(without, example) - clean_[example];
          result.alone[example] += outcome(alone, example) - clean_[example];
        }
        result.additive[example] = outcome(projected, example);
      }
    }
    if (set_.keeps_column() || strata_.size() > 1) result.additive.clear();
    return result;
  }

  std::size_t expected_evaluation_count(std::size_t modality) const {
    const Coalition others = Coalition::full(set_.modality_count()).without(modality);
    const Coalition single = Coalition::single(set_.modality_count(), modality);
    std::size_t count = 0;
    for (const Stratum& stratum : strata_) {
      if (stratum.examples.size() < 2) continue;
      std::set<Key> without;
      std::set<Key> alone;
      for (const std::uint32_t example : stratum.examples) {
        for (const std::uint32_t donor : stratum.examples) {
          without.insert(set_.key(others, example, donor));
          alone.insert(set_.key(single, example, donor));
        }
      }
      count += without.size() + (set_.keeps_column() ? alone.size() : 0);
    }
    return count;
  }

  std::size_t evaluation_count() const { return evaluation_count_; }

 private:
  double outcome(const std::vector<double>& output, std::size_t example) const {
    double value = 0.0;
    metric_.outcome(output, example, std::span(&value, 1));
    return value;
  }

  const NumberSet& set_;
  std::vector<Stratum> strata_;
  WaveMetric metric_;
  std::vector<double> clean_;
  FakeModel model_{{}, [](std::span<const at::Tensor> inputs) {
                     std::vector<std::vector<double>> outputs;
                     for (const Row& row : rows_of(inputs)) outputs.push_back(two_outputs(row));
                     return table_of(outputs);
                   }};
  std::size_t evaluation_count_ = 0;
};

void expect_near(const std::vector<double>& values, const std::vector<double>& expected, const char* what) {
  ASSERT_EQ(values.size(), expected.size()) << what;
  for (std::size_t example = 0; example < values.size(); ++example) {
    EXPECT_NEAR(values[example], expected[example], 1e-9) << what << " of example " << example;
  }
}

std::vector<Stratum> one_stratum(std::size_t example_count) {
  return {{"all", own_donors(example_count)}};
}

/// Two strata, one of a single example, an empty one, and example 0 in none.
std::vector<Stratum> several_strata(std::size_t example_count) {
  std::vector<Stratum> strata = {{"even", {}}, {"single", {1}}, {"odd", {}}, {"empty", {}}};
  for (std::uint32_t example = 2; example < example_count; ++example) {
    strata[example % 2 == 0 ? 0 : 2].examples.push_back(example);
  }
  return strata;
}

struct Setting {
  const char* name;
  std::vector<std::uint32_t> distinct_counts;
  bool keeps_column;
  bool has_strata;
};

class PairOutcomesOf : public testing::TestWithParam<Setting> {
 protected:
  static constexpr std::size_t kExampleCount = 29;
  NumberSet set_{NumberSet::random(kExampleCount, GetParam().distinct_counts), GetParam().keeps_column};
  PairTrial trial_{set_, GetParam().has_strata ? several_strata(kExampleCount) : one_stratum(kExampleCount)};
};

TEST_P(PairOutcomesOf, AgreeWithALoopOverPairs) {
  for (std::size_t modality = 0; modality < set_.modality_count(); ++modality) {
    const PairOutcomes outcomes = trial_.run(modality, {.rows_per_call = 8});
    const PairOutcomes expected = trial_.expected(modality);
    expect_near(outcomes.without, expected.without, "without");
    expect_near(outcomes.alone, expected.alone, "alone");
    expect_near(outcomes.additive, expected.additive, "additive");
  }
}

TEST_P(PairOutcomesOf, EvaluateEachDifferentPairOnce) {
  for (std::size_t modality = 0; modality < set_.modality_count(); ++modality) {
    trial_.run(modality, {.rows_per_call = 8});
    EXPECT_EQ(trial_.evaluation_count(), trial_.expected_evaluation_count(modality));
  }
}

TEST_P(PairOutcomesOf, HaveTheSameBytesForEveryBatchSizeAndThreadCount) {
  const PairOutcomes expected = trial_.run(0, {.rows_per_call = 4, .batch_size = 4, .thread_count = 1});
  for (const std::size_t batch_size : {1U, 7U, 64U}) {
    for (const std::size_t thread_count : {1U, 3U}) {
      const EvaluatorOptions options = {.rows_per_call = 4, .batch_size = batch_size, .thread_count = thread_count};
      const PairOutcomes outcomes = trial_.run(0, options);
      EXPECT_EQ(outcomes.without, expected.without) << batch_size << " " << thread_count;
      EXPECT_EQ(outcomes.alone, expected.alone) << batch_size << " " << thread_count;
      EXPECT_EQ(outcomes.additive, expected.additive) << batch_size << " " << thread_count;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Settings, PairOutcomesOf,
                         testing::Values(Setting{"TwoModalities", {1000000, 1000000}, false, false},
                                         Setting{"RepeatedRows", {4, 9}, false, false},
                                         Setting{"ThreeModalitiesInStrata", {5, 3, 4}, false, true},
                                         Setting{"KeptColumn", {6, 4, 2}, true, false},
                                         Setting{"KeptColumnInStrata", {2, 3, 2, 2}, true, true}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(PairOutcomes, ManyExamplesAreSharedAmongThreads) {
  // More than one piece of work for a thread.
  const NumberSet set(NumberSet::random(200, {90, 7}));
  PairTrial trial(set, several_strata(200));
  const PairOutcomes outcomes = trial.run(1, {.rows_per_call = 16, .batch_size = 64, .thread_count = 3});
  const PairOutcomes expected = trial.expected(1);
  expect_near(outcomes.without, expected.without, "without");
  expect_near(outcomes.alone, expected.alone, "alone");
  expect_near(outcomes.additive, expected.additive, "additive");
}

TEST(PairOutcomes, AreSummedStretchByStretchWhenOutputsAreWide) {
  const NumberSet set(NumberSet::random(21, {30, 11}));
  // 512 KiB per output: 32 MiB hold 64 of them.
  const FakeModel wide({}, [](std::span<const at::Tensor> inputs) {
    std::vector<std::vector<double>> outputs;
    for (const Row& row : rows_of(inputs)) outputs.push_back(two_outputs(row));
    const at::Tensor narrow = table_of(outputs);
    return at::cat({narrow, at::zeros({narrow.size(0), 65533}, at::kDouble), narrow.select(1, 1).unsqueeze(1)}, 1);
  });
  PairTrial trial(set, several_strata(21));
  const PairOutcomes expected = trial.run(0, {.rows_per_call = 8});
  const std::size_t evaluation_count = trial.evaluation_count();
  EXPECT_GT(evaluation_count, 64U);
  for (const std::size_t batch_size : {8U, 5U}) {
    ModelEvaluator evaluator(wide, set.dataset(), set.layout(),
                             {.rows_per_call = 8, .batch_size = batch_size, .thread_count = 2});
    const PairOutcomes outcomes = trial.run(evaluator, 0);
    EXPECT_EQ(trial.evaluation_count(), evaluation_count);
    EXPECT_EQ(outcomes.without, expected.without);
    EXPECT_EQ(outcomes.alone, expected.alone);
    EXPECT_EQ(outcomes.additive, expected.additive);
  }
}

TEST(PairOutcomes, ShareNothingWhenToldSo) {
  const NumberSet set({{1, 1, 2, 2, 1}, {4, 4, 4, 5, 4}});
  PairTrial trial(set, {{"all", {0, 1, 2, 3, 4}}});
  const PairOutcomes shared = trial.run(0, {.rows_per_call = 4});
  EXPECT_EQ(trial.evaluation_count(), 4U);
  const PairOutcomes plain = trial.run(0, {.rows_per_call = 4, .sharing = MixSharing::kNone});
  EXPECT_EQ(trial.evaluation_count(), 25U);
  for (std::size_t example = 0; example < 5; ++example) {
    EXPECT_NEAR(plain.without[example], shared.without[example], 1e-12);
    EXPECT_NEAR(plain.alone[example], shared.alone[example], 1e-12);
    EXPECT_NEAR(plain.additive[example], shared.additive[example], 1e-12);
  }
}

TEST(PairOutcomes, AreZeroWhereNobodyHasDonors) {
  const NumberSet set({{1, 2, 3}, {4, 5, 6}});
  PairTrial trial(set, {{"first", {0}}, {"second", {2}}});
  const PairOutcomes outcomes = trial.run(0, {.rows_per_call = 4});
  EXPECT_EQ(outcomes.without, (std::vector<double>(3, 0.0)));
  EXPECT_EQ(outcomes.alone, (std::vector<double>(3, 0.0)));
  EXPECT_EQ(outcomes.additive, trial.expected(0).additive);
  EXPECT_EQ(trial.evaluation_count(), 0U);
}

TEST(PairOutcomes, NameThePairWhoseOutputIsNotFinite) {
  const NumberSet set({{1, 2, 3}, {4, 5, 6}});
  const FakeModel model({}, [](std::span<const at::Tensor> inputs) {
    const at::Tensor sum = (inputs[0] * 10 + inputs[1]).to(at::kDouble);
    return at::where(sum == 35.0, at::full_like(sum, std::numeric_limits<double>::infinity()), sum);
  });
  PairTrial trial(set, one_stratum(3));
  ModelEvaluator evaluator(model, set.dataset(), set.layout(), {.rows_per_call = 4});
  EXPECT_EQ(thrown_message<ModelError>([&] { return trial.run(evaluator, 0); }),
            "model.pt: output for example 1 with a of example 2: expected finite numbers, got inf");
}

}  // namespace
}  // namespace modattr
