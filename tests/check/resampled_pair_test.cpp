#include "modattr/check/resampled_pair.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "check/made_results.h"

namespace modattr {
namespace {

using Form = ExampleStatistic::Form;

ExampleStatistic statistic_of(Form form, const std::vector<MadeValues>& values, std::size_t first_id = 100) {
  ExampleStatistic::Values made{
      .form = form, .names = {"image", "text"}, .ids = {}, .columns = Matrix(2, values.size())};
  for (std::size_t example = 0; example < values.size(); ++example) {
    made.ids.push_back(std::to_string(first_id + example));
    for (std::size_t modality = 0; modality < 2; ++modality)
      made.columns(modality, example) = values[example][modality];
  }
  return ExampleStatistic(std::move(made));
}

std::optional<ResampledPair> pair_of(ExampleStatistic first, ExampleStatistic second, std::size_t thread_count = 1) {
  std::string reason;
  return ResampledPair::make(std::move(first), std::move(second), {.example_count = 0, .thread_count = thread_count},
                             Rng(7), reason);
}

// Of a mean of differences d: s(d) / sqrt(n).
TEST(ResampledPair, HasTheErrorOfAMeanDifference) {
  RandomStream stream(1, RandomPurpose::kBootstrap, 0, 0);
  const std::vector<MadeValues> old_values = made_values(80, 0.5, stream);
  std::vector<MadeValues> new_values = old_values;
  double sum = 0.0;
  double square = 0.0;
  for (MadeValues& own : new_values) {
    const double difference = 0.1 + 0.05 * normal_number(stream);
    own[1] += difference;
    sum += difference;
    square += difference * difference;
  }
  const double mean = sum / 80.0;
  const double error = std::sqrt((square / 80.0 - mean * mean) / 79.0);
  const auto pair = pair_of(statistic_of(Form::kMean, old_values), statistic_of(Form::kMean, new_values));
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->count(), 80U);
  EXPECT_EQ(pair->place_of("text"), 1U);
  EXPECT_FALSE(pair->place_of("sound"));
  EXPECT_NEAR(pair->new_value(1) - pair->old_value(1), mean, 1e-12);
  // 1,000 resamples know an error to 2 %.
  EXPECT_NEAR(*pair->change_error(1) / error, 1.0, 0.08);
  EXPECT_EQ(*pair->change_error(0), 0.0) << "no example has another value";
}

// Of a ratio of sums r = A / (A + B): that of the mean of (a - r (a + b)) / mean(a + b), to the first order.
TEST(ResampledPair, ResamplesRatiosAsRatios) {
  RandomStream stream(2, RandomPurpose::kBootstrap, 0, 0);
  const std::vector<MadeValues> old_values(200, {0.25, 0.75});
  std::vector<MadeValues> new_values;
  MadeValues sums{};
  for (int example = 0; example < 200; ++example) {
    new_values.push_back({0.5 + 0.3 * stream.uniform(), 0.5 + 0.3 * stream.uniform()});
    for (std::size_t modality = 0; modality < 2; ++modality) sums[modality] += new_values.back()[modality];
  }
  const double share = sums[0] / (sums[0] + sums[1]);
  double square = 0.0;
  for (const MadeValues& own : new_values) square += std::pow(own[0] - share * (own[0] + own[1]), 2);
  const double error = std::sqrt(square / 200.0 / 199.0) / ((sums[0] + sums[1]) / 200.0);
  const auto pair = pair_of(statistic_of(Form::kPartOfSums, old_values), statistic_of(Form::kPartOfSums, new_values));
  ASSERT_TRUE(pair);
  EXPECT_DOUBLE_EQ(pair->old_value(0), 0.25);
  EXPECT_NEAR(pair->new_value(0), share, 1e-12);
  EXPECT_NEAR(*pair->change_error(0) / error, 1.0, 0.08);
  // a - b of two parts of 1 is 2 a - 1.
  EXPECT_NEAR(*pair->difference_error(0, 1) / error, 2.0, 0.16);
}

TEST(ResampledPair, MatchesExamplesByTheirIds) {
  ExampleStatistic::Values backwards{
      .form = Form::kMean, .names = {"image", "text"}, .ids = {"9", "10"}, .columns = {}};
  backwards.columns = Matrix(2, 2);
  backwards.columns(0, 0) = 2.0;
  backwards.columns(0, 1) = 1.0;
  const ExampleStatistic forwards = statistic_of(Form::kMean, {{1.0, 0.0}, {2.0, 0.0}}, 9);
  ExampleStatistic::Values same{.form = Form::kMean, .names = {"image", "text"}, .ids = {"10", "9"}, .columns = {}};
  same.columns = Matrix(2, 2);
  same.columns(0, 0) = 1.0;
  same.columns(0, 1) = 2.0;
  const auto pair = pair_of(ExampleStatistic(backwards), ExampleStatistic(same));
  ASSERT_TRUE(pair);
  EXPECT_EQ(*pair->change_error(0), 0.0);
  EXPECT_GT(*pair_of(ExampleStatistic(backwards), forwards)->change_error(0), 0.0);
}

TEST(ResampledPair, SaysWhyThereIsNone) {
  const auto reason_of = [](ExampleStatistic first, ExampleStatistic second, const ResampledPair::Sample& sample) {
    std::string reason;
    EXPECT_FALSE(ResampledPair::make(std::move(first), std::move(second), sample, Rng(7), reason));
    return reason;
  };
  const std::vector<MadeValues> two = {{1.0, 2.0}, {3.0, 4.0}};
  EXPECT_EQ(reason_of(statistic_of(Form::kMean, two, 1), statistic_of(Form::kMean, two, 2), {}),
            "other examples are explained");
  EXPECT_EQ(reason_of(statistic_of(Form::kMean, {{1.0, 2.0}}), statistic_of(Form::kMean, {{1.0, 2.0}}), {}),
            "a single example");
  EXPECT_EQ(reason_of(statistic_of(Form::kMean, two, 1), statistic_of(Form::kMean, two, 2), {}),
            "other examples are explained");
  EXPECT_EQ(reason_of(statistic_of(Form::kMixture, two, 1), statistic_of(Form::kMixture, two, 2), {.example_count = 2}),
            "other examples or modalities");
}

TEST(ResampledPair, IsTheSameForAnyNumberOfThreads) {
  RandomStream stream(3, RandomPurpose::kBootstrap, 0, 0);
  const std::vector<MadeValues> old_values = made_values(30, 0.5, stream);
  const std::vector<MadeValues> new_values = made_values(30, 0.6, stream);
  const auto one = pair_of(statistic_of(Form::kPartOfSums, old_values), statistic_of(Form::kPartOfSums, new_values), 1);
  const auto four =
      pair_of(statistic_of(Form::kPartOfSums, old_values), statistic_of(Form::kPartOfSums, new_values), 4);
  EXPECT_EQ(*one->change_error(0), *four->change_error(0));
  EXPECT_EQ(*one->difference_error(0, 1), *four->difference_error(0, 1));
}

// Verdicts that are certain: of the wrong answers 6 of 8 are the image's, then 2 of 8; two were wrong both times.
TEST(ResampledPair, ResamplesWrongAnswersAsPartsOfAllExamples) {
  const auto traced = [](std::size_t first_id, std::size_t image_count) {
    std::vector<MadeValues> values;
    for (std::size_t wrong = 0; wrong < 8; ++wrong) {
      values.push_back(wrong < image_count ? MadeValues{1.0, 0.0} : MadeValues{0.0, 1.0});
    }
    return statistic_of(Form::kMixture, values, first_id);
  };
  std::string reason;
  const auto pair = ResampledPair::make(traced(100, 6), traced(106, 2), {.example_count = 400}, Rng(7), reason);
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->count(), 14U);
  EXPECT_NEAR(pair->old_value(0), 0.75, 1e-5);
  EXPECT_NEAR(pair->new_value(0), 0.25, 1e-5);
  // To the first order the square root of the sum of squares of what each example adds to the change: of the two that
  // both have (0.75 + 0.75) / 8, of the image's old ones and the text's new ones -0.25 / 8.
  EXPECT_NEAR(*pair->change_error(0), std::sqrt(2.0 * 1.5 * 1.5 + 12.0 * 0.25 * 0.25) / 8.0, 0.04);
}

// 8 of 100 answers were wrong, then 12, 4 of them both times: the mean change of an answer is -0.04, and 12 answers
// changed sides.
TEST(ResampledPair, CountsRightAnswersByTheWrongOnes) {
  const auto wrong = [](std::size_t first_id, std::size_t count) {
    ExampleStatistic::Values made{
        .form = Form::kPartWithout, .names = {"metric"}, .ids = {}, .columns = Matrix(1, count, 1.0)};
    for (std::size_t example = 0; example < count; ++example) made.ids.push_back(std::to_string(first_id + example));
    return ExampleStatistic(std::move(made));
  };
  std::string reason;
  const auto pair = ResampledPair::make(wrong(100, 8), wrong(104, 12), {.example_count = 100}, Rng(7), reason);
  ASSERT_TRUE(pair);
  EXPECT_DOUBLE_EQ(pair->old_value(0), 0.92);
  EXPECT_DOUBLE_EQ(pair->new_value(0), 0.88);
  EXPECT_NEAR(*pair->change_error(0) / std::sqrt((0.12 - 0.04 * 0.04) / 99.0), 1.0, 0.08);
}

}  // namespace
}  // namespace modattr
