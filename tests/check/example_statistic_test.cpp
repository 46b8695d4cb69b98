#include "modattr/check/example_statistic.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "check/made_results.h"

namespace modattr::example_statistic_test {
namespace {

/// Numbers of a definition where every example counts once.
std::vector<double> numbers_of(const ResultSet& set, const std::string& definition, const std::string& run = "",
                               std::vector<std::uint32_t> weights = {},
                               const std::optional<std::string>& group = std::nullopt) {
  std::string reason;
  const std::optional<ExampleStatistic> statistic = make_statistic(set, {run, definition, group}, reason);
  EXPECT_TRUE(statistic) << definition << ": " << reason;
  if (!statistic) return {};
  if (weights.empty()) weights.assign(statistic->is_part() ? set.table.example_count : statistic->ids().size(), 1);
  std::vector<double> numbers(statistic->names().size());
  statistic->evaluate(weights, numbers);
  return numbers;
}

std::string reason_of(const ResultSet& set, const std::string& definition, const std::string& run = "",
                      const std::optional<std::string>& group = std::nullopt) {
  std::string reason;
  EXPECT_FALSE(make_statistic(set, {run, definition, group}, reason)) << definition;
  return reason;
}

void expect_near(const std::vector<double>& numbers, const std::vector<double>& expected) {
  ASSERT_EQ(numbers.size(), expected.size());
  for (std::size_t place = 0; place < numbers.size(); ++place) EXPECT_NEAR(numbers[place], expected[place], 1e-12);
}

TEST(ExampleStatistic, FollowsFromShapleyValues) {
  const ResultSet set = shap_result("set", {{0.5, -0.25}, {-0.1, 0.35}});
  expect_near(numbers_of(set, "shapley.mean"), {0.2, 0.05});
  expect_near(numbers_of(set, "shapley.mean_abs"), {0.3, 0.3});
  expect_near(numbers_of(set, "share.abs"), {0.5, 0.5});
  expect_near(numbers_of(set, "share.abs", "", {2, 1}), {1.1 / 1.95, 0.85 / 1.95});
  expect_near(numbers_of(set, "shapley.full"), {1.0});
  expect_near(numbers_of(set, "shapley.empty"), {0.0});
  expect_near(numbers_of(set, "metric"), {1.0});
}

// Features of the image: 0.3 and -0.1, of the text: 0.6; of the second example nothing but rounding.
TEST(ExampleStatistic, FollowsFromFeatures) {
  ResultSet set = shap_result("set", {{0.2, 0.6}, {0.0, 0.0}});
  const auto player = [](std::size_t modality, double value) {
    return PlayerScore{.modality = modality, .player = 0, .label = "x", .value = value, .std_error = std::nullopt};
  };
  set.table.examples[0].attribution.players = {player(0, 0.3), player(0, -0.1), player(1, 0.6)};
  set.table.examples[1].attribution.players = {player(0, 1e-9), player(1, 0.0)};
  expect_near(numbers_of(set, "share.owen"), {0.4, 0.6});
  expect_near(numbers_of(set, "share.mm_shap"), {0.4, 0.6});
  expect_near(numbers_of(set, "share.mm_shap_avg"), {0.25, 0.75});
  expect_near(numbers_of(set, "share.net"), {0.25, 0.75});
  const std::vector<double> none = numbers_of(set, "share.owen", "", {0, 2});
  EXPECT_TRUE(std::isnan(none.at(0))) << "no example has a share";
}

// Main effects 0.5 - 0.1 and 0.3 - 0.1, then -0.1 and 0.3 (a pair of -0.2).
TEST(ExampleStatistic, FollowsFromInteractions) {
  ResultSet set = shap_result("set", {{0.5, 0.3}, {-0.2, 0.2}});
  set.table.examples[0].attribution.interactions = {0.2};
  set.table.examples[1].attribution.interactions = {-0.2};
  expect_near(numbers_of(set, "interaction.mean"), {0.0});
  expect_near(numbers_of(set, "interaction.mean_abs"), {0.2});
  expect_near(numbers_of(set, "interaction.intershap"), {0.0});
  // Sums of 0.7, 0.7 and 0.2.
  expect_near(numbers_of(set, "interaction.intershap", "", {2, 1}), {0.2 / 1.6});
  expect_near(numbers_of(set, "interaction.intershap_local"), {(0.2 / 0.8 + 0.2 / 0.6) / 2.0});
  set.table.examples[1].attribution.modalities = {0.0, 0.0};
  set.table.examples[1].attribution.interactions = {0.0};
  expect_near(numbers_of(set, "interaction.intershap_local"), {0.2 / 0.8});
  set.table.examples[1].attribution.interactions.clear();
  for (const char* const definition : {"interaction.mean", "interaction.intershap", "interaction.intershap_local"}) {
    EXPECT_EQ(reason_of(set, definition), "an example without numbers");
  }
}

// 0.3 and -0.1 of the image, 0.4 of the text, and 0.2 of both together.
TEST(ExampleStatistic, FollowsFromSurrogates) {
  ResultSet set = shap_result("set", {{0.2, 0.4}, {0.0, 0.0}});
  EXPECT_EQ(reason_of(set, "lime.share"), "an example without numbers");
  const auto player = [](std::size_t modality, double value) {
    return PlayerScore{.modality = modality, .player = 0, .label = "x", .value = value, .std_error = std::nullopt};
  };
  set.table.examples[0].attribution.players = {player(0, 0.3), player(0, -0.1), player(1, 0.4)};
  SurrogateReport surrogate{.kind = "ridge",
                            .intercept = 0.0,
                            .local_prediction = 0.0,
                            .r2 = std::nullopt,
                            .held_out_count = std::nullopt,
                            .stability = std::nullopt,
                            .pairs = {},
                            .rules = {}};
  set.table.examples[1].attribution.surrogate = surrogate;
  surrogate.pairs = {{.first = {0, 0, "x"}, .second = {1, 0, "y"}, .value = -0.2, .std_error = std::nullopt}};
  set.table.examples[0].attribution.surrogate = surrogate;
  expect_near(numbers_of(set, "lime.share"), {0.5, 0.5});
}

TEST(ExampleStatistic, ReadsOutcomesOfPermutations) {
  ResultSet set = shap_result("set", {{0.25, 0.5}, {0.75, 0.5}});
  set.table.command = "permute";
  set.table.metric = "log_loss";
  set.table.examples[0].attribution.value_full = 0.25;
  set.table.examples[1].attribution.value_full = 0.5;
  expect_near(numbers_of(set, "metric"), {0.375});
  expect_near(numbers_of(set, "permutation.drop"), {0.5, 0.5});
}

TEST(ExampleStatistic, ReadsOneRun) {
  ResultSet set = shap_result("set", {{0.5, 0.25}, {0.1, 0.35}});
  set.table.command = "run";
  set.table.examples[0].run = "shap";
  set.table.examples[1].run = "shap-2";
  expect_near(numbers_of(set, "share.abs", "shap-2"), {0.1 / 0.45, 0.35 / 0.45});
  EXPECT_EQ(reason_of(set, "share.abs", "shap-3"), "no single examples");
}

TEST(ExampleStatistic, ReadsOneGroup) {
  ResultSet set = shap_result("set", {{0.5, 0.25}, {0.1, 0.35}, {0.3, 0.3}});
  set.table.examples[1].group = "count";
  set.table.examples[2].group = "count";
  set.table.examples[2].label = 4.0;
  set.table.examples[1].label_name = "red";
  expect_near(numbers_of(set, "shapley.mean", "", {}, "count"), {0.2, 0.325});
  expect_near(numbers_of(set, "share.abs", "", {1, 2}, "count"), {0.7 / 1.65, 0.95 / 1.65});
  // Broken down by labels.
  expect_near(numbers_of(set, "shapley.mean", "", {}, "label 4"), {0.3, 0.3});
  expect_near(numbers_of(set, "shapley.mean", "", {}, "label red"), {0.1, 0.35});
  EXPECT_EQ(reason_of(set, "shapley.mean", "", "size 3"), "examples do not tell this group");
}

ExampleRecord wrong_answer(std::string id, double image, double text) {
  const Detail probability{"probability",
                           Detail::Object{{{"image", image}, {"text", text}, {"model", std::int64_t{0}}}}};
  return {.id = std::move(id),
          .label = 1.0,
          .predicted = 0,
          .target = std::nullopt,
          .attribution = {.modalities = {},
                          .interactions = {},
                          .players = {},
                          .method = "trace",
                          .details = {{"right", false}, {"verdict", "image"}, probability}}};
}

TEST(ExampleStatistic, MixesWrongAnswers) {
  ResultSet set = empty_result("set");
  set.table.command = "trace";
  set.traced = {wrong_answer("3", 1.0, 0.0), wrong_answer("7", 0.0, 1.0), wrong_answer("5", 1.0, 0.0)};
  set.traced.push_back(wrong_answer("9", 1.0, 0.0));
  set.traced.back().attribution.details[0].value = true;
  const std::vector<double> shares = numbers_of(set, "trace.share");
  ASSERT_EQ(shares.size(), 3U);
  EXPECT_NEAR(shares[0], 2.0 / 3.0, 1e-5);
  EXPECT_NEAR(shares[1], 1.0 / 3.0, 1e-5);
  EXPECT_NEAR(shares[2], 0.0, 1e-5);
  set.traced[1].group = "count";
  const std::vector<double> counting = numbers_of(set, "trace.share", "", {}, "count");
  ASSERT_EQ(counting.size(), 3U);
  EXPECT_NEAR(counting[1], 1.0, 1e-5);
  // 3 of 100 answers are wrong.
  expect_near(numbers_of(set, "metric"), {0.97});
  set.traced[0].attribution.details[2].name = "chance";
  EXPECT_EQ(reason_of(set, "trace.share"), "an example without numbers");
}

TEST(ExampleStatistic, SaysWhyThereIsNone) {
  ResultSet set = shap_result("set", {{0.5, 0.25}, {0.1, 0.35}});
  EXPECT_EQ(reason_of(set, "shape.S"), "no numbers of single examples");
  set.table.examples[1].id = "0";
  EXPECT_EQ(reason_of(set, "share.abs"), "two examples of one id");
  set.table.examples[1].id = "1";
  set.table.examples[1].attribution.modalities = {0.1};
  EXPECT_EQ(reason_of(set, "share.abs"), "an example without numbers");
  set.table.examples[1].attribution.modalities = {0.1, std::nan("")};
  EXPECT_EQ(reason_of(set, "share.abs"), "an example without numbers");
  set.table.metric = "macro_f1";
  EXPECT_EQ(reason_of(set, "metric"), "no outcomes of single examples");
  // The record of a whole set is no example.
  set.table.examples.resize(1);
  set.table.examples[0].id.reset();
  EXPECT_EQ(reason_of(set, "share.abs"), "no single examples");
}

}  // namespace
}  // namespace modattr::example_statistic_test
