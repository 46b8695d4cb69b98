#include "modattr/history/trend.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

/// A configuration in force with these options of permute.
std::string config_with(const std::string& options, const std::string& root = "") {
  return R"({"model": {"path": "model.pt", "rows_per_call": 8}, "data": {"path": "val.npz"}, "metric": "accuracy",)"
         R"( "modalities": [{"name": "text", "vocab": "a/vocab.txt"}], "seed": 0)" +
         root + R"(, "permute": {)" + options + "}}";
}

StoredRow row_of(const std::string& modality, const std::string& definition, double value,
                 const std::optional<std::string>& group = std::nullopt) {
  return {.run = "permute",
          .score = {.modality = modality,
                    .definition = definition,
                    .group = group,
                    .value = value,
                    .std_error = std::nullopt,
                    .ci95 = std::nullopt,
                    .examples = 400,
                    .p_value = std::nullopt}};
}

StoredResult result_of(double drop, const std::string& config = config_with(R"("repeats": 10)")) {
  StoredResult result;
  result.head.command = "permute";
  result.head.data.sha256 = "0123456789";
  result.head.example_count = 400;
  result.head.config = config;
  result.head.metric = "accuracy";
  result.head.score = 0.9;
  result.rows = {row_of("text", "permutation.drop", drop), row_of("text", "permutation.drop", drop / 2, "count"),
                 row_of("image", "permutation.without", 0.25)};
  return result;
}

const Trend& trend_of(const History& history, const std::string& modality, const std::string& definition,
                      const std::optional<std::string>& group = std::nullopt) {
  const auto found = std::ranges::find_if(history.trends, [&](const Trend& trend) {
    return trend.modality == modality && trend.definition == definition && trend.group == group;
  });
  if (found == history.trends.end()) throw std::out_of_range(modality + " " + definition);
  return *found;
}

std::vector<std::size_t> segments_of(const Trend& trend) {
  std::vector<std::size_t> segments;
  for (const TrendPoint& point : trend.points) segments.push_back(point.segment);
  return segments;
}

using Segments = std::vector<std::size_t>;

TEST(Trends, FollowEachNumberThroughTheResults) {
  const History history = follow_trends({result_of(0.1), result_of(0.2), result_of(0.3)}, {});
  ASSERT_EQ(history.trends.size(), 4U);
  EXPECT_EQ(history.trends[0].definition, "score");
  EXPECT_EQ(history.trends[0].modality, "all");
  EXPECT_EQ(history.trends[0].run, "");
  const Trend drop = trend_of(history, "text", "permutation.drop");
  EXPECT_EQ(drop.run, "permute");
  ASSERT_EQ(drop.points.size(), 3U);
  EXPECT_EQ(drop.points[2].result, 2U);
  EXPECT_EQ(drop.points[2].score.value, 0.3);
  EXPECT_EQ(trend_of(history, "text", "permutation.drop", "count").points[1].score.value, 0.1);
  for (const Trend& trend : history.trends) EXPECT_EQ(segments_of(trend), (Segments{1, 1, 1}));
  EXPECT_TRUE(history.breaks.empty());
}

TEST(Trends, BreakWhereTheDataIsAnother) {
  std::vector<StoredResult> results = {result_of(0.1), result_of(0.2), result_of(0.3)};
  results[1].head.data.sha256 = "abcdefghij";
  results[2].head.data.sha256 = "abcdefghij";
  const History history = follow_trends(std::move(results), {});
  for (const Trend& trend : history.trends) EXPECT_EQ(segments_of(trend), (Segments{1, 2, 2}));
  ASSERT_EQ(history.breaks.size(), 2U);
  EXPECT_EQ(history.breaks[0].result, 1U);
  EXPECT_EQ(history.breaks[0].run, "");
  EXPECT_EQ(history.breaks[0].what, "data: sha256 from 01234567 to abcdefgh");
  EXPECT_EQ(history.breaks[1].run, "permute");
}

TEST(Trends, BreakWhereTheOptionsAreOthers) {
  const History history = follow_trends(
      {result_of(0.1), result_of(0.2, config_with(R"("repeats": 20, "within": "label")")), result_of(0.3)}, {});
  EXPECT_EQ(segments_of(trend_of(history, "text", "permutation.drop")), (Segments{1, 2, 3}));
  // The model's own score does not depend on repeats.
  EXPECT_EQ(segments_of(history.trends[0]), (Segments{1, 1, 1}));
  ASSERT_EQ(history.breaks.size(), 2U);
  EXPECT_EQ(history.breaks[0].what, "options: repeats from 10 to 20, within from none to label");
  EXPECT_EQ(history.breaks[1].what, "options: repeats from 20 to 10, within from label to none");
}

TEST(Trends, BreakWhereTheConfigurationIsAnother) {
  std::string changed = config_with(R"("repeats": 10)");
  changed.replace(changed.find("\"seed\": 0"), 9, "\"seed\": 7");
  changed.replace(changed.find("\"text\""), 6, "\"words\"");
  const History history = follow_trends({result_of(0.1), result_of(0.2, changed)}, {});
  EXPECT_EQ(segments_of(trend_of(history, "text", "permutation.drop")), (Segments{1, 2}));
  EXPECT_EQ(segments_of(history.trends[0]), (Segments{1, 1}));
  ASSERT_EQ(history.breaks.size(), 1U);
  EXPECT_EQ(history.breaks[0].what, "options: modalities[0].name from text to words, seed from 0 to 7");
}

TEST(Trends, OfTheScoreBreakWhereTheMetricOrTheExamplesAreOthers) {
  std::string metric = config_with(R"("repeats": 10)");
  metric.replace(metric.find("accuracy"), 8, "log_loss");
  const std::string some = config_with(R"("repeats": 10, "examples": 200)");
  std::vector<StoredResult> results = {result_of(0.1), result_of(0.1, metric), result_of(0.1, some),
                                       result_of(0.1, some)};
  results[2].head.example_count = 200;
  results[3].head.example_count = 199;
  const History history = follow_trends(std::move(results), {.modalities = {"all"}, .definitions = {}, .details = {}});
  ASSERT_EQ(history.trends.size(), 1U);
  EXPECT_EQ(segments_of(history.trends[0]), (Segments{1, 2, 3, 4}));
  ASSERT_EQ(history.breaks.size(), 3U);
  EXPECT_EQ(history.breaks[0].what, "options: metric from accuracy to log_loss");
  EXPECT_EQ(history.breaks[1].what,
            "options: metric from log_loss to accuracy, examples from none to 200, seed from none to 0");
  EXPECT_EQ(history.breaks[2].what, "examples: from 200 to 199");
}

TEST(Trends, GoOnWhereOnlyPlacesAreOthers) {
  std::string moved = config_with(R"("repeats": 10, "device": "cuda", "no_split": true)");
  for (const auto& [from, to] : {std::pair("model.pt", "/releases/2/model.pt"), std::pair("val.npz", "../val.npz"),
                                 std::pair("a/vocab.txt", "b/vocab.txt"), std::pair(": 8", ": 64")}) {
    moved.replace(moved.find(from), std::string(from).size(), to);
  }
  const History history = follow_trends({result_of(0.1), result_of(0.2, moved)}, {});
  EXPECT_TRUE(history.breaks.empty());
}

/// The result of `modattr run`: permute of all examples, and a second one of half of them.
StoredResult several_runs(const std::string& repeats) {
  StoredResult result =
      result_of(0.2, R"({"model": {}, "data": {}, "metric": "none", "seed": 0, "runs": {)"
                     R"("lime": {"engine": "lime", "metric": "none", "examples": 5},)"
                     R"("permute-2": {"engine": "permute", "metric": "log_loss", "repeats": )" +
                         repeats +
                         R"(, "examples": 200},)"
                         R"("permute": {"engine": "permute", "metric": "accuracy", "repeats": 10}}})");
  result.head.command = "run";
  result.head.example_count = 400;
  result.rows.push_back(row_of("text", "permutation.drop", 0.5));
  result.rows.back().run = "permute-2";
  return result;
}

TEST(Trends, CompareARunWithItselfWhereverItIs) {
  StoredResult single =
      result_of(0.1, R"({"model": {}, "data": {}, "metric": "accuracy", "seed": 0, "runs": [{"engine": "permute"}],)"
                     R"( "permute": {"repeats": 10, "metric": null}})");
  const History history = follow_trends({single, several_runs("20"), several_runs("30")}, {});
  EXPECT_EQ(segments_of(trend_of(history, "text", "permutation.drop")), (Segments{1, 1, 1}));
  const Trend& second = history.trends.back();
  EXPECT_EQ(second.run, "permute-2");
  EXPECT_EQ(segments_of(second), (Segments{1, 2}));
  EXPECT_EQ(history.breaks.back().run, "permute-2");
  EXPECT_EQ(history.breaks.back().what, "options: repeats from 20 to 30");
  // The score of several runs is that of the first one with a metric.
  EXPECT_EQ(segments_of(history.trends[0]), (Segments{1, 2, 2}));
  EXPECT_EQ(history.breaks.front().what,
            "options: metric from accuracy to log_loss, examples from none to 200, seed from none to 0");
}

TEST(Trends, OfSeveralEnginesHaveTheLargestNumberOfExamples) {
  StoredResult single = result_of(0.1, R"({"metric": "accuracy", "permute": {"repeats": 10}})");
  StoredResult several = result_of(0.2, R"({"runs": {"permute": {"metric": "accuracy", "repeats": 10}}})");
  several.head.command = "run";
  several.head.example_count = 5000;
  StoredResult fewer = several;
  fewer.head.example_count = 4999;
  const History history = follow_trends({single, several, fewer}, {});
  EXPECT_EQ(segments_of(trend_of(history, "text", "permutation.drop")), (Segments{1, 1, 2}));
  EXPECT_EQ(history.breaks.back().what, "examples: from 5000 to 4999");
}

TEST(Trends, SkipResultsThatHaveNotTheNumber) {
  std::vector<StoredResult> results = {result_of(0.1), result_of(0.2), result_of(0.3)};
  results[1].rows.clear();
  results[1].head.metric = "none";
  const History history = follow_trends(std::move(results), {});
  const Trend drop = trend_of(history, "text", "permutation.drop");
  ASSERT_EQ(drop.points.size(), 2U);
  EXPECT_EQ(drop.points[1].result, 2U);
  EXPECT_EQ(history.trends[0].points.size(), 2U);
}

TEST(Trends, AreChosenByNames) {
  const auto count = [](const TrendChoice& choice) { return follow_trends({result_of(0.1)}, choice).trends.size(); };
  EXPECT_EQ(count({.modalities = {"text"}, .definitions = {}, .details = {}}), 2U);
  EXPECT_EQ(count({.modalities = {}, .definitions = {"score", "permutation.without"}, .details = {}}), 2U);
  EXPECT_EQ(count({.modalities = {"text"}, .definitions = {"score"}, .details = {}}), 0U);
  const TrendChoice details = {.modalities = {}, .definitions = {}, .details = {"permutation.without", "shape.S"}};
  const History history = follow_trends({result_of(0.1)}, details);
  EXPECT_EQ(history.trends.size(), 3U);
  EXPECT_EQ(history.hidden_definitions, std::vector<std::string>{"permutation.without"});
  EXPECT_EQ(count({.modalities = {}, .definitions = {"permutation.without"}, .details = {"permutation.without"}}), 1U);
}

TEST(Trends, NameTheNearestName) {
  const auto refusal = [](const TrendChoice& choice) {
    const std::string message = thrown_message<ConfigError>([&] { return follow_trends({result_of(0.1)}, choice); });
    return spell_options(message, command_line_option);
  };
  EXPECT_EQ(refusal({.modalities = {}, .definitions = {"permutation.dorp"}, .details = {}}),
            "--definition: unknown 'permutation.dorp'; did you mean 'permutation.drop'?");
  EXPECT_EQ(refusal({.modalities = {"txt"}, .definitions = {}, .details = {}}),
            "--modality: unknown 'txt'; did you mean 'text'?");
  EXPECT_TRUE(follow_trends({}, {.modalities = {"txt"}, .definitions = {}, .details = {}}).trends.empty());
}

TEST(Trends, TakeConfigurationsThatAreNone) {
  const History history = follow_trends(
      {result_of(0.1, "no JSON"), result_of(0.2, "[]"), result_of(0.3, R"({"runs": [1], "permute": 3})")}, {});
  for (const Trend& trend : history.trends) EXPECT_EQ(segments_of(trend), (Segments{1, 1, 1}));
}

}  // namespace
}  // namespace modattr
